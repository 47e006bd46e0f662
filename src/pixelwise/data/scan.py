"""One look at every file: head and end of each image, all pixels of each mask.

A few threads read CamVid's 468 masks in about half a second; commands read thousands in a process per core. Damaged
files are found here, before training, and are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.each_pair import for_each_pair
from pixelwise.data.outline import Outline, diameters_of, outline_of
from pixelwise.data.pairs import FILES, Pair
from pixelwise.errors import DataError
from pixelwise.ops.color_codes import GREY, packed
from pixelwise.ops.endings import ends_as_said
from pixelwise.ops.image_io import ImageHead, single_channel

__all__ = ["MaskStatistics", "Scan", "ScannedPair", "faults_of", "is_lossy", "scan_all", "scan_pairs"]

_MOST_OUTLINES = 4000  # 12 KB each
_MOST_MEASURED = 256  # masks in which the size of objects is measured
_MOST_COLORS = 1024  # that are counted per mask; a photograph has a hundred thousand
_FEW_COLORS = 64  # with more, a mask is a photograph, or its edges were smoothed
_FLAT = 6  # shades by which neighbours of one colour may differ after compression


@dataclass(frozen=True)
class ScannedPair:
    """What one pair of files holds.

    Attributes:
        pair: The two files.
        image_size: (height, width) of the image, upright.
        mask_size: (height, width) of the mask.
        pixels: Pixels per stored value; empty where the mask holds colours.
        colors: Pixels per colour (0xRRGGBB) where the mask has colour channels or a palette, even if all of it is grey;
            of many colours the commonest.
        flat_colors: The same, of masks of very many colours and of JPEG files, without the pixels at edges.
        num_colors: How many different colours a colour mask has; 0 where it is grey.
        palette: The colour of each value that occurs, where the mask has a palette.
        orientation: The EXIF orientation by which the image was turned upright, 1 to 8.
        image_kind: Bands of the image and NumPy's name for their numbers.
        missing: How many pixels of the image are missing; what the mask stores there is not counted.
        outline: The mask at a small size, where it was asked for.
        diameters: Pixels across of what shows each value (`data.outline.diameters_of`), in some of the masks.
    """

    pair: Pair
    image_size: tuple[int, int]
    mask_size: tuple[int, int]
    pixels: dict[int, int]
    colors: dict[int, int] = field(default_factory=dict)
    flat_colors: dict[int, int] = field(default_factory=dict)
    num_colors: int = 0
    palette: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    orientation: int = 1
    image_kind: tuple[int, str] = (3, "uint8")
    missing: int = 0
    outline: Outline | None = field(default=None, compare=False, repr=False)
    diameters: dict[int, float] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Scan:
    """What came of reading all files.

    Attributes:
        read: What each readable pair holds.
        failed: Why the others cannot be read.
    """

    read: tuple[ScannedPair, ...]
    failed: dict[Pair, DataError]

    def refuse_failed(self) -> tuple[ScannedPair, ...]:
        """All pairs.

        Raises:
            DataError: If some could not be read; all of them are counted, the first are named.
        """
        if self.failed:
            raise _joined(list(self.failed.values()))
        return self.read


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

    def as_colors(self) -> MaskStatistics:
        """The same masks with their colours (0xRRGGBB) as stored values."""
        scanned = (replace(entry, pixels=entry.colors, num_colors=0, palette={}) for entry in self.scanned)
        return MaskStatistics(tuple(scanned))


def scan_pairs(pairs: Sequence[Pair], progress: Callable[[int, int], None] | None = None) -> tuple[ScannedPair, ...]:
    """Read head and end of every image, and every mask.

    Args:
        pairs: What to read.
        progress: Called with how many pairs are done and how many there are.

    Raises:
        DataError: If files are damaged, empty or of an unknown kind; all of them are counted, the first are named.
    """
    return scan_all(pairs, progress).refuse_failed()


def scan_all(
    pairs: Sequence[Pair], progress: Callable[[int, int], None] | None = None, *, outlines: bool = False
) -> Scan:
    """As `scan_pairs`, but files that cannot be read are collected.

    Args:
        pairs: What to read.
        progress: Called with how many pairs are done and how many there are.
        outlines: Whether masks are kept at a small size; of more than 4,000 pairs, a part of them, evenly spread.
    """
    step = -(-len(pairs) // _MOST_OUTLINES) if outlines else 0
    read: list[ScannedPair] = []
    failed: dict[Pair, DataError] = {}
    scan_one = partial(_scan_or_error, step=step, measured=-(-len(pairs) // _MOST_MEASURED))
    scanned = for_each_pair(pairs, scan_one, list(enumerate(pairs)), progress)
    for pair, result in zip(pairs, scanned, strict=True):
        if isinstance(result, DataError):
            failed[pair] = result
        else:
            read.append(replace(result, pair=pair))  # and not a copy of it from another process
    return Scan(tuple(read), failed)


def faults_of(pair: Pair) -> dict[Path, DataError]:
    """Why the files of a pair cannot be read; empty where they can."""
    faults: dict[Path, DataError] = {}
    try:
        _read_head(pair)
        pair.read_missing()
    except DataError as error:
        faults[pair.image] = error
    try:
        pair.read_stored()
    except DataError as error:
        file = pair.target if pair.source is FILES else pair.image  # many pairs may share one file of annotations
        faults.setdefault(file or pair.image, error)
    return faults


def _scan_or_error(numbered: tuple[int, Pair], *, step: int, measured: int) -> ScannedPair | DataError:
    """One pair with its number, or what is wrong with it."""
    place, pair = numbered
    try:
        return _scan(pair, outline=bool(step) and place % step == 0, measure=place % measured == 0)
    except DataError as error:
        return error


def _read_head(pair: Pair) -> ImageHead:
    """What the head of an image says; the whole of it is read where its end looks odd."""
    head = pair.source.head(pair)
    if pair.image.exists() and not ends_as_said(pair.image):
        _ = pair.read_image() if head.is_plain else pair.source.pixels(pair)  # raises if the file is cut
    return head


def _scan(pair: Pair, *, outline: bool, measure: bool) -> ScannedPair:
    """One pair."""
    head = _read_head(pair)
    stored = pair.read_stored()
    values = stored.values
    known = _known(pair, values.shape[:2])
    grey = values if values.ndim == 2 else single_channel(values)
    found = partial(
        ScannedPair,
        pair,
        head.size,
        (values.shape[0], values.shape[1]),
        orientation=head.orientation,
        image_kind=(head.bands, head.dtype),
        missing=0 if isinstance(known, EllipsisType) else int(np.count_nonzero(~known)),
        outline=outline_of(values if grey is None else grey) if outline else None,
        diameters=diameters_of(values if grey is None else grey) if measure else {},
    )
    if grey is None:
        codes = packed(values)
        colors, num_colors = _commonest(codes[known])
        is_exact = num_colors <= _FEW_COLORS and not is_lossy(pair.target)
        flat = {} if is_exact else _commonest(codes[:-1, :-1][_is_flat(values, known)])[0]
        return found({}, colors=colors, num_colors=num_colors, flat_colors=flat)
    pixels = _histogram(grey[known])
    if values.ndim == 3:
        return found(pixels, colors={value * GREY: count for value, count in pixels.items()})
    palette = {value: stored.palette[value] for value in pixels if stored.palette and value < len(stored.palette)}
    return found(pixels, palette=palette, colors=_by_color(pixels, palette))


def is_lossy(file: Path | None) -> bool:
    """Whether a file is, by its name, of a kind whose compression alters colours."""
    return file is not None and file.suffix.lower() in (".jpg", ".jpeg")


def _commonest(codes: NDArray[np.int32]) -> tuple[dict[int, int], int]:
    """Pixels per colour, of the commonest, and how many colours there are."""
    found, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MOST_COLORS]
    return {int(found[i]): int(counts[i]) for i in order}, len(found)


def _known(pair: Pair, size: tuple[int, ...]) -> NDArray[np.bool_] | EllipsisType:
    """`(H, W)`: where the image is not missing; `...` (everywhere) if none of it is, or the mask has another size."""
    missing = pair.read_missing()
    return ... if missing is None or missing.shape != size else ~missing


def _is_flat(values: NDArray[np.integer], known: NDArray[np.bool_] | EllipsisType) -> NDArray[np.bool_]:
    """`(H - 1, W - 1)`: whether a known pixel has nearly the colour of its neighbours to the right and below."""
    colors = values[..., :3].astype(np.int16)
    here = colors[:-1, :-1]
    right, below = np.abs(colors[:-1, 1:] - here), np.abs(colors[1:, :-1] - here)
    flat: NDArray[np.bool_] = (np.maximum(right, below) <= _FLAT).all(axis=-1)
    return flat if isinstance(known, EllipsisType) else flat & known[:-1, :-1]


def _by_color(pixels: dict[int, int], palette: dict[int, tuple[int, int, int]]) -> dict[int, int]:
    """Pixels per colour of a mask with a palette; empty where a value has no colour in it."""
    if not palette or pixels.keys() != palette.keys():
        return {}
    total: Counter[int] = Counter()
    for value, count in pixels.items():
        red, green, blue = palette[value]
        total[red << 16 | green << 8 | blue] += count
    return dict(total)


def _histogram(values: NDArray[np.integer]) -> dict[int, int]:
    """Pixels per value; runs of equal pixels are counted together, since masks hold few of them."""
    flat = values.reshape(-1)
    if not flat.size:
        return {}
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]), flat.size - 1)
    lengths = np.diff(ends, prepend=-1)
    if values.dtype == np.uint8:
        counts = np.bincount(flat[ends], lengths)
        return {value: int(pixels) for value, pixels in enumerate(counts) if pixels}
    found, places = np.unique(flat[ends], return_inverse=True)
    return dict(zip(found.tolist(), np.bincount(places, lengths).astype(int).tolist(), strict=True))


def _joined(errors: Sequence[DataError]) -> DataError:
    """One error for all files that cannot be read."""
    if len(errors) == 1:
        return errors[0]
    first = " ".join(str(error) for error in errors[:3])
    more = f" And {len(errors) - 3} more." if len(errors) > 3 else ""
    return DataError(f"{len(errors)} files cannot be read. {first}{more}")
