"""Where on earth a TIFF image lies (GeoTIFF), and masks that are written for the same place.

GeoTIFF says it in six tags: the size of a pixel, tie points or a matrix, and the keys of the coordinate system. They
are kept as they stand and written again with a mask of the same size, so that no coordinate system is understood here.

The format: OGC GeoTIFF standard 1.1, https://docs.ogc.org/is/19-008r4/19-008r4.html; the tag for missing values is
GDAL's, https://gdal.org/drivers/raster/gtiff.html.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.ops.files import write_atomically
from pixelwise.ops.signature import SIGNATURE, TAG_SOFTWARE

__all__ = ["GEO_TAGS", "TAG_NODATA", "Georeference", "write_geotiff"]

GEO_TAGS = (33550, 33922, 34264, 34735, 34736, 34737)  # scale, tie points, matrix; keys, their numbers, their words
TAG_NODATA = 42113

_SHORT, _LONG, _ASCII = 3, 4, 2
_CODES = {_SHORT: "H", _LONG: "L"}
_STRIP = 1 << 18  # pixels of a strip, roughly
_DEFLATE, _PALETTE = 8, 3


@dataclass(frozen=True)
class Georeference:
    """The tags of a file that say where it lies.

    Attributes:
        tags: Number, type, count and values of each, the lower byte first.
    """

    tags: tuple[tuple[int, int, int, bytes], ...]


def write_geotiff(
    path: str | Path,
    mask: NDArray[np.uint8],
    palette: Sequence[tuple[int, int, int]],
    georeference: Georeference | None,
    nodata: int | None = None,
) -> None:
    """Write a mask as a signed TIFF file (`ops.signature`) of numbers with a palette, whole or not at all.

    Args:
        path: The file to write.
        mask: `(H, W)` uint8.
        palette: Colours of the values 0, 1, …; the others are black.
        georeference: Where the mask lies; None: not said.
        nodata: The number that stands for missing values; None: not said.

    Raises:
        OutputError: If the file cannot be written.
    """
    height, width = mask.shape
    rows = max(1, _STRIP // width)
    strips = [zlib.compress(np.ascontiguousarray(mask[row : row + rows]).tobytes()) for row in range(0, height, rows)]
    lengths = [len(strip) for strip in strips]
    offsets = [8, *(8 + end for end in accumulate(lengths[:-1]))]
    colors = np.zeros((256, 3), np.uint16)
    colors[: len(palette)] = palette
    entries = [
        _entry(256, _LONG, [width]),
        _entry(257, _LONG, [height]),
        _entry(258, _SHORT, [8]),
        _entry(259, _SHORT, [_DEFLATE]),
        _entry(262, _SHORT, [_PALETTE]),
        _entry(273, _LONG, offsets),
        _entry(277, _SHORT, [1]),
        _entry(278, _LONG, [rows]),
        _entry(279, _LONG, lengths),
        _entry(320, _SHORT, (colors * 257).T.reshape(-1).tolist()),
    ]
    entries += georeference.tags if georeference is not None else ()
    entries.append(_text(TAG_SOFTWARE, SIGNATURE))
    if nodata is not None:
        entries.append(_text(TAG_NODATA, str(nodata)))
    write_atomically(Path(path), _joined(b"".join(strips), sorted(entries)))


def _entry(tag: int, kind: int, values: Sequence[int]) -> tuple[int, int, int, bytes]:
    """A tag of whole numbers."""
    return tag, kind, len(values), struct.pack(f"<{len(values)}{_CODES[kind]}", *values)


def _text(tag: int, text: str) -> tuple[int, int, int, bytes]:
    """A tag of words."""
    data = f"{text}\0".encode()
    return tag, _ASCII, len(data), data


def _joined(pixels: bytes, entries: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    """The whole file: head, pixels, tags, and the values that do not fit into these."""
    pixels += bytes(len(pixels) % 2)
    place = 8 + len(pixels)
    beyond = place + 2 + 12 * len(entries) + 4
    listed, values = struct.pack("<H", len(entries)), b""
    for tag, kind, count, data in entries:
        if len(data) <= 4:
            inline = data.ljust(4, b"\0")
        else:
            inline = struct.pack("<L", beyond + len(values))
            values += data + bytes(len(data) % 2)
        listed += struct.pack("<HHL", tag, kind, count) + inline
    return struct.pack("<2sHL", b"II", 42, place) + pixels + listed + bytes(4) + values
