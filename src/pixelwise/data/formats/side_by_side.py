"""Image and mask as the two halves of one picture, as pix2pix lays out its pairs.

    DATA/  (or DATA/train/, DATA/val/, DATA/test/)
    ├── 1.png       left the image, right its mask (or the other way round)
    └── 2.png …

Taken only on strong evidence, and if nothing else fits: all files are PNG of even width, and one half, the same in all
that are looked at, holds few colours in even areas, while the other is a photograph. JPEG files are none, since their
compression leaves no mask as it was; so pix2pix's own facades, whose halves translate into each other, are not claimed.

Isola et al.: "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017,
https://arxiv.org/abs/1611.07004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import Format, Found, Part, best_parts, image_files, left_out_parts, splits_in
from pixelwise.data.pairs import Pair, Pairing, Source
from pixelwise.errors import DataError
from pixelwise.ops.color_codes import packed
from pixelwise.ops.image_io import ImageHead, StoredImage, image_head, image_size, read_image, read_pixels, read_stored
from pixelwise.ops.spread import evenly

__all__ = ["FORMAT"]

Number = TypeVar("Number", bound=np.generic)

_PROBES = 8
_FEWEST = 2  # pictures that must agree
_FEW_COLORS = 64  # of all masks together
_RICHER = 4  # a photograph holds at least so many times the colours of a mask
_FLAT = 0.8  # share of the neighbouring pixels that are equal: at least this in a mask
_UNEVEN = 0.7  # … and at most this in a photograph


class _Halves(Source):
    """Pictures of which one half is the image, the other the mask.

    Args:
        mask_is_left: Which is which.
    """

    def __init__(self, *, mask_is_left: bool) -> None:
        self._mask_is_left = mask_is_left

    def head(self, pair: Pair) -> ImageHead:
        """Size and orientation of the image, without decoding it."""
        head = image_head(pair.image)
        return replace(head, size=(head.size[0], head.size[1] // 2))

    def image(self, pair: Pair) -> NDArray[np.uint8]:
        """The image, `(H, W, 3)` uint8 RGB, upright."""
        return _half(read_image(pair.image), left=not self._mask_is_left)

    def pixels(self, pair: Pair) -> NDArray[np.number]:
        """The image as it is stored, `(H, W, C)`."""
        return _half(read_pixels(pair.image), left=not self._mask_is_left)

    def image_file(self, pair: Pair) -> None:
        """None, since half a picture is no file."""

    def stored(self, pair: Pair) -> StoredImage:
        """The mask as it is stored."""
        stored = read_stored(pair.image)
        return replace(stored, values=_half(stored.values, left=self._mask_is_left))


@dataclass(frozen=True)
class _Side:
    """How half a picture looks: its colours, and the share of equal neighbours."""

    colors: frozenset[int]
    evenness: float


def find(root: Path) -> Found | None:
    """Find pictures of two halves in a folder, or in those of its splits."""
    folders = [(root, "")] if image_files(root) else splits_in(root)
    files = {folder: image_files(folder) for folder, _ in folders}
    every = [file for several in files.values() for file in several]
    if len(every) < _FEWEST or any(file.suffix.lower() != ".png" for file in every):
        return None
    looked_at = evenly(every, _PROBES)
    mask_is_left = _mask_is_left(looked_at)
    if mask_is_left is None or not _all_even(every):
        return None
    source = _Halves(mask_is_left=mask_is_left)
    several: dict[str, list[Part]] = {}
    for folder, split in folders:
        if pairs := tuple(Pair(file, file, source) for file in files[folder]):
            several.setdefault(split, []).append(Part(folder, folder, Pairing(pairs)))
    parts = best_parts(several)
    image, mask = ("right", "left") if mask_is_left else ("left", "right")
    why = (
        f"in all {len(looked_at)} pictures that were looked at, the {mask} half holds few colours in even areas, and "
        f"the {image} half is a photograph"
    )
    return Found(
        root,
        parts,
        left_out_parts(root, several, parts),
        decisions=(Decision(f"The {image} half of each picture is the image, the {mask} half its mask", why),),
    )


def _mask_is_left(files: Sequence[Path]) -> bool | None:
    """Which half of the pictures is a mask, if it is the same in all; None where they do not show it."""
    try:
        sides = [_sides(file) for file in files]
    except DataError:  # a file that cannot be read is no evidence
        return None
    for is_left in (False, True):
        masks = [side[0] if is_left else side[1] for side in sides]
        images = [side[1] if is_left else side[0] for side in sides]
        together = frozenset().union(*(mask.colors for mask in masks))
        if (
            2 <= len(together) <= _FEW_COLORS
            and all(mask.evenness >= _FLAT for mask in masks)
            and all(image.evenness <= _UNEVEN for image in images)
            and all(len(image.colors) >= _RICHER * len(together) for image in images)
        ):
            return is_left
    return None


def _sides(file: Path) -> tuple[_Side, _Side]:
    """How both halves of a picture look."""
    codes = packed(read_image(file))
    if codes.shape[1] % 2:
        raise DataError(f"{file} has an odd width.")
    return _side(_half(codes, left=True)), _side(_half(codes, left=False))


def _side(codes: NDArray[np.integer]) -> _Side:
    equal = float(np.mean(codes[:, 1:] == codes[:, :-1])) if codes.shape[1] > 1 else 1.0
    return _Side(frozenset(np.unique(codes).tolist()), equal)


def _all_even(files: Sequence[Path]) -> bool:
    """Whether the widths of all pictures are even."""
    try:
        return all(image_size(file)[1] % 2 == 0 for file in files)
    except DataError:
        return False


def _half(values: NDArray[Number], *, left: bool) -> NDArray[Number]:
    """`(H, W // 2, …)`: half a picture."""
    middle = values.shape[1] // 2
    return np.ascontiguousarray(values[:, :middle] if left else values[:, middle:])


FORMAT = Format(find, "a.png with the image on the left and its mask on the right (pix2pix)", rank=4)
