"""Parquet as Hugging Face stores data sets: a row per image, with the files of image and mask in it.

    DATA/                                                   columns
    └── data/  (or DATA itself, or a folder per split)      ├── image   struct {bytes, path}, or the bytes alone
        ├── train-00000-of-00002.parquet                    └── mask    the same; also label, annotation, …
        ├── train-00001-of-00002.parquet
        └── validation-00000-of-00001.parquet

Splits are known by the names of the files or of their folders. Rows that hold a path instead of a file are refused.
A single file may be given as well. pyarrow reads them, which the extra `parquet` brings.

https://huggingface.co/docs/hub/datasets-image, https://parquet.apache.org/docs/file-format/.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import SPLIT_WORDS, Format, Found, Part, subfolders
from pixelwise.data.formats._nodes import shortened
from pixelwise.data.formats._rows import kind_of
from pixelwise.data.pairs import Pair, Pairing, Source
from pixelwise.data.wording import counted
from pixelwise.errors import DataError, install, some_of
from pixelwise.ops.image_io import ImageHead, StoredImage, image_head, read_image, read_pixels, read_stored

__all__ = ["FORMAT", "split_of"]

_SUFFIX = ".parquet"
_MOST_KEPT = 512 * 1024**2  # bytes of row groups in memory
_WORD = re.compile(r"[a-z]+")


class _Shards(Source):
    """The rows of parquet files, of which the groups that were read last are kept in memory.

    Args:
        columns: Those of the images and of the masks.
    """

    def __init__(self, columns: tuple[str, str]) -> None:
        self._columns = columns
        self._lock = Lock()
        self._groups: OrderedDict[tuple[Path, int], Any] = OrderedDict()
        self._ends: dict[Path, list[int]] = {}

    def add(self, file: Path, group_sizes: Sequence[int]) -> None:
        """Make a file known, with the number of rows in each of its groups."""
        self._ends[file] = list(accumulate(group_sizes))

    def head(self, pair: Pair) -> ImageHead:
        """Size and orientation of the image, without decoding it."""
        return image_head(pair.image, self._file(pair.image, self._columns[0]))

    def image(self, pair: Pair) -> NDArray[np.uint8]:
        """The image, `(H, W, 3)` uint8 RGB, upright."""
        return read_image(pair.image, self._file(pair.image, self._columns[0]))

    def pixels(self, pair: Pair) -> NDArray[np.number]:
        """The image as it is stored, `(H, W, C)`."""
        return read_pixels(pair.image, self._file(pair.image, self._columns[0]))

    def image_file(self, pair: Pair) -> None:
        """None, since the file lies in a table."""

    def stored(self, pair: Pair) -> StoredImage:
        """The mask as it is stored."""
        if pair.target is None:
            return super().stored(pair)
        return read_stored(pair.target, self._file(pair.target, self._columns[1]))

    def _file(self, place: Path, column: str) -> bytes:
        """The bytes of an image file, which lies at `FILE.parquet/ROW/NAME`."""
        file, row = place.parents[1], int(place.parent.name)
        ends = self._ends[file]
        group = bisect_right(ends, row)
        with self._lock:
            table = self._group(file, group)
        value = table.column(column)[row - (ends[group - 1] if group else 0)].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if content is not None:
            return bytes(content)
        path = value.get("path") if isinstance(value, dict) else None
        if path is None:
            raise DataError(
                f"{place}: the column {column} is empty in row {row}; an image file is expected in each row."
            )
        raise DataError(
            f"{place}: the column {column} holds the path {shortened(path)} in row {row}, not the file itself; files "
            "outside of the table are not read. Write the table with the bytes in it."
        )

    def _group(self, file: Path, group: int) -> Any:  # noqa: ANN401 - a pyarrow.Table
        """A group of rows; those that were not used for longest make way."""
        key = (file, group)
        if key not in self._groups:
            with _opened(file) as table:
                self._groups[key] = table.read_row_group(group, columns=list(self._columns))
        self._groups.move_to_end(key)
        while len(self._groups) > 1 and sum(kept.nbytes for kept in self._groups.values()) > _MOST_KEPT:
            self._groups.popitem(last=False)
        return self._groups[key]


def find(root: Path) -> Found | None:
    """Find parquet files in which rows hold an image and a mask."""
    files = [root] if root.is_file() else _files(root)
    columns = _columns(files[0], is_given=root.is_file()) if files else None
    if columns is None:
        return None
    by_split: dict[str, list[Path]] = {}
    for file in files:
        by_split.setdefault(split_of(file), []).append(file)
    unclear = by_split.pop("", []) if len(by_split) > 1 else []
    base = root.parent if root.is_file() else root
    source = _Shards(columns)
    parts = {
        split: Part(base, base, Pairing(tuple(_pairs(several, columns, source)))) for split, several in by_split.items()
    }
    left_out = {
        file.relative_to(base).as_posix(): "rows of a split that neither its name nor its folder tells"
        for file in unclear
    }
    what = f"The images are the column {columns[0]}, the masks the column {columns[1]}"
    why = f"the columns of {counted(len(files) - len(unclear), 'parquet file')} that hold image files"
    return Found(base, parts, left_out, decisions=(Decision(what, why),))


def split_of(file: Path) -> str:
    """The split that the name of a file begins with, or its folder is called like; empty if neither tells.

    >>> split_of(Path("data/validation-00000-of-00001.parquet")), split_of(Path("train/0000.parquet"))
    ('val', 'train')
    """
    word = _WORD.match(file.stem.lower())
    return SPLIT_WORDS.get(word[0] if word else "") or SPLIT_WORDS.get(file.parent.name.lower(), "")


def _files(root: Path) -> list[Path]:
    """The parquet files of a folder, of `data` in it, or of folders that are called like splits."""
    inner = [folder for folder in subfolders(root) if folder.name.lower() in ("data", *SPLIT_WORDS)]
    return [
        path
        for folder in (root, *inner)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() == _SUFFIX and not path.name.startswith(".") and path.is_file()
    ]


def _columns(file: Path, *, is_given: bool) -> tuple[str, str] | None:
    """The columns of images and of masks; None where a table that was merely found holds no two of image files."""
    with _opened(file) as table:
        fields = [(field.name, field.type) for field in table.schema_arrow]
    held = [name for name, kind in fields if _holds_files(kind)]
    kinds = {name: kind_of(name) for name in held}
    images = [name for name in held if kinds[name] == "image"]
    masks = [name for name in held if kinds[name] == "mask"]
    if len(images) == 1 and len(masks) == 1:
        return images[0], masks[0]
    if len(held) == 2 and len(images) + len(masks) == 1:
        other = next(name for name in held if name not in (*images, *masks))
        return (images[0], other) if images else (other, masks[0])
    if len(held) < 2 and not is_given:
        return None
    found = f"the columns {some_of(held)} hold image files" if held else "no column holds image files"
    raise DataError(f"{file}: {found}; one called image and one called mask are expected.")


def _holds_files(kind: Any) -> bool:  # noqa: ANN401 - a pyarrow.DataType
    """Whether a column holds bytes, alone or as Hugging Face's images."""
    from pyarrow import types

    if types.is_struct(kind):
        return any(field.name == "bytes" and _holds_files(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _pairs(files: Sequence[Path], columns: tuple[str, str], source: _Shards) -> Iterator[Pair]:
    """The rows of the files of a split; those without a name of their own are numbered through."""
    number = 0
    for file in files:
        with _opened(file) as table:
            _refuse_other(file, table.schema_arrow, columns)
            source.add(file, [table.metadata.row_group(i).num_rows for i in range(table.metadata.num_row_groups)])
            names = [_names(table, column) for column in columns]
            count = table.metadata.num_rows
        for row in range(count):
            image, mask = (known.get(row) or f"{number:06d}" for known in names)
            yield Pair(file / str(row) / image, file / str(row) / mask, source)
            number += 1


def _refuse_other(file: Path, schema: Any, columns: Sequence[str]) -> None:  # noqa: ANN401 - a pyarrow.Schema
    """Refuse a file without the columns that the first one has."""
    missing = [name for name in columns if name not in schema.names or not _holds_files(schema.field(name).type)]
    if missing:
        raise DataError(
            f"{file} has no column {some_of(missing)} of image files, as the first file of the data set has; it holds "
            f"{some_of(schema.names, most=6)}."
        )


def _names(table: Any, column: str) -> Mapping[int, str]:  # noqa: ANN401 - a pyarrow.parquet.ParquetFile
    """The file names that a column notes beside its bytes, without folders, by row."""
    from pyarrow import types

    kind = table.schema_arrow.field(column).type
    if not types.is_struct(kind) or not any(field.name == "path" and _is_text(field.type) for field in kind):
        return {}
    paths = (
        value.get("path") if value else None for value in table.read([f"{column}.path"]).column(column).to_pylist()
    )
    return {row: name for row, path in enumerate(paths) if path and (name := _file_name(path))}


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - a pyarrow.DataType
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _file_name(path: str) -> str:
    """The last part of a path, if it can be one."""
    name = PurePosixPath(path.replace("\\", "/")).name
    return "" if name in (".", "..") or "\0" in name else name


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A file; whatever fails while it is read becomes a DataError."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise DataError(
            f"{file} is a parquet file, which pyarrow reads; it is not installed. {install('parquet')}"
        ) from error
    try:
        with ParquetFile(file) as table:
            yield table
    except (OSError, ValueError, ArrowException) as error:
        detail = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise DataError(f"{file} is damaged or incomplete and cannot be read as parquet ({detail}).") from error


FORMAT = Format(find, "parquet files with the columns image and mask (Hugging Face)", rank=3, suffixes=(_SUFFIX,))
