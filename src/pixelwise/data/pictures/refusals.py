"""Folders that hold something else than a task for pictures needs: images with masks, single pictures for halves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pixelwise.data.formats._base import IMAGE_WORDS, MASK_WORDS, image_files, only_folders, subfolders_called
from pixelwise.data.pictures.kinds import split_folders
from pixelwise.data.pictures.sides import folders_to_add
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_size, read_image
from pixelwise.ops.sharpness import luminance
from pixelwise.ops.spread import evenly

__all__ = ["refuse_masks", "refuse_single"]

_PROBES = 8  # files that are looked at
_WIDE = 1.9  # widths per height from which on a file may be two pictures
_LARGER = 0.02  # share of the columns that may differ from the next one by more than the halves do


def refuse_masks(root: Path, *, as_pairs: bool) -> None:
    """Refuse images with masks beside them where no pairs of pictures were found, and all files would be pictures.

    Args:
        root: The folder.
        as_pairs: Whether pairs are needed; otherwise pictures alone.

    Raises:
        DataError: If folders in it, or in those of its splits, are called so and hold files.
    """
    places = [place for folder in only_folders(root) for place in (folder, *split_folders(folder).values())]
    for place in places:
        images, masks = (
            next(filter(image_files, subfolders_called(place, words)), None) for words in (IMAGE_WORDS, MASK_WORDS)
        )
        if images is not None and masks is not None:
            into, out = (place / word for word in ("input", "target"))
            cure = (
                f"Leave out `--task` (in Python, take pw.open_data) to learn the masks, by segmentation; if both are "
                f"pictures, call the folders {into} and {out}."
                if as_pairs
                else f"Give {images} alone, since masks are no pictures to learn from."
            )
            raise DataError(f"{images} and {masks} are called like images and their masks. {cure}")


def refuse_single(root: Path, files: Sequence[Path]) -> None:
    """Refuse files that are single pictures where each should be two, side by side.

    Two pictures are told by the shape, about twice as wide as high, or by the seam between them.

    Raises:
        DataError: If most of those that are looked at have neither.
    """
    sizes: list[tuple[int, int]] = []
    num_halves = 0
    for file in evenly(files, _PROBES):
        try:
            height, width = image_size(file)
            num_halves += width >= _WIDE * height or _has_seam(file)
        except DataError:  # is said by what reads all of them
            continue
        sizes.append((height, width))
    if 2 * num_halves < len(sizes):
        height, width = sizes[0]
        raise DataError(
            f"{root} holds no pairs of pictures: neither two folders of files of the same names, nor files that are "
            f"two pictures side by side, for most are not twice as wide as high ({height} × {width} pixels, for "
            f"example) and show no seam in the middle. {folders_to_add(root)}"
        )


def _has_seam(file: Path) -> bool:
    """Whether hardly any column differs from the next one by as much as those in the middle do."""
    grey = luminance(read_image(file))
    if grey.shape[1] < 2:
        return False
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    seam = steps[grey.shape[1] // 2 - 1]
    return bool(seam > 0 and (steps > seam).mean() <= _LARGER)
