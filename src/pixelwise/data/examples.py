"""Decoded images with their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pixelwise.data.borders import border_weights
from pixelwise.data.classes import Classes
from pixelwise.data.decoded import Decoded
from pixelwise.data.numbers import encoded, read_numbers
from pixelwise.data.pairs import Pair

__all__ = ["Example", "Examples"]


@dataclass(frozen=True)
class Example:
    """One decoded pair.

    Attributes:
        image: uint8 `(C, H, W)`; three channels are RGB.
        target: uint8 `(H, W)`, class index or 255; `(K, H, W)` of 0, 1 and 255 where classes overlap.
        weight: uint8 `(H, W)`, what is added to a pixel's weight in the loss, in steps of `data.borders.WEIGHT_STEP`;
            None where nothing is.
    """

    image: Tensor
    target: Tensor
    weight: Tensor | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes."""
        weight = 0 if self.weight is None else self.weight.nbytes
        return self.image.nbytes + self.target.nbytes + weight


class Examples(Decoded[Example]):
    """The decoded pairs of one split, at the working resolution.

    Where the classes keep touching objects apart, the weights of their borders are computed while decoding.

    Args:
        pairs: What to decode; every pair has a target.
        classes: How stored values become class indices.
        image_scale: Both sides are multiplied by this: images by antialiased bilinear resampling, targets by nearest.
        memory_bytes: How much may be kept; None takes a share of what is free.
    """

    share_of_memory = 0.3

    def __init__(
        self,
        pairs: Sequence[Pair],
        classes: Classes,
        image_scale: float = 1.0,
        memory_bytes: int | None = None,
    ) -> None:
        super().__init__(pairs, memory_bytes)
        self.classes = classes
        self.image_scale = image_scale

    def _decode(self, index: int) -> Example:
        """One example; a DataError if a file cannot be decoded, or a target has values that are no class."""
        pair = self.pairs[index]
        image, stored, missing = pair.read_image(), read_numbers(pair, self.classes), pair.read_missing()
        if self.image_scale != 1.0:
            height, width = (max(1, round(side * self.image_scale)) for side in image.shape[:2])
            image = _smaller(image, (width, height))
            stored = _resized(stored, (height, width))  # before borders are drawn, which would not outlive it
            missing = None if missing is None else _resized(missing.astype(np.uint8), (height, width)) > 0
        target = encoded(stored, missing, pair, self.classes)
        pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        weight = torch.from_numpy(border_weights(self.classes.objects(stored))) if self.classes.separate else None
        return Example(pixels, torch.from_numpy(np.ascontiguousarray(target)), weight)


def _smaller(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """An image `(H, W, C)` in another size (width, height), antialiased; band by band where it is not RGB."""
    if image.shape[2] == 3:
        return np.array(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    bands = (np.ascontiguousarray(image[..., band]) for band in range(image.shape[2]))
    return np.dstack([np.array(Image.fromarray(band).resize(size, Image.Resampling.BILINEAR)) for band in bands])


def _resized(stored: NDArray[np.integer], size: tuple[int, int]) -> NDArray[np.integer]:
    """Stored numbers in another size, by nearest neighbour."""
    plain = stored if stored.dtype == np.uint8 else stored.astype(np.int32)  # what Pillow resizes without loss
    resized: NDArray[np.integer] = np.array(Image.fromarray(plain).resize(size[::-1], Image.Resampling.NEAREST))
    return resized
