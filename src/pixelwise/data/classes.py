"""The classes of a segmentation, and how their masks are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.borders import separated
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.ops.color_codes import hex_of, packed
from pixelwise.ops.image_io import single_channel
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["MAX_CLASSES", "Classes"]

MAX_CLASSES = IGNORE_INDEX  # indices 0 to 254; 255 is ignored

_LONGEST_TABLE = 65535  # larger numbers are looked up by search


@dataclass(frozen=True)
class Classes:
    """The classes of a data set, in the order of the network's channels.

    Attributes:
        names: One name per class.
        values: The number that masks store for each class, in the same order; such as 0 and 255 for a binary mask.
        ignore_values: The stored numbers that are neither trained on nor scored.
        colors: RGB of each class, 0 to 255.
        binary: Whether the two classes (background, object) are one output channel.
        any_positive: Binary masks only: every stored number above 0 is the object, as in masks that number their
            objects. `values` is then (0, 1).
        separate: Such masks only: the border between objects that touch is background; see `data.borders`.
        colored: Masks hold colours; `values` and `ignore_values` are then 0xRRGGBB.
        nearest: A pixel that stores none of the numbers belongs to the nearest one (of colours: in RGB), as in masks
            whose edges were smoothed.
        multilabel: A pixel may belong to several classes, or to none. `values` are then powers of two, and masks store
            the sum of those of a pixel's classes.
    """

    names: tuple[str, ...]
    values: tuple[int, ...]
    ignore_values: tuple[int, ...]
    colors: tuple[tuple[int, int, int], ...]
    binary: bool
    any_positive: bool = False
    separate: bool = False
    colored: bool = False
    nearest: bool = False
    multilabel: bool = False

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.values) == len(self.colors):
            raise SettingError(
                f"{len(self.names)} names, {len(self.values)} values and {len(self.colors)} colours of classes do not "
                "belong together; one of each per class is expected."
            )
        if not 2 <= len(self.names) <= MAX_CLASSES:
            raise SettingError(f"{len(self.names)} classes were given; 2 to {MAX_CLASSES} are possible.")
        for kind, items in (("name", self.names), ("value", (*self.values, *self.ignore_values))):
            twice = sorted({str(item) for item in items if items.count(item) > 1})
            if twice:
                raise SettingError(f"A {kind} stands for two classes: {some_of(twice)}. Each needs its own.")
        if self.binary and len(self.names) != 2:
            raise SettingError(f"Binary means two classes, background and object; there are {len(self.names)}.")
        if self.separate and not self.any_positive:
            raise SettingError("Only objects that have numbers can be kept apart: separate needs any_positive.")
        if self.multilabel:
            self._check_multilabel()

    @property
    def num_classes(self) -> int:
        """How many classes there are; 2 for binary."""
        return len(self.names)

    def numbers(self, stored: NDArray[np.integer]) -> NDArray[np.integer]:
        """The numbers of a mask as `encode` takes them.

        Args:
            stored: `(H, W)` whole numbers or `(H, W, C)` colours, as read from a file.

        Returns:
            `(H, W)`; if the classes are `colored`, 0xRRGGBB; if `nearest`, only numbers that are known.

        Raises:
            DataError: If the mask holds colours and the classes are numbers.
        """
        if self.colored:
            numbers: NDArray[np.integer] = packed(stored)
        elif stored.ndim == 2:
            numbers = stored
        else:
            single = single_channel(stored)
            if single is None:
                raise DataError("the mask holds colours; whole numbers, one number per class, are expected.")
            numbers = single
        return self._snapped(numbers) if self.nearest else numbers

    def encode(self, raw: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Turn stored numbers into class indices.

        Args:
            raw: `(H, W)` whole numbers as stored; see `numbers`.

        Returns:
            `(H, W)` uint8: the index of the class, or 255 where the number is ignored; if `multilabel`, `(K, H, W)`
            uint8: 1 where the pixel belongs to the class, else 0.

        Raises:
            DataError: If a number is neither a class nor ignored.

        >>> two = Classes(("background", "object"), (0, 255), (), ((0, 0, 0), (255, 140, 0)), binary=True)
        >>> two.encode(np.array([[0, 255]]))
        array([[0, 1]], dtype=uint8)
        """
        if self.any_positive:
            return self._encode_positive(raw)
        if self.multilabel:
            return self._encode_planes(raw)
        known = (*self.values, *self.ignore_values)
        if max(known) > _LONGEST_TABLE:
            return self._encode_sparse(raw)
        table = np.full(max(*known, 0) + 2, -1, dtype=np.int16)  # the last place stands for all larger numbers
        table[list(self.values)] = np.arange(len(self.values))
        table[list(self.ignore_values)] = IGNORE_INDEX
        last = len(table) - 1
        if raw.dtype == np.uint8:
            places = np.minimum(raw, np.uint8(min(last, 255)))
        else:
            places = np.where((raw < 0) | (raw > last), last, raw)
        index = table.take(places)  # several times as fast as table[places]
        if index.size and index.min() < 0:
            raise DataError(self._foreign(raw[index < 0]))
        encoded: NDArray[np.uint8] = index.astype(np.uint8)
        return encoded

    def decode(self, index: NDArray[np.integer]) -> NDArray[np.integer]:
        """Turn class indices into the numbers that masks store.

        Args:
            index: `(H, W)` class indices; 255 becomes the first of `ignore_values`. If `multilabel`, `(K, H, W)` of 0
                and 1.

        Returns:
            `(H, W)`: uint8, or uint16 or int32 where a stored number needs it.

        Raises:
            DataError: If an index is no class, or 255 where no stored number is ignored.
        """
        if self.multilabel:
            values = np.array(self.values, np.int32)
            summed: NDArray[np.integer] = np.tensordot(values, index.astype(np.int32), axes=1)
            return summed.astype(np.min_scalar_type(sum(self.values)))
        known = (*self.values, *self.ignore_values)
        table = np.full(IGNORE_INDEX + 1, -1, dtype=np.int32)
        table[: len(self.values)] = self.values
        table[IGNORE_INDEX] = self.ignore_values[0] if self.ignore_values else -1
        inside = (index >= 0) & (index <= IGNORE_INDEX)
        stored = np.where(inside, table[np.where(inside, index, 0)], -1)
        if stored.size and stored.min() < 0:
            wrong = some_of(np.unique(index[stored < 0]))
            raise DataError(
                f"No stored value belongs to the class index {wrong}; there are {self.num_classes} classes."
            )
        largest = max(known)
        return stored.astype(np.uint8 if largest <= 255 else np.uint16 if largest <= 65535 else np.int32)

    def objects(self, raw: NDArray[np.integer]) -> NDArray[np.integer]:
        """The numbers of the objects, where every stored number above 0 is one.

        Args:
            raw: `(H, W)` whole numbers from 0, as stored.

        Returns:
            `(H, W)`: 0 where there is no object, where the number is ignored, and, if objects are to be kept apart, at
            the border between two that touch.
        """
        ignored = np.isin(raw, self.ignore_values)
        numbers = np.where(ignored, raw.dtype.type(0), raw) if ignored.any() else raw
        return separated(numbers) if self.separate else numbers

    def span(self) -> str:
        """The stored numbers in words.

        >>> Classes(("a", "b", "c"), (0, 1, 2), (3,), ((0, 0, 0),) * 3, binary=False).span()
        '0 to 2; 3 is ignored'
        """
        if self.multilabel:
            text = f"sums of {some_of(self.values, most=12)}"
        elif self.any_positive:
            text = "0, and every value above 0"
        elif self.colored:
            text = some_of(map(hex_of, self.values), most=12)
        elif self.values == tuple(range(self.values[0], self.values[-1] + 1)):
            text = f"{self.values[0]} to {self.values[-1]}"
        else:
            text = some_of(self.values, most=12)
        if not self.ignore_values:
            return text
        verb = "is" if len(self.ignore_values) == 1 else "are"
        ignored = map(self.shown, self.ignore_values)
        return f"{text}; {some_of(ignored, most=12)} {verb} ignored"

    def shown(self, value: int) -> str:
        """A stored number in words: a colour as #rrggbb."""
        return hex_of(value) if self.colored else str(value)

    def pixels_of(self, index: int, pixels: Mapping[int, int]) -> int:
        """How many pixels belong to a class.

        Args:
            index: Of the class.
            pixels: How many pixels store each number.
        """
        value = self.values[index]
        if self.multilabel:
            return sum(count for number, count in pixels.items() if number & value)
        return pixels.get(value, 0)

    def nearest_known(self, numbers: NDArray[np.integer]) -> NDArray[np.integer]:
        """Each number `(N,)` replaced by the nearest one that is a class or ignored; of colours, in RGB."""
        known = np.array((*self.values, *self.ignore_values))
        found = numbers.astype(np.int64)
        channels = [found] if not self.colored else [found >> 16 & 255, found >> 8 & 255, found & 255]
        targets = [known] if not self.colored else [known >> 16 & 255, known >> 8 & 255, known & 255]
        distance = sum(np.square(a[:, None] - b[None, :]) for a, b in zip(channels, targets, strict=True))
        nearest: NDArray[np.integer] = known[np.argmin(distance, axis=1)]
        return nearest

    def _snapped(self, numbers: NDArray[np.integer]) -> NDArray[np.integer]:
        """`(H, W)`, each number replaced by the nearest one that is known."""
        found, places = np.unique(numbers, return_inverse=True)
        return self.nearest_known(found)[places].reshape(numbers.shape)

    def _encode_sparse(self, raw: NDArray[np.integer]) -> NDArray[np.uint8]:
        """As `encode`, by search, where a table over all numbers would be long."""
        known = np.array((*self.values, *self.ignore_values))
        index = np.array([*range(len(self.values)), *[IGNORE_INDEX] * len(self.ignore_values)], dtype=np.uint8)
        order = np.argsort(known)
        places = np.minimum(np.searchsorted(known[order], raw), len(known) - 1)
        wrong = known[order][places] != raw
        if wrong.any():
            raise DataError(self._foreign(raw[wrong]))
        encoded: NDArray[np.uint8] = index[order][places]
        return encoded

    def _encode_positive(self, raw: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Background 0, object 1 for every number above 0."""
        if raw.size and raw.min() < 0:
            raise DataError(self._foreign(raw[raw < 0]))
        index = (self.objects(raw) > 0).astype(np.uint8)
        if self.ignore_values:
            index[np.isin(raw, self.ignore_values)] = IGNORE_INDEX
        return index

    def _encode_planes(self, raw: NDArray[np.integer]) -> NDArray[np.uint8]:
        """`(K, H, W)`: 1 where a number holds the value of a class."""
        wrong = (raw < 0) | (raw & ~np.asarray(sum(self.values), np.int32) != 0)
        if wrong.any():
            raise DataError(self._foreign(raw[wrong]))
        numbers = raw.astype(np.int32)
        return np.stack([numbers & value != 0 for value in self.values]).astype(np.uint8)

    def _check_multilabel(self) -> None:
        """Refuse what classes that overlap cannot be."""
        if any(value < 1 or value & (value - 1) for value in self.values):
            raise SettingError(
                f"The values of classes that overlap are {some_of(self.values, most=12)}; powers of two are expected."
            )
        others = ("binary", "any_positive", "colored", "nearest", "ignore_values")
        wrong = [name for name in others if getattr(self, name)]
        if wrong:
            raise SettingError(f"Classes that overlap (multilabel) are stored in one way only, without {wrong[0]}.")

    def _foreign(self, values: NDArray[np.integer]) -> str:
        """The sentence for stored numbers that are no class."""
        found = some_of(map(self.shown, np.unique(values).tolist()))
        pixels = counted(values.size, "pixel")
        return ended(f"The mask holds values that are no class ({found}; {pixels}); expected are {self.span()}")
