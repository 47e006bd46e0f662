"""What the head of a TIFF file says, read without a decoder and within bounds.

A TIFF file is a list of tags, each with a type, a count and the place of its values. Decoders follow whatever stands
there: thousands of tags that share the same megabytes, chains of pages without end, a million strips of one byte. Here
only the tags that matter are read, of the first page, and the counts are checked first.

The format: TIFF revision 6.0, Adobe 1992; BigTIFF, https://www.awaresystems.be/imaging/tiff/bigtiff.html; the tag for
missing values is GDAL's (https://gdal.org/drivers/raster/gtiff.html).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from operator import add
from typing import BinaryIO

import numpy as np

from pixelwise.ops.georeference import GEO_TAGS, TAG_NODATA, Georeference

__all__ = ["MOST_PAGES", "TiffHead", "end_of_pixels", "read_tiff_head"]

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 16: "Q", 17: "q"}  # by the type of a tag
_ASCII = 2
_OF_GEOTIFF = (_ASCII, 3, 12)  # types of its tags: text, whole numbers of 16 bits, fractions of 64
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS = 273, 277, 322, 323, 324
_ORIENTATION, _EXTRA, _SAMPLE_FORMAT, _KIND_OF_PAGE = 274, 338, 339, 254
_STRIP_BYTES, _TILE_BYTES = 279, 325
_SMALLER, _MASK = 1, 4  # bits of the kind of a page
_BASE_CHANNELS = {2: 3, 5: 4, 6: 3, 8: 3}  # by photometric interpretation: RGB, CMYK, YCbCr, L*a*b*; else one
_ALPHA = (1, 2)  # of extra samples; 0 says nothing of what they are
_MOST_TAGS = 2000
_MOST_VALUES = 256  # of a tag that is read; there are as many bits per sample as channels
_MOST_PIECES = 100_000
MOST_PAGES = 1000
_MOST_COPIES = 64  # smaller copies and masks; there are about ten
_MOST_OF_PLACE = 1 << 20  # bytes of a tag of GeoTIFF
_LARGEST_PIECE = 1 << 28  # bytes of a tile or strip
_KINDS = {1: "uint", 2: "int", 3: "float"}


@dataclass(frozen=True)
class TiffHead:
    """The first page of a TIFF file.

    Attributes:
        size: (height, width) as stored.
        bits: Bits per channel; the most, where they differ.
        kind: `uint`, `int` or `float`; another name for what is none of these.
        channels: All that are stored, alpha among them.
        bands: Those that are no alpha.
        photometric: What the channels mean: 0 and 1 grey, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr.
        compression: Its number: 1 none, 5 LZW, 8 deflate, …
        orientation: 1 to 8, as in EXIF.
        nodata: The number that stands for missing values; None where there is none.
        pages: How many there are, without smaller copies (overviews) and the mask; more than 1,000 are not counted.
        mask_page: Which page, counted from 0 with all others, holds the mask: 0 where pixels are missing.
        georeference: Where on earth the image lies; None where that is not said.
    """

    size: tuple[int, int]
    bits: int
    kind: str
    channels: int
    bands: int
    photometric: int
    compression: int
    orientation: int
    nodata: float | None
    pages: int
    mask_page: int | None = None
    georeference: Georeference | None = None

    @property
    def may_miss(self) -> bool:
        """Whether pixels may be missing: a number, not being one, or a mask says so; on maps, transparency too."""
        has_alpha = self.georeference is not None and self.channels > self.bands
        return self.nodata is not None or self.mask_page is not None or self.kind == "float" or has_alpha

    @property
    def is_plain(self) -> bool:
        """Whether it is grey, RGB, CMYK or a palette of at most 8 bits, with or without alpha."""
        return self.bits <= 8 and self.kind == "uint" and self.bands == _BASE_CHANNELS.get(self.photometric, 1)

    @property
    def dtype(self) -> str:
        """NumPy's name for the numbers; bits that NumPy has no type for are in the next larger."""
        bits = 8 * 2 ** max(0, math.ceil(math.log2(max(1, self.bits) / 8)))
        return f"{self.kind}{bits}"


def read_tiff_head(stream: BinaryIO) -> TiffHead:
    """Read the head of the first page, and count the pages.

    Args:
        stream: The file, at any place.

    Raises:
        ValueError: If the head is damaged, or is one that only hostile files have; its words end a sentence.
    """
    try:
        reader = _Reader(stream)
        tags = reader.tags(reader.first)
        width, height = tags.whole(_WIDTH, 0), tags.whole(_HEIGHT, 0)
        if width < 1 or height < 1:
            raise ValueError(f"it has {height} × {width} pixels")
        channels = tags.whole(_SAMPLES, 1)
        tags.check_pieces((height, width), channels)
        bits, extras = max(tags.numbers(_BITS) or (1,)), tags.numbers(_EXTRA)
        if not 1 <= bits <= 64 or channels < 1:
            raise ValueError(f"it has {channels} channels of {bits} bits")
        orientation = tags.whole(_ORIENTATION, 1)
        pages, mask_page = reader.pages((height, width))
        return TiffHead(
            size=(height, width),
            bits=bits,
            kind=_KINDS.get(tags.whole(_SAMPLE_FORMAT, 1), "other"),
            channels=channels,
            bands=max(1, channels - sum(extra in _ALPHA for extra in extras)),
            photometric=tags.whole(_PHOTOMETRIC, 0),
            compression=tags.whole(_COMPRESSION, 1),
            orientation=orientation,
            nodata=_number(tags.text(TAG_NODATA)),
            pages=pages,
            mask_page=mask_page,
            georeference=tags.georeference() if orientation == 1 else None,
        )
    except struct.error as error:
        raise ValueError("its list of tags is cut") from error


def end_of_pixels(stream: BinaryIO) -> int:
    """Behind which byte of the file the last strip or tile of its first page ends.

    Args:
        stream: The file, at any place.

    Raises:
        ValueError: If the list of tags is damaged.
        struct.error: If it is cut.
    """
    reader = _Reader(stream)
    return reader.tags(reader.first).end_of_pixels()


class _Reader:
    """Byte order and version of a file, and where its pages are."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.length = stream.seek(0, 2)
        stream.seek(0)
        head = stream.read(16)
        self.order = ">" if head.startswith(b"MM") else "<"
        (version,) = struct.unpack(self.order + "H", head[2:4])
        self.is_big = version == 43
        self.word = "Q" if self.is_big else "L"
        (self.first,) = struct.unpack(self.order + self.word, head[8:16] if self.is_big else head[4:8])

    def count(self, place: int) -> int:
        """How many tags the page at `place` has; the stream is left behind that number."""
        if not 0 < place < self.length:
            raise ValueError(f"its list of tags is said to lie at byte {place} of {self.length}")
        self.stream.seek(place)
        kind = "Q" if self.is_big else "H"
        (count,) = struct.unpack(self.order + kind, self.stream.read(struct.calcsize("=" + kind)))
        if not 0 < count <= _MOST_TAGS:
            raise ValueError(f"it has {count} tags")
        return int(count)

    def tags(self, place: int) -> _Tags:
        """The tags of the page at `place`."""
        entry = struct.Struct(f"{self.order}HH{self.word}{8 if self.is_big else 4}s")
        count = self.count(place)
        data = self.stream.read(count * entry.size)
        entries: dict[int, tuple[int, int, bytes]] = {}
        total = 0
        for i in range(count):
            tag, kind, values, inline = entry.unpack_from(data, i * entry.size)
            entries.setdefault(tag, (kind, values, inline))
            total += values * _SIZES.get(kind, 0)
        if total > 4 * self.length + 4096:
            raise ValueError(f"its tags are said to take {total} bytes, and the file has {self.length}")
        return _Tags(self, entries)

    def pages(self, size: tuple[int, int]) -> tuple[int, int | None]:
        """How many pages are images of their own, up to one more than `MOST_PAGES`; and which is the mask, if any."""
        place, number, pages, mask = self._after(self.first), 1, 1, None
        while place and number <= MOST_PAGES:
            try:
                tags = self.tags(place) if pages == 1 and number <= _MOST_COPIES else None  # else there are too many
                kind = tags.whole(_KIND_OF_PAGE, 0) if tags else 0
                following = self._after(place)
            except (ValueError, struct.error):
                break  # what follows the last whole page is no page
            if tags and kind == _MASK and mask is None:
                tags.check_mask(size)
                mask = number
            pages += not kind & (_SMALLER | _MASK)
            place, number = following, number + 1
        return (number if number > MOST_PAGES else pages), mask

    def _after(self, place: int) -> int:
        """Where the page behind the one at `place` is; 0 where there is none."""
        try:
            count = self.count(place)
            self.stream.seek(count * (20 if self.is_big else 12), 1)
            (following,) = struct.unpack(self.order + self.word, self.stream.read(8 if self.is_big else 4))
        except (ValueError, struct.error):
            if place == self.first:
                return 0
            raise
        return int(following)


class _Tags:
    """The tags of one page."""

    def __init__(self, reader: _Reader, entries: dict[int, tuple[int, int, bytes]]) -> None:
        self._reader = reader
        self._entries = entries

    def numbers(self, tag: int, most: int = _MOST_VALUES) -> tuple[int, ...]:
        """The whole numbers of a tag, up to a number of them; none where it is not there."""
        kind, count, inline = self._entries.get(tag, (0, 0, b""))
        if kind not in _WHOLE:
            return ()
        count = min(count, most)
        data = self._data(kind, count, inline)
        return struct.unpack(f"{self._reader.order}{count}{_WHOLE[kind]}", data)

    def whole(self, tag: int, default: int) -> int:
        """The first number of a tag."""
        return next(iter(self.numbers(tag)), default)

    def text(self, tag: int) -> str:
        """The text of a tag, without the zero at its end."""
        kind, count, inline = self._entries.get(tag, (0, 0, b""))
        if kind != _ASCII or count > _MOST_VALUES:
            return ""
        return self._data(kind, count, inline).decode("ascii", "replace").strip("\0 ")

    def check_pieces(self, size: tuple[int, int], channels: int) -> None:
        """Refuse strips or tiles that are too many, or each too large, to be those of an image of this size."""
        pieces = max(self._entries.get(tag, (0, 0, b""))[1] for tag in (_STRIP_OFFSETS, _TILE_OFFSETS))
        if pieces > _MOST_PIECES:
            raise ValueError(f"it is cut into {pieces} strips or tiles")
        tile = self.whole(_TILE_WIDTH, 1) * self.whole(_TILE_HEIGHT, 1)
        if tile > max(4 * size[0] * size[1], 1 << 22) or tile * max(1, channels) > _LARGEST_PIECE:
            raise ValueError(f"its tiles have {tile} pixels, and the image has {size[0]} × {size[1]}")

    def end_of_pixels(self) -> int:
        """Behind which byte the last strip or tile ends; 0 where that is not said."""
        ends = [0]
        for places, lengths in ((_STRIP_OFFSETS, _STRIP_BYTES), (_TILE_OFFSETS, _TILE_BYTES)):
            ends += map(add, self.numbers(places, _MOST_PIECES), self.numbers(lengths, _MOST_PIECES))
        return max(ends)

    def check_mask(self, size: tuple[int, int]) -> None:
        """Refuse a mask that is none for an image of this size."""
        mask = self.whole(_HEIGHT, 0), self.whole(_WIDTH, 0)
        self.check_pieces(size, 1)
        if mask != size or self.whole(_SAMPLES, 1) != 1 or self.whole(_BITS, 1) not in (1, 8):
            raise ValueError(f"its mask of missing pixels has {mask[0]} × {mask[1]} pixels, or is no mask")

    def georeference(self) -> Georeference | None:
        """Where the image lies, where points of it are tied to the earth."""
        found = []
        for tag in GEO_TAGS:
            kind, count, inline = self._entries.get(tag, (0, 0, b""))
            if kind in _OF_GEOTIFF and 0 < count * _SIZES[kind] <= _MOST_OF_PLACE:
                words = np.frombuffer(self._data(kind, count, inline), f"{self._reader.order}u{_SIZES[kind]}")
                found.append((tag, kind, count, words.astype(f"<u{_SIZES[kind]}").tobytes()))
        is_tied = any(tag in GEO_TAGS[1:3] for tag, *_ in found)
        return Georeference(tuple(found)) if is_tied else None

    def _data(self, kind: int, count: int, inline: bytes) -> bytes:
        """The bytes of the values."""
        size = count * _SIZES[kind]
        if size <= len(inline):
            return inline[:size]
        (place,) = struct.unpack(self._reader.order + self._reader.word, inline)
        if place + size > self._reader.length:
            raise ValueError("the values of a tag are said to lie beyond its end")
        self._reader.stream.seek(place)
        return self._reader.stream.read(size)


def _number(text: str) -> float | None:
    """A number in words, `nan` included."""
    try:
        return float(text) if text else None
    except ValueError:
        return None
