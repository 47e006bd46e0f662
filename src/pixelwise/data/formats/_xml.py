"""Annotation files in XML, read without trust: what is not as expected becomes a sentence with its place."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._nodes import read_text, shortened
from pixelwise.errors import DataError

__all__ = ["Tag", "read_xml"]

_LARGEST = 500_000_000  # bytes
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_FARTHEST = 2.0**63


class Tag:
    """An element of an annotation file, which knows where it stands.

    Args:
        file: The file.
        element: The element.
        place: Where it stands, in words.
    """

    __slots__ = ("_element", "_place", "file")

    def __init__(self, file: Path, element: ElementTree.Element, place: str) -> None:
        self.file = file
        self._element = element
        self._place = place

    @property
    def kind(self) -> str:
        """The name of the element."""
        return self._element.tag

    @property
    def content(self) -> str:
        """The text in the element, without the blanks around it."""
        return (self._element.text or "").strip()

    def refused(self, error: DataError | str) -> DataError:
        """An error about this element, with the file and the place before it."""
        return DataError(f"{self.file}: {self._place}: {error}")

    def wrong(self, key: str, expected: str) -> DataError:
        """The error for an attribute, where something else was expected."""
        return self.refused(f"{key} is {shortened(self._element.get(key))}; {expected} is expected.")

    def called(self, place: str) -> Tag:
        """The same element under another name in messages."""
        return Tag(self.file, self._element, place)

    def children(self) -> Iterator[Tag]:
        """The elements in this one; in messages, those of a kind are counted from 1."""
        counts: Counter[str] = Counter()
        for element in self._element:
            counts[element.tag] += 1
            yield Tag(self.file, element, f"{self._place}, {shortened(element.tag)[1:-1]} {counts[element.tag]}")

    def within(self, kind: str) -> Iterator[Tag]:
        """The elements of a kind at whatever depth in this one."""
        for number, element in enumerate(self._element.iter(kind), start=1):
            yield Tag(self.file, element, f"{self._place}, {kind} {number}")

    def get(self, key: str) -> str | None:
        """An attribute, or None where there is none or it is empty."""
        value = self._element.get(key)
        return value if value is not None and value.strip() else None

    def text(self, key: str) -> str:
        """An attribute that is not empty."""
        value = self.get(key)
        if value is None:
            raise DataError(f"{self.file}: {self._place} has no {key!r}.")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        if default is not None and self._element.get(key) is None:
            return default
        try:
            value = float(self.text(key))
        except ValueError:
            value = math.nan
        if not abs(value) < _FARTHEST:
            raise self.wrong(key, "a number")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number; 3.0 is one."""
        value = self.number(key, None if default is None else float(default))
        if not value.is_integer():
            raise self.wrong(key, "a whole number")
        return int(value)

    def points(self, key: str) -> NDArray[np.float64]:
        """Points as in `1.5,2;3,4`, `(N, 2)`."""
        rows = [pair.split(",") for pair in self.text(key).split(";")]
        expected = "a list of x,y with semicolons between them"
        try:
            found = np.array(rows, dtype=np.float64)
        except ValueError as error:
            raise self.wrong(key, expected) from error
        if found.ndim != 2 or found.shape[1] != 2 or not np.isfinite(found).all():
            raise self.wrong(key, expected)
        return found

    def lengths(self, key: str) -> NDArray[np.int64]:
        """Whole numbers from 0 as in `3, 5, 7`, `(N,)`."""
        expected = "a list of whole numbers from 0 with commas between them"
        try:
            found = np.array([int(part) for part in self.text(key).split(",")], dtype=np.int64)
        except (ValueError, OverflowError) as error:
            raise self.wrong(key, expected) from error
        if found.min() < 0:
            raise self.wrong(key, expected)
        return found


def read_xml(file: Path) -> Tag:
    """Read an XML file; one that declares a type or entities of its own is refused before it is parsed.

    Raises:
        DataError: If it cannot be read, is too large, is no XML in UTF-8, or holds such declarations.
    """
    text = read_text(file, _LARGEST, "XML")
    declaration = _DECLARATION.search(text)
    if declaration is not None:
        raise DataError(
            f"{file} holds <!{declaration[1].upper()}, with which an XML file can read other files or fill the memory; "
            "annotation files need none. Take it out, if the file comes from a source that you trust."
        )
    try:
        root = ElementTree.fromstring(text)
    except MemoryError as error:
        raise DataError(f"{file} does not fit into the memory of this machine.") from error
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{file} is damaged or no XML ({str(error).rstrip('.')}).") from error
    return Tag(file, root, "the whole")
