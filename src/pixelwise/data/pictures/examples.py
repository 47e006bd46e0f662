"""Decoded pictures, kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.memory import free_memory
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.dataset import picture_source
from pixelwise.ops.threads import in_threads

__all__ = ["PictureExample", "PictureExamples"]

_SHARE_OF_MEMORY = 0.5  # of what is free
_AT_ONCE = 64  # pictures that are decoded before it is decided which of them are kept


@dataclass(frozen=True)
class PictureExample:
    """One decoded pair.

    Attributes:
        image: `(H, W, 3)` uint8 RGB; None where it is made of the target.
        target: `(S H, S W, 3)` uint8 RGB; None where there is none.
    """

    image: NDArray[np.uint8] | None
    target: NDArray[np.uint8] | None

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return sum(picture.nbytes for picture in (self.image, self.target) if picture is not None)


class PictureExamples:
    """The pictures of a split, decoded once and kept as long as there is room in half of the free memory.

    Args:
        pairs: What to decode.
        alone: Whether only targets are on disk.
    """

    def __init__(self, pairs: Sequence[Pair], *, alone: bool) -> None:
        self.pairs = tuple(pairs)
        self._alone = alone
        self._kept: dict[int, PictureExample] = {}

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> PictureExample:
        """Decode one pair, or take it from memory.

        Raises:
            DataError: If a file cannot be decoded.
        """
        kept = self._kept.get(index)
        return kept if kept is not None else self._decode(index)

    def keep_in_memory(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Decode everything now, and keep as much as fits; whether everything is kept.

        Raises:
            DataError: As for one example.
        """
        left = free_memory() * _SHARE_OF_MEMORY
        for start in range(0, len(self), _AT_ONCE):
            several = range(start, min(start + _AT_ONCE, len(self)))
            for index, example in zip(several, in_threads(self._decode, several), strict=True):
                if example.nbytes <= left:
                    self._kept[index] = example
                    left -= example.nbytes
            if progress is not None:
                progress(several.stop, len(self))
        return len(self._kept) == len(self)

    def _decode(self, index: int) -> PictureExample:
        pair = self.pairs[index]
        target = None if pair.target is None else picture_source(pair).target(pair)
        return PictureExample(None if self._alone else pair.read_image(), target)
