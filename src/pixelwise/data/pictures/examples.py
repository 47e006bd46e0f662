"""Decoded pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.decoded import Decoded
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.dataset import picture_source

__all__ = ["PictureExample", "PictureExamples"]


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


class PictureExamples(Decoded[PictureExample]):
    """The pictures of a split.

    Args:
        pairs: What to decode.
        alone: Whether only targets are on disk.
    """

    share_of_memory = 0.5

    def __init__(self, pairs: Sequence[Pair], *, alone: bool) -> None:
        super().__init__(pairs)
        self._alone = alone

    def _decode(self, index: int) -> PictureExample:
        pair = self.pairs[index]
        target = None if pair.target is None else picture_source(pair).target(pair)
        return PictureExample(None if self._alone else pair.read_image(), target)
