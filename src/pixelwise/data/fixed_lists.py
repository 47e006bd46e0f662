"""What lists said of the files of a folder, said anew in a copy of it, where names have changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from pixelwise.data.settings_file import SETTINGS_FILE
from pixelwise.data.settings_text import add_splits
from pixelwise.data.understand import splits_on_disk
from pixelwise.errors import DataError
from pixelwise.ops.files import write_atomically

__all__ = ["TABLE", "keep_lists"]

TABLE = "data.csv"

Read = dict[Path, tuple[Path | None, str]]  # mask and split of each image


def keep_lists(place: Path, wanted: Mapping[Path, tuple[Path | None, str]]) -> str | None:
    """See that the images of a copy are found with their masks and in their splits.

    Where its folders and names do not tell the splits, they are written into `dataset.yaml`; where they do not tell
    which mask belongs to which image, into a table (`data.formats.manifest`).

    Args:
        place: The copy.
        wanted: Mask and split of each image; "" where no splits are known.

    Returns:
        The file that was written; None where nothing was needed.

    Raises:
        DataError: If the copy is read otherwise all the same.
        OutputError: If the file cannot be written.
    """
    known = any(split for _, split in wanted.values())
    meant: Read = {image: (mask, split or "train") for image, (mask, split) in wanted.items()}
    found = _read(place)
    if found == meant:
        return None
    if {image: mask for image, (mask, _) in found.items()} == {image: mask for image, (mask, _) in meant.items()}:
        written = SETTINGS_FILE
        splits: dict[str, list[str]] = {}
        for image, (_, split) in meant.items():
            splits.setdefault(split, []).append(image.relative_to(place).as_posix())
        add_splits(place, splits)
    else:
        written = TABLE
        write_atomically(place / TABLE, _table(place, meant, with_splits=known).encode())
    if _read(place) != meant:
        raise DataError(
            f"Its files are read as other pairs, or in other splits, than those that were copied. Take format and "
            f"splits out of its {SETTINGS_FILE}."
        )
    return written


def _read(place: Path) -> Read:
    """How a folder is read; nothing where it cannot be."""
    try:
        splits = splits_on_disk(place)
    except DataError:
        return {}
    return {pair.image: (pair.target, split or "train") for split, pairs in splits.items() for pair in pairs}


def _table(place: Path, meant: Read, *, with_splits: bool) -> str:
    """The images with their masks, and their splits where there are any."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["image", "mask", "split"])
    for image, (mask, split) in meant.items():
        if mask is not None:
            names = (file.relative_to(place).as_posix() for file in (image, mask))
            rows.writerow([*names, split if with_splits else ""])
    return text.getvalue()
