"""Masks of colours, or with smoothed edges, written as class numbers into a copy of the data."""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.color_legend import LEGEND_FILES
from pixelwise.data.dataset import Dataset
from pixelwise.data.formats._index_folders import NAMES_FILE as WRITTEN_NAMES
from pixelwise.data.formats._index_folders import write_class_files, write_mask
from pixelwise.data.names import NAME_FILES
from pixelwise.data.pairs import Pair, shown
from pixelwise.data.settings_file import find_settings
from pixelwise.data.understand import splits_on_disk
from pixelwise.ops.threads import in_threads

__all__ = ["masks_as_numbers"]

_OTHER_NAMES = tuple(name for name in (*NAME_FILES, *LEGEND_FILES) if name != WRITTEN_NAMES)


def masks_as_numbers(dataset: Dataset, place: Path) -> list[str]:
    """Replace the masks of a data set by palette PNGs of class numbers, and write what these mean.

    Args:
        dataset: The data, in a folder that may be written to.
        place: That folder.

    Returns:
        The masks as they were called, below the folder.

    Raises:
        DataError: If a mask cannot be read.
        OutputError: If a file cannot be written.
    """

    def replace(pair: Pair) -> str | None:
        mask = pair.target
        if mask is None:
            return None
        target = mask.with_suffix(".png")
        if target != mask and target.exists():
            target = mask.with_name(f"{mask.stem}_mask.png")
        write_mask(pair, dataset.classes, target)
        if target != mask:
            mask.unlink()
        return shown(mask, place)

    several = [pair for pairs in splits_on_disk(place).values() for pair in pairs]
    by_mask = {pair.target: pair for pair in several}  # images may share a mask, which is to be replaced once
    names = [name for name in in_threads(replace, list(by_mask.values())) if name is not None]
    found = find_settings(place)
    for name in _OTHER_NAMES:
        (place / name).unlink(missing_ok=True)
    settings = None if found is None else found[1]
    write_class_files(
        place,
        dataset.classes,
        format_name=settings.format if settings else None,
        splits=(settings.splits or {}) if settings else {},
        validation=settings.validation if settings else None,
    )
    return names
