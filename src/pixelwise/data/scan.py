"""One look at every file: head and end of each image, all pixels of each mask.

Pillow decodes without holding Python's lock, so a few threads read CamVid's 468 masks in about half a second. Damaged
files are found here, before training, and are named.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_head, read_image, read_stored, single_channel

__all__ = ["MaskStatistics", "ScannedPair", "scan_pairs"]

_MOST_THREADS = 8
_ENDS = {".png": b"IEND", ".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9"}


@dataclass(frozen=True)
class ScannedPair:
    """What one pair of files holds.

    Attributes:
        pair: The two files.
        image_size: (height, width) of the image, upright.
        mask_size: (height, width) of the mask.
        pixels: Pixels per stored value; empty where the mask holds colours.
        colors: The different colours of a colour mask, at most a few of them.
        num_colors: How many different colours a colour mask has; 0 where it is grey.
        palette: The colour of each value that occurs, where the mask has a palette.
        orientation: The EXIF orientation by which the image was turned upright, 1 to 8.
    """

    pair: Pair
    image_size: tuple[int, int]
    mask_size: tuple[int, int]
    pixels: dict[int, int]
    colors: tuple[tuple[int, ...], ...] = ()
    num_colors: int = 0
    palette: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    orientation: int = 1


@dataclass(frozen=True)
class MaskStatistics:
    """What all masks hold together.

    Attributes:
        scanned: One entry per pair.
    """

    scanned: tuple[ScannedPair, ...]

    @cached_property
    def pixels(self) -> dict[int, int]:
        """Pixels per stored value over all masks, by value."""
        total: Counter[int] = Counter()
        for entry in self.scanned:
            total.update(entry.pixels)
        return dict(sorted(total.items()))

    @property
    def values(self) -> tuple[int, ...]:
        """All stored values in their order."""
        return tuple(self.pixels)

    @property
    def num_pixels(self) -> int:
        """Pixels of all masks."""
        return sum(self.pixels.values())

    def share(self, value: int) -> float:
        """Share of a value among all pixels, 0 to 1."""
        return self.pixels.get(value, 0) / max(1, self.num_pixels)

    def num_masks_with(self, value: int) -> int:
        """How many masks hold a value."""
        return sum(value in entry.pixels for entry in self.scanned)


def scan_pairs(pairs: Sequence[Pair], progress: Callable[[int, int], None] | None = None) -> tuple[ScannedPair, ...]:
    """Read head and end of every image, and every mask.

    Args:
        pairs: What to read.
        progress: Called with how many pairs are done and how many there are.

    Raises:
        DataError: If files are damaged, empty or of an unknown kind; all of them are counted, the first are named.
    """
    threads = min(_MOST_THREADS, 2 * (os.cpu_count() or 1))
    with ThreadPoolExecutor(threads) as executor:
        results = []
        for result in executor.map(_scan_or_error, pairs):
            results.append(result)
            if progress is not None:
                progress(len(results), len(pairs))
    failed = [result for result in results if isinstance(result, DataError)]
    if failed:
        raise _joined(failed)
    return tuple(result for result in results if isinstance(result, ScannedPair))


def _scan_or_error(pair: Pair) -> ScannedPair | DataError:
    """One pair, or what is wrong with it."""
    if pair.target is None:
        raise ValueError(f"{pair.image} has no mask to be scanned.")
    try:
        return _scan(pair, pair.target)
    except DataError as error:
        return error


def _scan(pair: Pair, target: Path) -> ScannedPair:
    """One pair."""
    head = image_head(pair.image)
    if not _has_end(pair.image):
        read_image(pair.image)  # raises if the file is cut; some whole files have something else at their end
    stored = read_stored(target)
    values = stored.values
    mask_size = (values.shape[0], values.shape[1])
    grey = values if values.ndim == 2 else single_channel(values)
    if grey is None:
        codes, count = np.unique(_codes(values), return_counts=True)
        common = codes[np.argsort(-count)[:3]]
        colors = tuple(tuple(int(code) >> 8 * channel & 255 for channel in range(3)) for code in common)
        return ScannedPair(
            pair, head.size, mask_size, {}, colors=colors, num_colors=len(codes), orientation=head.orientation
        )
    pixels = _histogram(grey)
    palette = {value: stored.palette[value] for value in pixels if stored.palette and value < len(stored.palette)}
    return ScannedPair(pair, head.size, mask_size, pixels, palette=palette, orientation=head.orientation)


def _has_end(file: Path) -> bool:
    """Whether a file ends as files of its kind do; True where the kind has no fixed end."""
    end = _ENDS.get(file.suffix.lower())
    if end is None:
        return True
    with file.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 16))
        return end in stream.read()


def _histogram(values: NDArray[np.integer]) -> dict[int, int]:
    """Pixels per value."""
    if values.dtype == np.uint8:
        count = _byte_histogram(np.ascontiguousarray(values).reshape(-1))
        return {int(value): int(count[value]) for value in np.flatnonzero(count)}
    found, counts = np.unique(values, return_counts=True)
    return {int(value): int(pixels) for value, pixels in zip(found, counts, strict=True)}


def _byte_histogram(values: NDArray[np.integer]) -> NDArray[np.int64]:
    """`(256,)`: how often each byte occurs; two bytes are counted at once, which halves the time."""
    even = len(values) // 2 * 2
    twos = np.bincount(values[:even].view(np.uint16), minlength=65536).reshape(256, 256)
    count: NDArray[np.int64] = twos.sum(axis=0) + twos.sum(axis=1)
    if len(values) > even:
        count[values[-1]] += 1
    return count


def _codes(values: NDArray[np.integer]) -> NDArray[np.int64]:
    """`(H, W)`: red, green and blue as one number; grey with alpha counts as two channels."""
    channels = min(values.shape[2], 3)
    weights = 256 ** np.arange(channels, dtype=np.int64)
    codes: NDArray[np.int64] = values[..., :channels].astype(np.int64) @ weights
    return codes


def _joined(errors: Sequence[DataError]) -> DataError:
    """One error for all files that cannot be read."""
    if len(errors) == 1:
        return errors[0]
    first = " ".join(str(error) for error in errors[:3])
    more = f" And {len(errors) - 3} more." if len(errors) > 3 else ""
    return DataError(f"{len(errors)} files cannot be read. {first}{more}")
