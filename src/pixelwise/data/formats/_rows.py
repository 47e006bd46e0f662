"""Rows of CSV and JSON Lines files, and which of their columns name images, masks and splits."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.formats._base import IMAGE_WORDS, MASK_WORDS
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import SUFFIXES as IMAGE_SUFFIXES

__all__ = ["SUFFIXES", "Columns", "Row", "columns_of", "first_row", "kind_of", "read_rows"]

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")

_LARGEST = 512 * 1024**2  # bytes
_LONGEST = 1 << 16  # characters of a line
_FILE_WORDS = frozenset({"file", "filename", "filepath", "path", "name"})
_IMAGE_WORDS = frozenset({*IMAGE_WORDS, "rgb", "picture"})
_MASK_WORDS = frozenset({*MASK_WORDS, "seg", "truth", "ground"})
_SPLIT_WORDS = frozenset({"split", "subset", "partition", "set"})


@dataclass(frozen=True)
class Row:
    """What is listed about one image.

    Attributes:
        line: Where it stands, from 1.
        cells: Texts by the titles of their columns.
    """

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Columns:
    """Titles of columns.

    Attributes:
        image: That of the images' file names.
        mask: That of the masks' file names.
        split: That of the splits; None where there is none.
    """

    image: str
    mask: str
    split: str | None


def first_row(file: Path) -> Row | None:
    """The first row, of which little is read; None where there is none.

    Raises:
        DataError: As in `read_rows`.
    """
    return next(read_rows(file), None)


def read_rows(file: Path) -> Iterator[Row]:
    """All rows, one after the other.

    Raises:
        DataError: If the file cannot be read, a row has more or fewer cells than there are titles, or a line is no JSON
            object.
    """
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError(f"{file} has more than {_LARGEST // 1024**2} MB; a list of images and masks is expected.")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = _lines(file, stream)
            yield from _of_objects(file, lines) if file.suffix.lower() in SUFFIXES[2:] else _of_table(file, lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read as a list of images and masks ({error}).") from error


def columns_of(file: Path, row: Row, *, is_given: bool) -> Columns | None:
    """The columns in which images and masks are named.

    Args:
        file: For messages.
        row: The first row: its cells must look like names of image files.
        is_given: Whether the file is a list of images and masks for certain.

    Returns:
        None if there are none such and the file is not certainly a list.

    Raises:
        DataError: If there are none such, or several between which nothing decides, and the file is certainly a list.
    """
    kinds = {title: kind_of(title) for title in row.cells}
    files = [title for title in kinds if row.cells[title].lower().endswith(tuple(IMAGE_SUFFIXES))]
    images = [title for title in files if kinds[title] == "image"] or [t for t in files if kinds[t] == "file"]
    masks = [title for title in files if kinds[title] == "mask"]
    splits = [title for title in kinds if kinds[title] == "split"]
    if len(images) == 1 and len(masks) == 1 and len(splits) <= 1:
        return Columns(images[0], masks[0], splits[0] if splits else None)
    if not is_given:
        return None
    for kind, titles in (("images", images), ("masks", masks), ("splits", splits)):
        if len(titles) > 1:
            raise DataError(f"{file}: the columns {some_of(titles)} could all be the {kind}. Keep one of them.")
    what = "images" if not images else "masks"
    raise DataError(
        f"{file} has no column that names {what} (in line {row.line}, there are {some_of(map(repr, kinds), most=6)}); "
        "the columns image and mask with the names of image files are expected."
    )


def kind_of(title: str) -> str | None:
    """What a column holds by its title: `image`, `mask`, `split`, `file` (of an image, if nothing else is), or None.

    >>> kind_of("image_path"), kind_of("segmentation_map"), kind_of("file_name"), kind_of("width")
    ('image', 'mask', 'file', None)
    """
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", title)
    plain = {word.lower() for word in words}
    kept = plain - _FILE_WORDS
    if not kept:
        return "file" if plain else None
    if kept <= _IMAGE_WORDS:
        return "image"
    if kept & _MASK_WORDS and kept <= _IMAGE_WORDS | _MASK_WORDS | {"map"}:
        return "mask"
    return "split" if kept <= _SPLIT_WORDS else None


def _lines(file: Path, stream: Iterable[str]) -> Iterator[str]:
    """The lines of a file, none of which may be very long."""
    for number, line in enumerate(stream, start=1):
        if len(line) > _LONGEST:
            raise DataError(f"{file}: line {number} has {len(line):,} characters; at most {_LONGEST:,} can be read.")
        yield line


def _of_table(file: Path, lines: Iterator[str]) -> Iterator[Row]:
    """The rows of a table, whose titles say by which mark its columns are separated."""
    head = next(lines, "")
    mark = max(",;\t", key=head.count)
    titles = [title.strip() for title in next(csv.reader([head], delimiter=mark, strict=True), [])]
    twice = sorted({title for title in titles if title and titles.count(title) > 1})
    if twice:
        raise DataError(f"{file}: the title {some_of(twice)} stands twice in the first line.")
    reader = csv.reader(lines, delimiter=mark, strict=True)
    for cells in reader:
        line = reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(titles):
            raise DataError(f"{file}: line {line} has {len(cells)} cells; the first line has {len(titles)} titles.")
        yield Row(line, {title: cell.strip() for title, cell in zip(titles, cells, strict=True) if title})


def _of_objects(file: Path, lines: Iterator[str]) -> Iterator[Row]:
    """The objects of a file, one per line; of their values the texts, and null as an empty one."""
    keys: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or "nested too deeply"
            raise DataError(f"{file}: line {number} is no JSON ({reason}); an object per line is expected.") from error
        if not isinstance(values, dict):
            raise DataError(f"{file}: line {number} holds no object; one such as {_EXAMPLE} is expected.")
        cells = {key: value.strip() for key, value in values.items() if isinstance(value, str)}
        cells |= {key: "" for key, value in values.items() if value is None}
        keys = keys or list(cells)
        yield Row(number, dict.fromkeys(keys, "") | cells)


_EXAMPLE = '{"image": "a.jpg", "mask": "a.png"}'
