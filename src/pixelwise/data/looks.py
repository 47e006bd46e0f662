"""How images look at the size of a stamp: enough to find copies, dark ones, and masks that belong to others.

The perceptual hash is the sign of the 64 lowest frequencies of a discrete cosine transform of the grey stamp, as in
Zauner: "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, https://www.phash.org/docs/pubs/.

Differs from it: the sign is taken rather than the comparison with the median, so that the hashes of the mirrored and
the turned image follow from that of the image, and no second transform is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.each_pair import for_each_pair
from pixelwise.data.outline import LONGEST, Outline
from pixelwise.data.pairs import Pair, Source
from pixelwise.data.scan import ScannedPair
from pixelwise.errors import DataError
from pixelwise.ops.thumbnail import Thumbnail, displayed, thumbnail

__all__ = ["STAMP", "Look", "hash_of", "look_at", "look_of", "mirrored_hash", "transposed_hash", "upended_hash"]

STAMP = 32  # pixels of both sides
_FREQUENCIES = 8  # of each direction: 64 bits, of which the mean's says nothing
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
_COLORLESS = 3  # shades by which red, green and blue of a grey image may differ, since it was compressed
_BRIGHT = 0.99  # share of the pixels whose edges are weaker than what counts as the strongest
_SHADES = np.arange(256, dtype=np.float64)
_BYTE_ORDER = 1 << np.arange(64, dtype=np.uint64)


@dataclass(frozen=True)
class Look:
    """How an image looks at the size of a stamp.

    Attributes:
        hash: 64 bits that small changes of size, brightness and compression leave nearly as they are.
        mean: Of each channel, 0 to 255.
        deviation: Standard deviation of each channel.
        span: The shades between which all but a hundredth of the pixels lie at either end, 0 to 255.
        is_grey: Whether red, green and blue are equal everywhere, but for three shades.
        mode: What the file stores, by Pillow's name, such as `L`, `P`, `RGB`, `RGBA`; empty where the image is no file.
        kind: The kind of the image's file by its content, such as `PNG`; empty likewise.
        mask_kind: The same of the mask's file.
        file_size: Bytes of the image's file; 0 where it is none of its own.
        stamp: `(32, 32, 3)` uint8, the image at this size whatever its shape.
        edges: `(h, w)` uint8, how strong edges are at the size of the mask's outline; None where that was not kept.
        outline: The mask's outline; None where it was not kept.
    """

    hash: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    span: tuple[float, float]
    is_grey: bool
    mode: str
    kind: str
    mask_kind: str
    file_size: int
    stamp: NDArray[np.uint8] = field(compare=False, repr=False)
    edges: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    outline: Outline | None = field(default=None, compare=False, repr=False)

    @cached_property
    def grey(self) -> NDArray[np.float32]:
        """`(32, 32)`: the stamp in grey, 0 to 255."""
        return self.stamp.astype(np.float32) @ _GREY


def look_at(
    scanned: Sequence[ScannedPair], progress: Callable[[int, int], None] | None = None
) -> tuple[dict[Pair, Look], dict[Path, DataError]]:
    """Look at the images of pairs that were read.

    Args:
        scanned: What to look at.
        progress: Called with how many are done and how many there are.

    Returns:
        How each image looks; and why the others, whose head and end are whole, cannot be decoded.
    """
    looks: dict[Pair, Look] = {}
    failed: dict[Path, DataError] = {}
    pairs = [entry.pair for entry in scanned]
    sizes = [None if entry.outline is None else entry.outline.labels.shape for entry in scanned]
    found = for_each_pair(pairs, _look_or_error, list(zip(pairs, sizes, strict=True)), progress)
    for entry, look in zip(scanned, found, strict=True):
        if isinstance(look, DataError):
            failed[entry.pair.image] = look
        else:
            looks[entry.pair] = replace(look, outline=entry.outline)
    return looks, failed


def look_of(small: Thumbnail, file_size: int) -> Look:
    """How a small image looks; what belongs to a mask, and the edges, are not added.

    Args:
        small: The image at about the size of `LONGEST`.
        file_size: Bytes of its file; 0 where it is none of its own.
    """
    picture = Image.fromarray(small.pixels)
    stamp = np.array(picture.resize((STAMP, STAMP), Image.Resampling.BOX), dtype=np.uint8)
    moments = [_moments(counts) for counts in np.array(picture.histogram()).reshape(3, 256)]
    red, green, blue = (small.pixels[..., channel].astype(np.int16) for channel in range(3))
    color = int(np.abs(red - green).max()), int(np.abs(green - blue).max())
    return Look(
        hash=hash_of(stamp.astype(np.float32) @ _GREY),
        mean=(moments[0][0], moments[1][0], moments[2][0]),
        deviation=(moments[0][1], moments[1][1], moments[2][1]),
        span=_span(np.array(picture.convert("L").histogram())),
        is_grey=max(color) <= _COLORLESS,
        mode=small.mode,
        kind=small.kind,
        mask_kind="",
        file_size=file_size,
        stamp=stamp,
    )


def hash_of(grey: NDArray[np.floating]) -> int:
    """The perceptual hash of a grey stamp `(32, 32)`."""
    frequencies = _COSINES @ grey @ _COSINES.T
    bits = (frequencies > 0).reshape(-1)
    bits[0] = False
    return int(np.bitwise_or.reduce(_BYTE_ORDER[bits], initial=np.uint64(0)))


def mirrored_hash(number: int) -> int:
    """The hash of the image mirrored left to right, from that of the image."""
    return number ^ _ODD_COLUMNS


def upended_hash(number: int) -> int:
    """The hash of the image mirrored top to bottom, from that of the image."""
    return number ^ _ODD_ROWS


def transposed_hash(number: int) -> int:
    """The hash of the image mirrored about its diagonal, from that of the image."""
    return sum((number >> _place(i, j) & 1) << _place(j, i) for i in range(_FREQUENCIES) for j in range(_FREQUENCIES))


def _look_or_error(sized: tuple[Pair, tuple[int, ...] | None]) -> Look | DataError:
    """One image, with the size of the mask's outline where that was kept; or why it cannot be decoded."""
    pair, size = sized
    try:
        return _look(pair, size)
    except DataError as error:
        return error
    except OSError as error:
        return DataError(f"{pair.image} is damaged or incomplete and cannot be read ({error}).", "cut")


def _look(pair: Pair, outline_size: tuple[int, ...] | None) -> Look:
    """One image; the outline is not added."""
    file = pair.source.image_file(pair)
    small = (
        Thumbnail(displayed(pair.source.pixels(pair), LONGEST), "", "") if file is None else thumbnail(file, LONGEST)
    )
    mask_kind = _kind_of_file(pair) if type(pair.source).stored is Source.stored else ""
    edges = None if outline_size is None else _edges(small.pixels, outline_size)
    return replace(look_of(small, 0 if file is None else file.stat().st_size), mask_kind=mask_kind, edges=edges)


def _kind_of_file(pair: Pair) -> str:
    """The kind of the mask's file by its first bytes, as far as a wrong ending matters."""
    if pair.target is None:
        return ""
    with pair.target.open("rb") as stream:
        head = stream.read(8)
    kinds = ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"BM", "BMP"), (b"RIFF", "WEBP"))
    return next((kind for beginning, kind in kinds if head.startswith(beginning)), "TIFF")


def _moments(counts: NDArray[np.integer]) -> tuple[float, float]:
    """Mean and standard deviation of shades, from how many pixels have each of the 256."""
    mean = float(counts @ _SHADES) / int(counts.sum())
    return mean, float(np.sqrt(counts @ (_SHADES - mean) ** 2 / counts.sum()))


def _span(counts: NDArray[np.integer]) -> tuple[float, float]:
    """The shades below and above which a hundredth of the pixels lies, likewise."""
    low, high = np.searchsorted(np.cumsum(counts), np.array((0.01, 0.99)) * counts.sum())
    return float(low), float(high)


def _edges(pixels: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """How strong the edges of an image are, `(h, w)` uint8 at a given size; 255 is the hundredth part at the top."""
    grey = pixels.astype(np.float32) @ _GREY
    if grey.shape != size:
        picture = Image.fromarray(grey).resize((size[1], size[0]), Image.Resampling.BILINEAR)
        grey = np.array(picture, dtype=np.float32)
    down, right = (np.abs(np.diff(grey, axis=axis, append=np.take(grey, [-1], axis))) for axis in (0, 1))
    strength = np.sqrt(down + right)  # the root, so that one bright edge does not outweigh all others
    place = int(_BRIGHT * (strength.size - 1))
    brightest = max(float(np.partition(strength.reshape(-1), place)[place]), 1e-6)
    scaled: NDArray[np.uint8] = np.clip(strength * (255 / brightest), 0, 255).astype(np.uint8)
    return scaled


def _place(row: int, column: int) -> int:
    """Which bit a frequency is."""
    return row * _FREQUENCIES + column


def _bits(chosen: Callable[[int, int], bool]) -> int:
    """The bits of some frequencies."""
    return sum(1 << _place(i, j) for i in range(_FREQUENCIES) for j in range(_FREQUENCIES) if chosen(i, j))


_COSINES = np.cos(np.pi * np.arange(_FREQUENCIES)[:, None] * (2 * np.arange(STAMP)[None] + 1) / (2 * STAMP))
_ODD_COLUMNS = _bits(lambda _, column: column % 2 == 1)
_ODD_ROWS = _bits(lambda row, _: row % 2 == 1)
