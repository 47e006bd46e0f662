"""Images of other bands or more bits than RGB of 8: what of their range a network sees.

A sensor of 16 bits uses a part of its range, another part in each band, and a few dead or glaring pixels use all of it.
So each band is stretched linearly between two numbers that are found from the training images (`data.bands`) and that
the model file remembers. Everything behind it sees bytes, as of any picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelwise.errors import DataError

__all__ = ["ORDINARY", "Scaling", "in_words"]

ORDINARY = (3, "uint8")  # bands and type of numbers of all that `ops.image_io.read_image` reads

_TABLE = {"uint8": 0, "int8": -(2**7), "uint16": 0, "int16": -(2**15)}  # smallest value of types with a table


@dataclass(frozen=True)
class Scaling:
    """How the numbers of each band become bytes: linearly, `low` and below to 0, `high` and above to 255.

    Attributes:
        low: One number per band.
        high: One number per band, not below `low`.
        dtype: NumPy's name for the numbers that it was found on; None where that is not known, as in older files.

    Raises:
        DataError: If they are not finite, not in order, or not of one length.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    dtype: str | None = field(default=None, repr=False)  # data sets are told apart by how a scaling is printed

    def __post_init__(self) -> None:
        pairs = list(zip(self.low, self.high, strict=False))
        is_finite = all(map(math.isfinite, (*self.low, *self.high)))
        if not pairs or len(self.low) != len(self.high) or not is_finite or any(low > high for low, high in pairs):
            raise DataError(
                f"A scaling from {self.low} to {self.high} has no meaning: it needs low ≤ high, band by band."
            )

    @property
    def bands(self) -> int:
        """How many there are."""
        return len(self.low)

    def apply(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Scale `(H, W, C)` numbers to bytes; what is missing (nan) becomes 0.

        Raises:
            DataError: If there are other bands or other types of numbers than the scaling was found on.
        """
        if pixels.ndim != 3 or pixels.shape[2] != self.bands:
            raise DataError(f"The image is an array {pixels.shape}; (height, width, {self.bands}) is expected.")
        if not self.fits(pixels.dtype.name) and not _has_missing(pixels):
            raise DataError(
                f"The image has {in_words(self.bands, pixels.dtype.name)}, but those that were trained on have "
                f"{self.numbers_in_words()}; an image like them is expected."
            )
        scaled = np.empty(pixels.shape, np.uint8)
        for band in range(self.bands):
            scaled[..., band] = self._band(pixels[..., band], band)
        return scaled

    def fits(self, dtype: str) -> bool:
        """Whether numbers of a type can mean what those meant that the scaling was found on."""
        return dtype == self.dtype if self.dtype is not None else dtype != "uint8" or max(self.high) <= 255

    def numbers_in_words(self) -> str:
        """What numbers the scaling was found on, such as `numbers (16 bits) from 100 to 900`."""
        kind = "" if self.dtype is None else f" ({_type_in_words(self.dtype)})"
        return f"numbers{kind} from {min(self.low):g} to {max(self.high):g}"

    def _band(self, values: NDArray[Any], band: int) -> NDArray[np.uint8]:
        """One band; each of few possible numbers is computed once."""
        smallest = _TABLE.get(values.dtype.name)
        if smallest is None:
            return self._stretched(values, band)
        table = self._tables.setdefault((values.dtype.name, band), np.empty(0, np.uint8))
        if not len(table):
            every = np.arange(smallest, smallest + 256**values.dtype.itemsize)
            table = self._tables[values.dtype.name, band] = self._stretched(every, band)
        return table[values.astype(np.int32) - smallest] if smallest else table[values]

    def _stretched(self, values: NDArray[Any], band: int) -> NDArray[np.uint8]:
        """The formula."""
        low, width = self.low[band], self.high[band] - self.low[band]
        if width == 0:
            return (values > low).astype(np.uint8) * np.uint8(255)
        share = (np.nan_to_num(values.astype(np.float64), nan=low) - low) / width
        return (share.clip(0, 1) * 255).round().astype(np.uint8)

    @cached_property
    def _tables(self) -> dict[tuple[str, int], NDArray[np.uint8]]:
        """Bytes by number, for types of at most 16 bits."""
        return {}


def in_words(bands: int, dtype: str) -> str:
    """A kind of image in words.

    >>> in_words(5, "uint16")
    '5 bands of 16 bits'
    """
    if (bands, dtype) == ORDINARY:
        return "8-bit grey or RGB"
    return f"{bands} band{'s' if bands > 1 else ''} of {_type_in_words(dtype)}"


def _type_in_words(dtype: str) -> str:
    """A type of numbers in words."""
    bits = int("".join(filter(str.isdecimal, dtype)) or 0)
    return {"u": f"{bits} bits", "i": f"{bits} bits with sign"}.get(dtype[0], f"fractions of {bits} bits")


def _has_missing(pixels: NDArray[Any]) -> bool:
    """Whether an image has fractions because some of its whole numbers are missing."""
    return pixels.dtype == np.float32 and bool(np.isnan(pixels).any())
