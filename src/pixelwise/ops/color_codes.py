"""Colours as whole numbers, so that a mask of colours is a mask of numbers like any other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["GREY", "color_of", "hex_of", "packed"]

GREY = 0x010101  # times a shade of grey from 0 to 255 is its colour


def packed(values: NDArray[np.integer]) -> NDArray[np.int32]:
    """Red, green and blue as one number, 0xRRGGBB.

    Args:
        values: `(H, W, 3)` or `(H, W, 4)` of 0 to 255, whose fourth channel (alpha) is left out; `(H, W)` and
            `(H, W, 2)` are grey, without and with alpha.

    Returns:
        `(H, W)` int32.

    >>> packed(np.array([[[255, 128, 0]]], dtype=np.uint8)).tolist() == [[0xFF8000]]
    True
    """
    if values.ndim == 2 or values.shape[2] == 2:
        grey = values if values.ndim == 2 else values[..., 0]
        return grey.astype(np.int32) * GREY
    codes = values[..., 0].astype(np.int32)
    for channel in (1, 2):
        codes <<= 8
        codes |= values[..., channel]
    return codes


def color_of(code: int) -> tuple[int, int, int]:
    """Red, green and blue of a number.

    >>> color_of(0xFF8000)
    (255, 128, 0)
    """
    return code >> 16 & 255, code >> 8 & 255, code & 255


def hex_of(code: int) -> str:
    """A number as people write colours.

    >>> hex_of(0xFF8000)
    '#ff8000'
    """
    return f"#{code:06x}"
