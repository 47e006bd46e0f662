"""A list of images and masks: a table (CSV) with a line of titles, or an object per line (JSON Lines).

    DATA/                               image,mask,split            {"image": "photos/a.jpg", "mask": "drawn/a.png"}
    ├── data.csv (or data.jsonl)        photos/a.jpg,drawn/a.png,train
    └── photos/ …  drawn/ …             photos/b.jpg,drawn/b.png,val

The folder may be given, or the list itself. File names are relative to the list. Titles may also be img, file_name,
image_path, label, mask_path, target and the like; the column split (or subset) may be missing. Several lists in a
folder are its splits if they are called so (train.csv, val.csv).

CSV as in RFC 4180, with commas, semicolons or tabs; JSON Lines: https://jsonlines.org.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.formats._base import SPLIT_WORDS, Format, Found, Part
from pixelwise.data.formats._index_folders import write_class_files, write_mask
from pixelwise.data.formats._paths import inside
from pixelwise.data.formats._rows import SUFFIXES, Columns, Row, columns_of, first_row, kind_of, read_rows
from pixelwise.data.formats._written import written_images
from pixelwise.data.pairs import Pair, Pairing
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.files import write_atomically

__all__ = ["FORMAT"]

_IMAGES, _MASKS, _FILE = "images", "masks", "data.csv"


def find(root: Path) -> Found | None:
    """Find the list in a folder, or read the one that is given itself."""
    if root.is_file():
        return _read({SPLIT_WORDS.get(root.stem.lower(), ""): root}, "the list that was given")
    files = [
        path
        for path in sorted(root.iterdir())
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file() and _fits(path)
    ]
    if not files:
        return None
    if len(files) == 1:
        return _read({SPLIT_WORDS.get(files[0].stem.lower(), ""): files[0]}, f"a list in {root}")
    splits = {SPLIT_WORDS.get(file.stem.lower(), ""): file for file in files}
    if "" in splits or len(splits) < len(files):
        raise DataError(
            f"{root} holds {len(files)} lists of images and masks: {some_of(file.name for file in files)}. Give one of "
            "them itself, or call them train, val and test."
        )
    return _read(splits, f"lists in {root}, called like splits")


def write(dataset: Dataset, folder: Path) -> None:
    """Write images, masks of class indices, the list data.csv and dataset.yaml."""
    entries = [(split, pair) for split, pairs in dataset.splits.items() for pair in pairs]
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["image", "mask", "split"])
    written = written_images([pair for _, pair in entries], folder / _IMAGES)
    for (split, _), (pair, image) in zip(entries, written, strict=True):
        mask = folder / _MASKS / f"{image.stem}.png"
        write_mask(pair, dataset.classes, mask)
        names = (path.relative_to(folder).as_posix() for path in (image, mask))
        rows.writerow([*names, split if split in SPLIT_WORDS else ""])
    write_atomically(folder / _FILE, table.getvalue().encode())
    write_class_files(folder, dataset.classes, format_name="manifest")


def _fits(file: Path) -> bool:
    """Whether a file in the folder is a list of images and masks: its titles say so, and so do its first names."""
    try:
        row = first_row(file)
    except DataError:
        return False
    return row is not None and columns_of(file, row, is_given=False) is not None


def _read(files: Mapping[str, Path], why: str) -> Found:
    """The pairs of the lists."""
    splits: dict[str, list[Pair]] = {}
    seen: dict[Path, str] = {}
    decisions = []
    for name, file in files.items():
        first = first_row(file)
        columns = columns_of(file, first, is_given=True) if first is not None else None
        if columns is None:
            raise DataError(
                f"{file} lists no images; a line of titles, such as image,mask, and a line per image are expected."
            )
        rows = list(read_rows(file))
        _refuse_empty(file, columns, rows)
        _refuse_late_split(file, columns, rows)
        decisions.append(Decision(_in_words(file, columns, len(rows)), why))
        for (split, pair), row in zip(_pairs(file, name, columns, rows), rows, strict=True):
            place = f"line {row.line} of {file.name}"
            if pair.image in seen:
                raise DataError(
                    f"{file.parent}: the image {pair.image.relative_to(file.parent).as_posix()} stands in "
                    f"{seen[pair.image]} and in {place}. Each image is expected once, with one mask and in one split."
                )
            seen[pair.image] = place
            splits.setdefault(split, []).append(pair)
    base = next(iter(files.values())).parent
    _refuse_missing(base, [pair for pairs in splits.values() for pair in pairs])
    parts = {split: Part(base, base, Pairing(tuple(pairs))) for split, pairs in sorted(splits.items())}
    return Found(base, parts, decisions=tuple(decisions))


def _pairs(file: Path, name: str, columns: Columns, rows: Sequence[Row]) -> Iterator[tuple[str, Pair]]:
    """Each row with the split that it belongs to."""
    splits = [row.cells.get(columns.split, "") if columns.split else "" for row in rows]
    known = any(splits)
    for row, value in zip(rows, splits, strict=True):
        split = SPLIT_WORDS.get(value.strip().lower()) if known else name
        if split is None:
            raise DataError(
                f"{file}: line {row.line}: {columns.split} is {value!r}; train, val or test is expected in each line."
            )
        yield split, Pair(_path(file, row, columns.image), _path(file, row, columns.mask))


def _path(file: Path, row: Row, column: str) -> Path:
    """A file that a row names."""
    try:
        return inside(file.parent, row.cells[column])
    except DataError as error:
        raise DataError(f"{file}: line {row.line}: {column}: {error}") from error


def _refuse_empty(file: Path, columns: Columns, rows: Sequence[Row]) -> None:
    """Refuse rows without an image or without a mask."""
    for column in (columns.image, columns.mask):
        empty = [row.line for row in rows if not row.cells[column]]
        if empty:
            verb, word = ("has", "line") if len(empty) == 1 else ("have", "lines")
            found = ended(f"{len(empty)} of {len(rows)} rows of {file} {verb} no {column} ({word} {some_of(empty)})")
            raise DataError(f"{found} Write the names of the files into them, or take the rows out.")


def _refuse_late_split(file: Path, columns: Columns, rows: Sequence[Row]) -> None:
    """Refuse objects that tell their split after a first one that does not: that of the others is not known."""
    for row in rows if columns.split is None else ():
        split = next((title for title, cell in row.cells.items() if cell and kind_of(title) == "split"), None)
        if split is not None:
            raise DataError(
                f"{file}: line {row.line} has the {split} {row.cells[split]!r}, and line {rows[0].line} has none; "
                "train, val or test is expected in each line, or in none."
            )


def _refuse_missing(base: Path, pairs: Sequence[Pair]) -> None:
    """Refuse lists that name files that are not there."""
    for kind, files in (
        ("images", [pair.image for pair in pairs]),
        ("masks", [pair.target for pair in pairs if pair.target is not None]),
    ):
        missing = [file for file in files if not file.is_file()]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            names = some_of(file.relative_to(base).as_posix() for file in missing)
            found = ended(f"{len(missing)} of {len(files)} {kind} that are listed {verb} not in {base}: {names}")
            raise DataError(f"{found} File names are relative to the list. Correct them, or take the lines out.")


def _in_words(file: Path, columns: Columns, count: int) -> str:
    """What is read from a list."""
    split = f", the splits {columns.split}" if columns.split else ""
    return (
        f"{counted(count, 'image')} listed in {file.name}: the images {columns.image}, the masks {columns.mask}{split}"
    )


FORMAT = Format(
    find, "a list with the columns image and mask (CSV or JSON Lines)", rank=-1, write=write, suffixes=SUFFIXES
)
