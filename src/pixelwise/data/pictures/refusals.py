"""Folders that hold something else than a task for pictures needs: images with masks, single pictures for halves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.formats._base import IMAGE_WORDS, MASK_WORDS, image_files, only_folders, subfolders_called
from pixelwise.data.pictures.kinds import split_folders
from pixelwise.data.pictures.sides import folders_to_add
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_size, read_image
from pixelwise.ops.sharpness import luminance
from pixelwise.ops.spread import evenly

__all__ = ["refuse_masks", "refuse_single"]

_IMAGES = tuple(word for word in IMAGE_WORDS if not word.startswith("input"))  # beside which targets are pictures
_PROBES = 8  # files that are looked at
_WIDE = 1.9  # widths per height from which on a file may be two pictures
_ALIKE = 0.6  # correlation from which on two halves show the same thing, or its negative
_SIDE = 24  # pixels of the halves that are compared
_LARGER = 0.02  # share of the columns that may differ from the next one by more than the halves do


def refuse_masks(root: Path, *, as_pairs: bool) -> None:
    """Refuse images with masks beside them where no pairs of pictures were found, and all files would be pictures.

    Args:
        root: The folder.
        as_pairs: Whether pairs are needed; otherwise pictures alone.

    Raises:
        DataError: If folders in it, or in those of its splits, are called so and hold files, or if two folders are of
            one split.
    """
    places = [place for folder in only_folders(root) for place in (folder, *split_folders(folder).values())]
    for place in places:
        images, masks = (
            next(filter(image_files, subfolders_called(place, words)), None) for words in (_IMAGES, MASK_WORDS)
        )
        if images is not None and masks is not None:
            into, out = (place / word for word in ("input", "target"))
            pairs, otherwise = (
                ("", "leave out `--task` (in Python, take pw.open_data) to learn the masks, by segmentation")
                if as_pairs
                else (
                    " (pairs take no `--degrade`)",
                    f"give {images} alone (restoration then needs `--degrade`), since masks are no pictures",
                )
            )
            raise DataError(
                f"{images} and {masks} are called like images and their masks. If both are pictures, call the folders "
                f"{into} and {out}{pairs}; otherwise {otherwise}."
            )


def refuse_single(root: Path, files: Sequence[Path]) -> None:
    """Refuse files that are single pictures where each should be two, side by side.

    Two pictures are told by the shape, about twice as wide as high; by the seam between them; or by showing the same.

    Raises:
        DataError: If most of those that are looked at have none of these.
    """
    num_read = 0
    single: list[tuple[int, int]] = []
    for file in evenly(files, _PROBES):
        try:
            height, width = image_size(file)
            is_two = width >= _WIDE * height or _is_two(luminance(read_image(file)))
        except DataError:  # is said by what reads all of them
            continue
        num_read += 1
        if not is_two:
            single.append((height, width))
    if 2 * len(single) > num_read:
        height, width = single[0]
        raise DataError(
            f"{root} holds no pairs of pictures: neither two folders of files of the same names, nor files that are "
            f"two pictures side by side, for most are not twice as wide as high ({height} × {width} pixels, for "
            f"example), show no seam in the middle, and no two halves that are alike. {folders_to_add(root)}"
        )


def _is_two(grey: NDArray[np.floating]) -> bool:
    """Whether a picture `(H, W)` shows two, side by side."""
    return grey.shape[1] >= 2 and (_has_seam(grey) or _alikeness(grey) >= _ALIKE)


def _alikeness(grey: NDArray[np.floating]) -> float:
    """How far both halves show the same, by their correlation, [0, 1], beside what all columns share, such as a sky."""
    middle = grey.shape[1] // 2
    small = [
        np.asarray(Image.fromarray(half.astype(np.float32)).resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64)
        for half in (grey[:, :middle], grey[:, -middle:])
    ]
    first, second = (half - half.mean(axis=1, keepdims=True) for half in small)
    size = np.sqrt((first**2).sum() * (second**2).sum())
    return float(abs((first * second).sum()) / size) if size > 0 else 0.0


def _has_seam(grey: NDArray[np.floating]) -> bool:
    """Whether hardly any column differs from the next one by as much as those in the middle do."""
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    seam = steps[grey.shape[1] // 2 - 1]
    return bool(seam > 0 and (steps > seam).mean() <= _LARGER)
