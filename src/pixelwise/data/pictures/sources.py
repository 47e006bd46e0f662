"""How the two pictures of a pair are read: from two files, or from the halves of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.pairs import Pair, Source
from pixelwise.errors import DataError
from pixelwise.ops.image_io import ImageHead, image_head, read_image

__all__ = ["BESIDE", "PictureHalves", "PictureSource"]


class PictureSource(Source):
    """Pictures in two files; the target may be the image itself, out of which an image is then made."""

    def target_head(self, pair: Pair) -> ImageHead:
        """Size of the target, without decoding it.

        Raises:
            DataError: If there is no target, or `target` would refuse the file for what its head says.
        """
        return image_head(_target_of(pair))

    def target(self, pair: Pair) -> NDArray[np.uint8]:
        """The picture that should come out, `(H, W, 3)` uint8 RGB, upright.

        Raises:
            DataError: If there is none, or it cannot be read.
        """
        return read_image(_target_of(pair))


BESIDE = PictureSource()


class PictureHalves(PictureSource):
    """Pictures of which one half goes in and the other should come out.

    Args:
        image_is_left: Which is which.
    """

    def __init__(self, *, image_is_left: bool) -> None:
        self._image_is_left = image_is_left

    def head(self, pair: Pair) -> ImageHead:
        """Size of the image, without decoding it."""
        head = image_head(pair.image)
        return replace(head, size=(head.size[0], head.size[1] // 2))

    def image(self, pair: Pair) -> NDArray[np.uint8]:
        """The image, `(H, W, 3)` uint8 RGB."""
        return _half(read_image(pair.image), left=self._image_is_left)

    def image_file(self, pair: Pair) -> None:
        """None, since half a picture is no file."""

    def target_head(self, pair: Pair) -> ImageHead:
        """Size of the target, without decoding it."""
        return self.head(pair)

    def target(self, pair: Pair) -> NDArray[np.uint8]:
        """The picture that should come out, `(H, W, 3)` uint8 RGB."""
        return _half(read_image(pair.image), left=not self._image_is_left)


def _target_of(pair: Pair) -> Path:
    if pair.target is None:
        raise DataError(f"{pair.image} has no target, so it can be predicted but neither trained on nor scored.")
    return pair.target


def _half(picture: NDArray[np.uint8], *, left: bool) -> NDArray[np.uint8]:
    middle = picture.shape[1] // 2
    return np.ascontiguousarray(picture[:, :middle] if left else picture[:, middle:])
