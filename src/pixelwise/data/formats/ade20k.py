"""ADE20K as the scene parsing challenge gives it away: 150 classes, and 0 for everything else.

    DATA/
    ├── images/       training/ADE_train_00000001.jpg …     validation/ADE_val_00000001.jpg …
    ├── annotations/  training/ADE_train_00000001.png …     validation/ …      0 is ignored, 1 to 150 are the classes
    └── objectInfo150.txt       the names, in a table whose columns are separated by tabs

A folder of this layout is ADE20K if the table lies in it, or if all files are named as ADE20K's.

Zhou et al.: "Scene Parsing through ADE20K Dataset", CVPR 2017, http://sceneparsing.csail.mit.edu.
"""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.formats._base import Format, Found, Part, paired_part
from pixelwise.data.names import ClassNames
from pixelwise.errors import DataError, some_of

__all__ = ["FORMAT"]

_SPLITS = {"training": "train", "validation": "val"}
_TABLE = "objectInfo150.txt"
_NUM_CLASSES = 150
_OTHER = 0
_BEGINNINGS = ("ADE_train_", "ADE_val_")
_LARGEST = 1024**2  # bytes


def find(root: Path) -> Found | None:
    """Find images and annotations of the training and of the validation."""
    parts: dict[str, Part] = {}
    for folder, split in _SPLITS.items():
        images, masks = root / "images" / folder, root / "annotations" / folder
        part = paired_part(images, masks) if images.is_dir() and masks.is_dir() else None
        if part is not None:
            parts[split] = part
    has_table = (root / _TABLE).is_file()
    if not parts or not (has_table or all(map(_has_own_names, parts.values()))):
        return None
    names = _read(root / _TABLE) if has_table else tuple(f"class {number + 1}" for number in range(_NUM_CLASSES))
    source = str(root / _TABLE) if has_table else f"ADE20K's numbers; {_TABLE}, which names them, is not there"
    return Found(root, parts, names=ClassNames(names, source, tuple(range(1, _NUM_CLASSES + 1)), (_OTHER,)))


def _has_own_names(part: Part) -> bool:
    """Whether all images are named as ADE20K's."""
    pairs = part.pairing.pairs
    return bool(pairs) and all(pair.name.startswith(_BEGINNINGS) for pair in pairs)


def _read(file: Path) -> tuple[str, ...]:
    """The name of each class: of several with commas between them the first, as far as no other class has it."""
    try:
        if file.stat().st_size > _LARGEST:
            raise DataError(f"{file} has more than 1 MB; a table of {_NUM_CLASSES} classes is expected.")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as a table of classes ({error}).") from error
    titles = [title.strip() for title in lines[0].split("\t")] if lines else []
    if "Idx" not in titles or "Name" not in titles:
        raise DataError(
            f"The first line of {file} is {some_of(map(repr, titles), most=6) or 'missing'}; titles with Idx and Name "
            "among them, separated by tabs, are expected."
        )
    found: dict[int, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            index, name = _entry(file, number, line, (titles.index("Idx"), titles.index("Name")))
            if index in found:
                raise DataError(f"Line {number} of {file} has the number {index} a second time.")
            found[index] = name
    if sorted(found) != list(range(1, _NUM_CLASSES + 1)):
        missing = [index for index in range(1, _NUM_CLASSES + 1) if index not in found]
        raise DataError(f"{file} has no line for {some_of(missing)}; the classes 1 to {_NUM_CLASSES} are expected.")
    full = [found[index] for index in sorted(found)]
    first = [name.split(",")[0].strip() for name in full]
    return tuple(short if first.count(short) == 1 else name for short, name in zip(first, full, strict=True))


def _entry(file: Path, number: int, line: str, columns: tuple[int, int]) -> tuple[int, str]:
    """Number and names of a class."""
    cells = [cell.strip() for cell in line.split("\t")]
    index, name = (cells[column] if column < len(cells) else "" for column in columns)
    if not (index.isascii() and index.isdigit()) or not 1 <= int(index[:9]) <= _NUM_CLASSES or not name.strip(", "):
        raise DataError(
            f"Line {number} of {file} is {line[:80]!r}; a number from 1 to {_NUM_CLASSES} and a name, separated by "
            "tabs as in the first line, are expected."
        )
    return int(index), name


FORMAT = Format(find, "images/training/ with annotations/training/ and objectInfo150.txt (ADE20K)", rank=-1)
