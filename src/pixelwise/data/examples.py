"""Decoded images and targets, kept in memory as long as they fit."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pixelwise.data.borders import border_weights
from pixelwise.data.classes import Classes
from pixelwise.data.memory import free_memory
from pixelwise.data.numbers import encoded, read_numbers
from pixelwise.data.pairs import Pair

__all__ = ["Example", "Examples"]

_SHARE_OF_MEMORY = 0.3  # of what is free when training begins; the network needs the rest


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


class Examples:
    """The decoded pairs of one split, at the working resolution.

    Decoding a PNG costs more than a light network's step on the same pixels, so each file is decoded once and kept as
    uint8 as long as there is room in a share of the free memory; the others are decoded when they are asked for, by
    threads (Pillow decodes outside Python's lock), so that no worker process exists that could outlive training.
    Where the classes keep touching objects apart, the weights of their borders are computed then too.

    Args:
        pairs: What to decode; every pair has a target.
        classes: How stored values become class indices.
        image_scale: Both sides are multiplied by this: images by antialiased bilinear resampling, targets by nearest.
        memory_bytes: How much may be kept; None takes a share of what is free.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        classes: Classes,
        image_scale: float = 1.0,
        memory_bytes: int | None = None,
    ) -> None:
        self.pairs = tuple(pairs)
        self.classes = classes
        self.image_scale = image_scale
        self._memory_bytes = free_memory() * _SHARE_OF_MEMORY if memory_bytes is None else memory_bytes
        self._kept: dict[int, Example] = {}
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="decode")

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Example:
        """Decode one pair, or take it from memory.

        Raises:
            DataError: If a file cannot be decoded, or a target has values that are no class.
        """
        kept = self._kept.get(index)
        return kept if kept is not None else self._decode(index)

    def fetch(self, indices: Sequence[int]) -> list[Example]:
        """Several examples at once, decoded by threads where they are not in memory."""
        if all(index in self._kept for index in indices):
            return [self._kept[index] for index in indices]
        return list(self._threads.map(self.__getitem__, indices))

    def keep_in_memory(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Decode everything now, so that a broken file is found before the first step, and keep as much as fits.

        Args:
            progress: Called with how many are done and how many there are.

        Returns:
            Whether everything is kept.

        Raises:
            DataError: As for one example.
        """
        left = self._memory_bytes
        for done, (index, example) in enumerate(self._threads.map(lambda i: (i, self._decode(i)), range(len(self)))):
            if example.nbytes <= left:
                self._kept[index] = example
                left -= example.nbytes
            if progress is not None:
                progress(done + 1, len(self))
        return len(self._kept) == len(self)

    def _decode(self, index: int) -> Example:
        """One example, in a thread: so by NumPy alone.

        A thread that computes with torch gets OpenMP workers of its own. GNU's OpenMP, which then counts more workers
        than cores, no longer lets idle ones spin, and waking them makes each step of the training a third slower.
        """
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
