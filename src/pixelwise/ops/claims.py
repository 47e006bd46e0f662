"""What the head of an image file claims: its size, and whether so few bytes can hold so many pixels.

A file of a hundred bytes may say that it has a hundred million pixels, and most decoders fetch the memory for them
before they find that nothing follows. Each kind of file has a bound on what a byte can stand for, which honest files
keep. What is within `_HARMLESS` pixels is left to the decoder, however few its bytes are.
"""

from __future__ import annotations

import math
import re
import struct
from typing import BinaryIO, NamedTuple

from pixelwise.ops.tiff_head import TiffHead

__all__ = ["Claim", "claim_of", "claim_of_tiff"]

_HARMLESS = 12_000_000  # pixels: 48 MB in Pillow's memory, and as much again for each step to RGB
_DEFLATE = 1032  # bytes out of one byte in: 258 of two bits
_LZW_GIF = 2800  # pixels of a byte: a code of 12 bits stands for at most 4,096
_JPEG = 512  # pixels of a byte: a block of 8 × 8 takes at least one bit
_WEBP = 10_000  # pixels of a byte: no bound of the format, which paints one colour for nothing
_TIFF = {1: 1, 5: 1400, 7: 3 * _JPEG, 8: _DEFLATE, 32773: 64, 32946: _DEFLATE}  # bytes of a byte, by compression
_TIFF_OTHER = 40_000  # Zstandard's, the largest of them
_MOST_PARTS = 10_000  # chunks, segments or extensions, each of which costs Pillow some microseconds
_MOST_BLOCKS = 100_000  # of GIF, of 255 bytes each
_MOST_SCANS = 100  # of a JPEG, each of which passes over all pixels; encoders make about ten
_RUN_LENGTH_SIDE, _SMALL_CHUNK = 32_768, 64
_COLOR_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of PNG
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))  # JPEG's SOF markers
_SCAN = re.compile(rb"\xff\xda")


class Claim(NamedTuple):
    """What a head claims.

    Attributes:
        size: (height, width) as stored.
        capacity: The most pixels that a file of its length can hold.
    """

    size: tuple[int, int]
    capacity: float


def claim_of(stream: BinaryIO) -> Claim | None:
    """What the head of a PNG, JPEG, GIF, BMP or WebP file claims; None where it is too damaged to say.

    Raises:
        ValueError: If the file has more parts than any honest one; its words end a sentence.
    """
    length = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(64)
    kinds = ((b"\x89PNG", _png), (b"\xff\xd8", _jpeg), (b"GIF", _gif), (b"BM", _bmp), (b"RIFF", _webp))
    find = next(find for beginning, find in kinds if head.startswith(beginning))
    try:
        size, capacity = find(stream, head, length)
    except (struct.error, IndexError):
        return None
    return Claim(size, max(_HARMLESS, capacity))


def claim_of_tiff(head: TiffHead, length: int) -> Claim:
    """What the head of a TIFF file of `length` bytes claims."""
    per_pixel = head.channels * head.bits / 8
    if head.photometric == 6:  # colours of YCbCr may be stored for every 16th pixel only
        per_pixel /= 4
    capacity = max(4 * _HARMLESS, length * _TIFF.get(head.compression, _TIFF_OTHER)) / per_pixel
    return Claim(head.size, capacity)


def _png(stream: BinaryIO, head: bytes, length: int) -> Claim:
    """IHDR; the chunks are counted."""
    width, height, depth, kind = struct.unpack_from(">IIBB", head, 16)
    place, parts = 8, 0
    while place + 8 <= length:
        stream.seek(place)
        size, name = struct.unpack(">I4s", stream.read(8))
        parts += name != b"IDAT" or size < _SMALL_CHUNK
        if parts > _MOST_PARTS:
            raise ValueError(f"it has more than {_MOST_PARTS:,} chunks")
        place += 12 + size
    return Claim((height, width), 8 * length * _DEFLATE / max(1, depth * _COLOR_CHANNELS.get(kind, 1)))


def _jpeg(stream: BinaryIO, head: bytes, length: int) -> Claim:
    """The last frame header before the first scan; scans are counted where there may be several."""
    place, size, is_progressive, components = 2, (0, 0), False, 0
    for _ in range(_MOST_PARTS):
        stream.seek(place)
        segment = stream.read(10)
        marker = segment[1]
        if segment[0] != 0xFF or 0xD0 <= marker <= 0xD9 or marker in (0x01, 0xFF, 0x00):
            place += 1 if segment[0] != 0xFF or marker == 0xFF else 2  # filling, which Pillow skips as well
            continue
        if marker == 0xDA:
            if is_progressive or segment[4] < components:
                _check_scans(stream, place)
            return Claim(size, length * _JPEG)
        if marker in _FRAMES:
            height, width, components = struct.unpack_from(">HHB", segment, 5)
            size, is_progressive = (height, width), marker % 4 == 2
        place += 2 + struct.unpack_from(">H", segment, 2)[0]
    raise ValueError(f"it has more than {_MOST_PARTS:,} segments")


def _check_scans(stream: BinaryIO, place: int) -> None:
    """Refuse a JPEG of too many scans; what stands after its end does not count."""
    stream.seek(place)
    data = stream.read()
    scans, place = 0, 0
    while scans <= _MOST_SCANS and (found := _SCAN.search(data, place)):
        scans, place = scans + 1, found.end()
        end = data.find(b"\xff\xd9", place)  # the end of the image, for which compressed data leave no room
        if end >= 0 and _SCAN.search(data, place, end) is None:
            break
    if scans > _MOST_SCANS:
        raise ValueError(f"it has more than {_MOST_SCANS} scans")


def _gif(stream: BinaryIO, head: bytes, length: int) -> Claim:
    """The screen, made larger by its first frame as Pillow makes it."""
    width, height, flags = struct.unpack_from("<HHB", head, 6)
    stream.seek(13 + (3 << (flags & 7) + 1 if flags & 128 else 0))
    parts = 0
    while parts <= _MOST_BLOCKS:
        kind = stream.read(1)
        if kind == b",":
            left, top, wide, tall = struct.unpack("<4H", stream.read(8))
            return Claim((max(height, top + tall), max(width, left + wide)), length * _LZW_GIF)
        if kind == b"!":
            stream.read(1)
            parts += _MOST_BLOCKS // _MOST_PARTS
            while (size := stream.read(1)[0]) and parts <= _MOST_BLOCKS:
                stream.seek(size, 1)
                parts += 1
        elif kind in (b"", b";"):
            return Claim((height, width), length * _LZW_GIF)
    raise ValueError(f"it has more than {_MOST_PARTS:,} extensions, or more than {_MOST_BLOCKS:,} blocks in them")


def _bmp(stream: BinaryIO, head: bytes, length: int) -> Claim:
    """The header of Windows or OS/2."""
    is_old = struct.unpack_from("<I", head, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if is_old else "<ii", head, 18)
    bits, compression = struct.unpack_from("<HI", head, 28) if not is_old else (*struct.unpack_from("<H", head, 24), 0)
    size = (abs(height), abs(width))
    if compression in (1, 2):  # decoded byte by byte, in Python
        if max(size) > _RUN_LENGTH_SIDE or math.prod(size) > _HARMLESS:
            raise ValueError(
                f"it is run-length coded; at most {_HARMLESS // 1_000_000} million pixels of that are read"
            )
        return Claim(size, math.inf)
    return Claim(size, length * 8 / max(1, bits))


def _webp(stream: BinaryIO, head: bytes, length: int) -> Claim:
    """The canvas, or the image where there is no canvas."""
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (24, 27))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", head, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 26))
    return Claim((height, width), length * _WEBP)
