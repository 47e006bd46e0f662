"""Masks as Label Studio's brush stores them: a stream of bits, packed as rle-pack of thi.ng does it.

    32 bits             how many values there are: red, green, blue and opacity of each pixel, row by row
    5 bits              bits of a value, less 1
    4 × 4 bits          bits of a length in each of four sizes, less 1
    then, until all values are there:
        1 bit           1: one value, repeated; 0: a value each
        2 bits          which of the four sizes the length has
        a length        how many values, less 1
        a value, or as many as the length says

The highest bit of a byte comes first. What is opaque belongs to the mask. https://thi.ng/rle-pack,
https://labelstud.io/guide/export.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelwise.errors import DataError

__all__ = ["unpacked_brush"]

_CHANNELS = 4
_VALUE_BITS = 8
_CUT_SHORT = "a code of a brush is cut short."


def unpacked_brush(content: bytes, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Unpack a mask of a brush.

    Args:
        content: The stream of bits.
        size: (height, width) of the image.

    Returns:
        `(H, W)`: where the mask is opaque.

    Raises:
        DataError: If the stream is cut short, or is that of another size.
    """
    height, width = size
    values = _values(_Bits(content), height * width * _CHANNELS, size)
    return values.reshape(height, width, _CHANNELS)[..., _CHANNELS - 1] > 0


class _Bits:
    """A stream of bits, read from its beginning."""

    def __init__(self, content: bytes) -> None:
        self._end = 8 * len(content)
        self._content = content + bytes(4)  # so that four bytes can be taken anywhere
        self._bytes = np.frombuffer(self._content, np.uint8)
        self._place = 0

    def number(self, bits: int) -> int:
        """The number that the next bits are, at most 24."""
        self._refuse_end(bits)
        first, shift = divmod(self._place, 8)
        self._place += bits
        window = int.from_bytes(self._content[first : first + 4], "big")
        return window >> (32 - shift - bits) & ((1 << bits) - 1)

    def values(self, count: int) -> NDArray[np.uint8]:
        """The next so many bytes, which need not begin where a byte of the stream does."""
        self._refuse_end(_VALUE_BITS * count)
        first, shift = divmod(self._place, 8)
        self._place += _VALUE_BITS * count
        pieces = self._bytes[first : first + count + 1].astype(np.uint16)
        return (pieces[:-1] << shift | pieces[1:] >> (8 - shift)).astype(np.uint8)

    def _refuse_end(self, bits: int) -> None:
        if self._place + bits > self._end:
            raise DataError(_CUT_SHORT)


def _values(bits: _Bits, count: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """All values of a stream."""
    declared = bits.number(16) << 16 | bits.number(16)
    if declared != count:
        raise DataError(
            f"a code of a brush holds {declared} values; for an image of {size[0]} × {size[1]} pixels (height × width) "
            f"{count} are expected, four of each pixel."
        )
    value_bits = bits.number(5) + 1
    if value_bits != _VALUE_BITS:
        raise DataError(f"a code of a brush holds values of {value_bits} bits; {_VALUE_BITS} are expected.")
    sizes = [bits.number(4) + 1 for _ in range(4)]
    values = np.zeros(count, np.uint8)
    place = 0
    while place < count:
        is_repeated = bits.number(1)
        length = bits.number(sizes[bits.number(2)]) + 1
        if length > count - place:
            raise DataError(f"a code of a brush holds more than the {count} values that it announces.")
        values[place : place + length] = bits.number(_VALUE_BITS) if is_repeated else bits.values(length)
        place += length
    return values
