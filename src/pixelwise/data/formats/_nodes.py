"""Annotation files in JSON and YAML, read without trust: what is not as expected becomes a sentence with its place."""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from pixelwise.errors import DataError

__all__ = ["Node", "holds_words", "read_json", "read_text", "read_yaml", "shortened"]

_MAX_JSON = 2_000_000_000  # bytes; COCO's own largest file has 0.47 billion
_MAX_YAML = 1_000_000
_LONGEST = 80  # characters of a value in a message
_LARGEST = 2**63


class Node:
    """A value of an annotation file, which knows where it stands.

    Args:
        file: The file.
        value: What `json` or `yaml` made of it.
        parent: The value that it is a part of.
        key: Its name or number there.
    """

    __slots__ = ("_key", "_parent", "file", "value")

    def __init__(self, file: Path, value: Any, parent: Node | None = None, key: str | int = "") -> None:  # noqa: ANN401
        self.file = file
        self.value = value
        self._parent = parent
        self._key = key

    @property
    def place(self) -> str:
        """Where the value stands, such as `images[3].file_name`."""
        if self._parent is None:
            return ""
        if isinstance(self._key, int):
            return f"{self._parent.place}[{self._key}]"
        return f"{self._parent.place}.{self._key}".removeprefix(".")

    def wrong(self, expected: str) -> DataError:
        """The error for this value, where something else was expected."""
        return DataError(
            f"{self.file}: {self.place or 'the whole'} is {shortened(self.value)}; {expected} is expected."
        )

    def refused(self, error: DataError | str) -> DataError:
        """An error about this value, with the file and the place before it."""
        return DataError(f"{self.file}: {self.place}: {error}")

    def get(self, key: str) -> Node | None:
        """The value of a name, or None where there is none, or null."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object with names")
        value = self.value.get(key)
        return None if value is None else Node(self.file, value, self, key)

    def __getitem__(self, key: str) -> Node:
        found = self.get(key)
        if found is None:
            raise DataError(f"{self.file}: {self.place or 'the whole'} has no {key!r}.")
        return found

    def entries(self) -> Iterator[tuple[Node, Node]]:
        """The names and values of an object; in YAML, a name may be of any kind."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object with names")
        for key, value in self.value.items():
            label = key if isinstance(key, int) else shortened(key)
            yield Node(self.file, key, self, "the name"), Node(self.file, value, self, label)

    def items(self) -> Iterator[Node]:
        """The values of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return (Node(self.file, value, self, i) for i, value in enumerate(self.value))

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("a text")
        return self.value

    def whole(self) -> int:
        """A whole number of at most 64 bits; 3.0 is one."""
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -_LARGEST <= value < _LARGEST:
            raise self.wrong("a whole number")
        return value

    def number(self) -> float:
        """A finite number."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST or math.isnan(value):
            raise self.wrong("a number")
        return float(value)

    def numbers(self) -> NDArray[np.float64]:
        """A list of finite numbers, or of such lists of equal length, `(N,)` or `(N, M)`."""
        if not isinstance(self.value, list):
            raise self.wrong("a list of numbers")
        if not self.value:
            return np.zeros(0)
        try:
            found = np.array(self.value)
        except (
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ) as error:  # of rows of different lengths, too deep
            raise self.wrong("a list of numbers") from error
        if found.dtype.kind not in "iuf" or not np.isfinite(found).all():
            raise self.wrong("a list of numbers")
        return found.astype(np.float64)


def holds_words(file: Path, *words: bytes) -> bool:
    """Whether all of the words occur in a file, which is not read into memory for it."""
    try:
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return all(content.find(word) >= 0 for word in words)
    except (OSError, ValueError):  # an empty file cannot be mapped
        return False


def read_json(file: Path) -> Node:
    """Read a JSON file.

    Raises:
        DataError: If it cannot be read, is too large, or is no JSON.
    """
    text = read_text(file, _MAX_JSON, "JSON")
    try:
        return Node(file, json.loads(text))
    except RecursionError as error:
        raise DataError(f"{file} is nested too deeply to be read.") from error
    except MemoryError as error:
        raise DataError(f"{file} does not fit into the memory of this machine.") from error
    except ValueError as error:
        raise DataError(f"{file} is damaged or no JSON ({str(error).rstrip('.')}).") from error


def read_yaml(file: Path) -> Node:
    """Read a YAML file of plain values: nothing in it is executed.

    Raises:
        DataError: If it cannot be read, is too large, or is no such YAML.
    """
    text = read_text(file, _MAX_YAML, "YAML")
    try:
        return Node(file, yaml.safe_load(text))
    except RecursionError as error:
        raise DataError(f"{file} is nested too deeply to be read.") from error
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:  # dates that do not exist, and the like
        detail = " ".join(str(error).split()).rstrip(".")
        raise DataError(f"{file} is damaged or no YAML ({detail}).") from error


def read_text(file: Path, limit: int, kind: str) -> str:
    """Read a text file.

    Args:
        file: The file.
        limit: How many bytes it may have.
        kind: What it is, for messages.

    Raises:
        DataError: If it cannot be read, is too large, or is no text.
    """
    try:
        size = file.stat().st_size
        if size > limit:
            raise DataError(f"{file} has {size} bytes; {kind} files of at most {limit} bytes are read.")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is no text in UTF-8, as {kind} files are.") from error
    except MemoryError as error:
        raise DataError(f"{file} does not fit into the memory of this machine.") from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def shortened(value: object) -> str:
    """A value for a message: short, and never a list within lists.

    >>> shortened("a"), shortened([1, 2, 3]), shortened({})
    ("'a'", 'a list of 3', 'an empty object')
    """
    if isinstance(value, list | dict):
        kind = "list" if isinstance(value, list) else "object"
        return f"{'a' if kind == 'list' else 'an'} {kind} of {len(value)}" if value else f"an empty {kind}"
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return "a very large number"
    shown = repr(value) if value is None or isinstance(value, str | int | float) else type(value).__name__
    shown = shown.replace("\\\\", "\\")  # as they stand in a path of Windows
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 20]}…{shown[-16:]}"
