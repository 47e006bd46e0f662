"""How the pictures of pairs look: what the checks of pictures are told by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.looks import Look, look_of
from pixelwise.data.outline import LONGEST
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.dataset import picture_source
from pixelwise.data.pictures.sources import PictureHalves
from pixelwise.errors import DataError
from pixelwise.ops.sharpness import blockiness, detail, luminance
from pixelwise.ops.shift import shift_between
from pixelwise.ops.threads import in_threads
from pixelwise.ops.thumbnail import Thumbnail, displayed

__all__ = ["PairLook", "PictureLook", "look_at_pictures"]

_PART = 256  # pixels of the sides of the part, out of the middle, that is looked at without making it smaller
_EVEN = 8  # sides of that part are multiples of it, by which spectra are computed faster


@dataclass(frozen=True)
class PictureLook:
    """How one picture looks.

    Attributes:
        look: At the size of a stamp.
        clipped: Share of the numbers, in the middle of the picture, that are 0 or 255.
        detail: `ops.sharpness.detail` of the middle; None where that cannot be told.
        blockiness: `ops.sharpness.blockiness` of the middle.
    """

    look: Look
    clipped: float
    detail: float | None
    blockiness: float


@dataclass(frozen=True)
class PairLook:
    """How a pair looks.

    Attributes:
        image: What goes in; None where it is made of the target.
        target: What should come out; None where pictures have no partners.
        difference: The most, in shades, by which image and target differ anywhere; None where they cannot be compared.
        shift: Rows and columns, in pixels of the image, by which the target shows the same further down and right.
    """

    image: PictureLook | None
    target: PictureLook | None
    difference: int | None = None
    shift: tuple[int, int] = (0, 0)


def look_at_pictures(
    pairs: Sequence[Pair], *, alone: bool, scale: int, progress: Callable[[int, int], None] | None = None
) -> tuple[dict[Pair, PairLook], dict[Path, DataError]]:
    """Decode pairs and look at both of their pictures.

    Args:
        pairs: What to look at.
        alone: Whether only targets are on disk.
        scale: Pixels of a target per pixel of its image, along a side.
        progress: Called with how many are done and how many there are.

    Returns:
        How each pair looks; and why files cannot be decoded.
    """

    def look(pair: Pair) -> PairLook | dict[Path, DataError]:
        return _look(pair, alone, scale)

    found = dict(zip(pairs, in_threads(look, pairs, progress), strict=True))
    failed = {file: error for one in found.values() if isinstance(one, dict) for file, error in one.items()}
    return {pair: one for pair, one in found.items() if isinstance(one, PairLook)}, failed


def _look(pair: Pair, alone: bool, scale: int) -> PairLook | dict[Path, DataError]:
    """One pair, or the files of it that cannot be decoded."""
    failed: dict[Path, DataError] = {}
    image = None if alone else _decoded(pair.image, pair.read_image, failed)
    target_file = pair.image if isinstance(pair.source, PictureHalves) else pair.target
    target = None
    if target_file is not None and not failed.get(target_file):
        source = picture_source(pair)
        target = _decoded(target_file, lambda: source.target(pair), failed)
    if failed:
        return failed
    difference, shift = None, (0, 0)
    if image is not None and target is not None:
        if image.shape == target.shape:
            difference = int(np.abs(image.astype(np.int16) - target).max())
        if (image.shape[0] * scale, image.shape[1] * scale) == target.shape[:2]:
            shift = _shift(image, target, scale)
    return PairLook(
        None if image is None else _picture_look(image, pair.image),
        None if target is None or target_file is None else _picture_look(target, target_file),
        difference,
        shift,
    )


def _decoded(
    file: Path, read: Callable[[], NDArray[np.uint8]], failed: dict[Path, DataError]
) -> NDArray[np.uint8] | None:
    """What is read; None, with the reason kept, where that fails."""
    try:
        return read()
    except DataError as error:
        failed[file] = error
    except OSError as error:
        failed[file] = DataError(f"{file} is damaged or incomplete and cannot be read ({error}).", "cut")
    return None


def _picture_look(pixels: NDArray[np.uint8], file: Path) -> PictureLook:
    part = pixels[_middle(pixels.shape[0]), _middle(pixels.shape[1])]
    grey = luminance(part)
    return PictureLook(
        look=look_of(Thumbnail(displayed(pixels, LONGEST), "", ""), file.stat().st_size),
        clipped=float(((part == 0) | (part == 255)).mean()),
        detail=detail(grey),
        blockiness=blockiness(grey),
    )


def _middle(side: int, factor: int = 1) -> slice:
    """The middle of a side; of one that is `factor` times as long, what shows the same."""
    length = min(_PART, side) // _EVEN * _EVEN or side
    start = (side - length) // 2
    return slice(start * factor, (start + length) * factor)


def _shift(image: NDArray[np.uint8], target: NDArray[np.uint8], scale: int) -> tuple[int, int]:
    """By how much the target lies beside the image, both at the size of the image."""
    height, width = image.shape[:2]
    part = luminance(image[_middle(height), _middle(width)])
    other = luminance(target[_middle(height, scale), _middle(width, scale)])
    if scale > 1:
        other = other.reshape(part.shape[0], scale, part.shape[1], scale).mean(axis=(1, 3))
    return shift_between(part, other)
