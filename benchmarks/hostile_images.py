"""Image files that are damaged, contradict themselves or mean harm, each a function of a seed and a number.

Nobody vouches for an image file, so reading one must end in an image or in a sentence; see `benchmarks/fuzz_images.py`
and `tests/ops/test_hostile_images.py`.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["BOMBS", "hostile_file"]

Maker = Callable[[random.Random], bytes]

_SIDE = 48
_HUGE, _LARGE = (14_000, 16_000, 30_000, 60_000, 0xFFFF), (3000, 3999)  # beyond and below what is harmless
_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
BOMBS = ("huge png", "huge jpeg", "huge gif", "huge bmp", "huge webp", "huge tiff")


def hostile_file(index: int, seed: int = 0) -> tuple[str, bytes]:
    """The kind and the bytes of file `index`; the same arguments give the same file."""
    makers = _makers()
    kind = list(makers)[index % len(makers)]
    return kind, makers[kind](random.Random(f"{seed}/{index}"))


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file, with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, depth: int, color: int, rows: bytes, extra: bytes = b"", interlace: int = 0) -> bytes:
    """A PNG file of compressed rows; `extra` stands before the pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    end = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + extra + end


def tiff(tags: list[tuple[int, int, int, int]], following: int = 0, data: bytes = bytes(64)) -> bytes:
    """A little-endian TIFF file of one list of tags (tag, type, count, value or place); `data` lies at its end."""
    entries = b"".join(struct.pack("<HHLL", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<L", following) + data


def tags_of(width: int, height: int, bits: int = 8, compression: int = 1) -> list[tuple[int, int, int, int]]:
    """The tags of a grey image of one strip."""
    values = {256: width, 257: height, 258: bits, 259: compression, 262: 1, 273: 200, 277: 1, 278: height, 279: 64}
    return [(tag, 4, 1, value) for tag, value in values.items()]


@cache
def _makers() -> dict[str, Maker]:
    """What each kind of file is made by."""
    found: dict[str, Maker] = {}
    for kind in ("png", "jpeg", "gif", "bmp", "webp", "tiff"):
        found[f"flipped {kind}"] = lambda draw, kind=kind: _flipped(draw, kind)  # type: ignore[misc]
        found[f"cut {kind}"] = lambda draw, kind=kind: _cut(draw, kind)  # type: ignore[misc]
        found[f"spliced {kind}"] = lambda draw, kind=kind: _spliced(draw, kind)  # type: ignore[misc]
        found[f"numbers {kind}"] = lambda draw, kind=kind: _with_numbers(draw, kind)  # type: ignore[misc]
        found[f"huge {kind}"] = lambda draw, kind=kind: _huge(draw, kind, _HUGE)  # type: ignore[misc]
        found[f"large {kind}"] = lambda draw, kind=kind: _huge(draw, kind, _LARGE)  # type: ignore[misc]
    return found | {
        "wrong head": _wrong_head,
        "png chunks": _png_chunks,
        "png kinds": _png_kinds,
        "png animation": _png_animation,
        "tiff lists": _tiff_lists,
        "tiff pieces": _tiff_pieces,
        "gif blocks": _gif_blocks,
        "webp canvas": _webp_canvas,
        "jpeg scans": _jpeg_scans,
        "jpeg segments": _jpeg_segments,
        "exif": _exif,
        "bmp codes": _bmp_codes,
    }


@cache
def _whole(kind: str) -> tuple[bytes, ...]:
    """Ordinary files of a kind, in each of its modes."""
    noise = np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE, 4), dtype=np.uint8)
    noise[: _SIDE // 2] //= 64
    image = Image.fromarray(noise)
    deep = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = {"save_all": True, "append_images": [image.rotate(90), image.rotate(180)]}
    kinds: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "png": [(mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")] + [("RGB", frames)],
        "jpeg": [
            ("L", {}),
            ("RGB", {"exif": exif}),
            ("RGB", {"progressive": True}),
            ("CMYK", {}),
            ("RGB", {"quality": 99}),
        ],
        "gif": [("L", {}), ("P", {}), ("RGB", frames), ("P", {"interlace": True})],
        "bmp": [(mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")],
        "webp": [("RGB", {}), ("RGBA", {"lossless": True}), ("RGB", {"exif": exif, "lossless": True}), ("RGB", frames)],
        "tiff": [
            *[(mode, {}) for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "YCbCr")],
            *[("RGB", {"compression": name}) for name in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg", "zstd")],
            *[("1", {"compression": name}) for name in ("group3", "group4")],
            ("RGB", {"big_tiff": True, "exif": exif}),
            ("RGB", frames),
        ],
    }
    files = []
    for mode, options in kinds[kind]:
        source = deep if mode == "I;16" else image.convert("RGB").convert(mode)
        if "append_images" in options:
            options = options | {"append_images": [source.rotate(90), source.rotate(180)]}
        content = io.BytesIO()
        source.save(content, format=kind, **options)
        files.append(content.getvalue())
    return (*files, _bands(1), _bands(8), _bands(5)) if kind == "tiff" else tuple(files)


def _bands(compression: int) -> bytes:
    """A TIFF file of five bands of 16 bits; what is said to be LZW (5) is noise."""
    data = np.random.default_rng(1).integers(0, 5000, (8, 8, 5), dtype=np.uint16).tobytes()
    data = zlib.compress(data) if compression == 8 else data
    values = {256: 8, 257: 8, 258: 16, 259: compression, 262: 1, 273: 134, 277: 5, 278: 8, 279: len(data), 339: 1}
    return tiff([(tag, 4, 1, value) for tag, value in values.items()], data=data)


def _flipped(draw: random.Random, kind: str) -> bytes:
    data = bytearray(draw.choice(_whole(kind)))
    last = draw.choice((64, 256, len(data)))  # heads are where it matters
    for _ in range(draw.randint(1, 12)):
        data[draw.randrange(min(last, len(data)))] ^= 1 << draw.randrange(8)
    return _with_checksums(data) if kind == "png" and draw.random() < 0.7 else bytes(data)


def _with_checksums(data: bytearray) -> bytes:
    """A PNG file whose chunks have the checksums of what they hold, so that it is read on."""
    place = 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + size
        data[end : min(end + 4, len(data))] = struct.pack(">I", zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)


def _cut(draw: random.Random, kind: str) -> bytes:
    data = draw.choice(_whole(kind))
    return data[: draw.randrange(1, len(data))] + draw.choice((b"", b"\xff\xd9", b";", bytes(9)))


def _spliced(draw: random.Random, kind: str) -> bytes:
    first, second = draw.choice(_whole(kind)), draw.choice(_whole(draw.choice((kind, "png", "jpeg", "tiff"))))
    start, end = sorted(draw.randrange(len(second)) for _ in range(2))
    place = draw.randrange(8, len(first))
    return first[:place] + second[start:end] * draw.choice((1, 1, 20)) + first[place + draw.choice((0, end - start)) :]


def _with_numbers(draw: random.Random, kind: str) -> bytes:
    data = bytearray(draw.choice(_whole(kind)))
    for _ in range(draw.randint(1, 4)):
        number = struct.pack(draw.choice(("<I", ">I")), draw.choice(_EXTREMES))[: draw.choice((2, 4))]
        place = draw.randrange(8, min(len(data), draw.choice((80, 300, 1 << 30))))
        data[place : place + len(number)] = number
    return _with_checksums(data) if kind == "png" and draw.random() < 0.7 else bytes(data)


def _huge(draw: random.Random, kind: str, sides: tuple[int, ...]) -> bytes:
    """A head that claims a size that the rest does not bear out."""
    width, height = (draw.choice(sides) for _ in range(2))
    if kind == "png":
        return png(
            width * draw.choice((1, 1000) if sides is _HUGE else (1,)),
            height,
            draw.choice((1, 8, 16)),
            draw.choice((0, 2, 6)),
            bytes(5000),
        )
    if kind == "tiff":
        values = {tag: value for tag, _, _, value in tags_of(width, height, draw.choice((1, 8, 32)))}
        values |= {259: draw.choice((1, 5, 8, 32773, 50000)), 277: draw.choice((1, 1, 3, 60_000))}
        return tiff([(tag, 4, 1, value) for tag, value in values.items()])
    if kind == "webp":
        canvas = (0x10000002).to_bytes(4, "little") + b"".join(
            (min(s, 16_000) - 1).to_bytes(3, "little") for s in (width, height)
        )
        body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + _whole("webp")[1][12:]
        small = (
            b"WEBPVP8L"
            + struct.pack("<IBI", 40, 0x2F, min(width, 16_000) | min(height, 16_000) << 14)
            + bytes(draw.choice((8, 35)))
        )
        body = draw.choice((body, small))
        return b"RIFF" + struct.pack("<I", len(body)) + body
    data = bytearray(draw.choice(_whole(kind)))
    if kind == "jpeg":
        place = next(i for i in range(len(data)) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2))
        data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    elif kind == "gif":
        place = draw.choice((6, data.index(b",\0\0\0\0", 13) + 5))
        data[place : place + 4] = struct.pack("<HH", width, height)
    else:
        data[18:26] = struct.pack("<ii", width, draw.choice((height, -height)))
    return bytes(data)


def _wrong_head(draw: random.Random) -> bytes:
    first, second = (draw.choice(_whole(draw.choice(("png", "jpeg", "gif", "bmp", "webp", "tiff")))) for _ in range(2))
    length = draw.choice((2, 4, 8, 16, 30))
    return first[:length] + draw.choice((second[length:], draw.randbytes(draw.randrange(300))))


def _png_chunks(draw: random.Random) -> bytes:
    """Chunks that are many, or large, or become large."""
    zeros = zlib.compress(bytes(draw.choice((100_000, 40_000_000))), 9)
    many = draw.choice((50, 60_000))
    extra = draw.choice(
        (
            chunk(b"zTXt", b"a\0\0" + zeros) * draw.choice((1, 70)),
            chunk(b"iTXt", b"a\0\1\0\0\0" + zeros) * draw.choice((1, 70)),
            chunk(b"iCCP", b"a\0\0" + zeros),
            chunk(b"tEXt", b"a\0" + b"b" * 3_000_000),
            chunk(b"tEXt", b"a\0b") * many,
            chunk(b"eXIf", draw.randbytes(40_000)),
            chunk(b"IDAT", b"") * many,
            chunk(b"PLTE", bytes(3 * draw.choice((1, 256, 100_000)))),
            chunk(b"sPLT", draw.randbytes(1000)) * many,
        )
    )
    return png(8, 8, 8, draw.choice((0, 3)), bytes(72), extra)


def _png_kinds(draw: random.Random) -> bytes:
    """Every kind of pixel, those that there are not included; palettes that are missing or too short."""
    known = ((1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (1, 3), (2, 3), (4, 3), (8, 3), (8, 4), (16, 4))
    depth, color = draw.choice((*known, (8, 6), (16, 6), (3, 0), (0, 2), (1, 2), (32, 7), (16, 3)))
    width = depth * {2: 3, 4: 2, 6: 4}.get(color, 1)  # bytes of a row of 8 pixels
    rows = b"".join(bytes([draw.randrange(6 if draw.random() < 0.1 else 5)]) + draw.randbytes(width) for _ in range(8))
    extra = b""
    if draw.random() < 0.6:
        extra += chunk(b"PLTE", draw.randbytes(draw.choice((0, 1, 3, 6, 768, 770))))
    if draw.random() < 0.5:
        extra += chunk(b"tRNS", draw.randbytes(draw.choice((0, 1, 2, 6, 256, 300))))
    return png(8, 8, depth, color, rows, extra, draw.choice((0, 0, 1, 2)))


def _png_animation(draw: random.Random) -> bytes:
    places = draw.choice(((8, 8, 0, 0), (4, 4, 2, 2), (0, 0, 0, 0), (9, 8, 0, 0), (1, 1, 7, 7), (8, 8, 1 << 31, 0)))
    frame = struct.pack(">5I", draw.choice((0, 0, 0, 1)), *places)
    extra = chunk(b"acTL", struct.pack(">II", draw.choice((0, 1, 3, 1 << 31)), 0)) * draw.choice((1, 2))
    extra += chunk(b"fcTL", frame + bytes(4) + bytes([draw.randrange(4), draw.randrange(3)])) * draw.choice((0, 1, 2))
    extra += chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(bytes(72))) * draw.choice((0, 1))
    return png(8, 8, 8, draw.choice((0, 3)), bytes(72), extra)


def _tiff_lists(draw: random.Random) -> bytes:
    """Lists of tags that are long, go round, are nested, or share the same bytes."""
    kind = draw.randrange(5)
    tags = tags_of(8, 8)
    if kind == 0:  # pages in a ring
        return tiff(tags, following=draw.choice((8, 9, 100)))
    if kind == 1:  # a chain of empty pages
        count = draw.choice((3, 100_000))
        start = 8 + 6 + 12 * len(tags)
        pages = (struct.pack("<HHHLLL", 1, 256, 3, 1, 8, start + 18 * (i + 1)) for i in range(count))
        return tiff(tags, following=start, data=b"".join(pages))
    if kind == 2:  # thousands of tags, each of them the whole file
        many = [(tag, 7, 500_000, 8) for tag in range(1000, 1000 + draw.choice((20, 1900, 30_000)))]
        return tiff(tags + many, data=bytes(500_000))
    if kind == 3:  # lists within lists: SubIFDs, EXIF, GPS, interoperability
        return tiff(tags + [(tag, 4, draw.choice((1, 9)), draw.choice((8, 20))) for tag in (330, 34665, 34853, 40965)])
    return tiff(
        [
            (
                draw.choice((256, 257, 258, 277, 273, 279, 339, 338)),
                draw.randrange(20),
                draw.choice(_EXTREMES),
                draw.choice(_EXTREMES),
            )
            for _ in range(9)
        ]
    )


def _tiff_pieces(draw: random.Random) -> bytes:
    """Strips and tiles that are too many, too large, or lie elsewhere."""
    count, size = draw.choice((1, 1, 4, 300_000)), draw.choice((8, 8, 200))
    tags = [tag for tag in tags_of(size, size, draw.choice((8, 16, 64)), draw.choice((1, 5, 8, 7))) if tag[0] != 273]
    strips = [(273, 4, count, 200), (278, 4, 1, draw.choice((0, 1, 1 << 31)))]
    tiles = [(322, 4, 1, draw.choice((0, 16, 65_536))), (323, 4, 1, draw.choice((16, 65_536))), (324, 4, count, 200)]
    return tiff(tags + draw.choice((strips, tiles, strips + tiles)), data=draw.randbytes(4000) + bytes(4 * count))


def _gif_blocks(draw: random.Random) -> bytes:
    """Extensions without end, frames beyond the screen, and codes that are none."""
    screen = struct.pack("<HHBBB", draw.choice((8, 8, 0, 15_000)), 8, draw.choice((0, 0x80, 0x87)), 0, 0)
    control = b"!\xf9\4" + bytes([draw.choice((0, 9, 13))]) + bytes(3) + b"\0"
    flood = draw.choice((b"!\xfe\0", b"!\xfe" + b"\1a" * 300 + b"\0", b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0")) * draw.choice(
        (1, 40_000)
    )
    frame = b"," + struct.pack(
        "<HHHHB", 0, draw.choice((0, 0, 60_000)), draw.choice((8, 8, 14_000)), 8, draw.choice((0, 0x40, 0x87))
    )
    codes = bytes([draw.choice((2, 8, 8, 12))]) + (b"\xff" + draw.randbytes(255)) * 3 + b"\0"
    return b"GIF89a" + screen + bytes(768 if screen[4] & 128 else 0) + flood + control + frame + codes + b";"


def _webp_canvas(draw: random.Random) -> bytes:
    """Animations and chunks whose sizes contradict each other."""
    data = bytearray(_whole("webp")[draw.choice((2, 3))])
    data[24:30] = b"".join(draw.choice((47, 47, 47, 0, 99, 3000)).to_bytes(3, "little") for _ in range(2))
    for _ in range(draw.randint(0, 2)):
        data[draw.randrange(20, 120)] = draw.choice((0, 1, 255))
    return bytes(data)


def _jpeg_scans(draw: random.Random) -> bytes:
    """A progressive image whose last scan comes again and again."""
    content = io.BytesIO()
    side = draw.choice((64, 1500))
    Image.new("RGB", (side, side), (200, 30, 90)).save(content, format="jpeg", progressive=True)
    data = content.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * draw.choice((3, 2000)) + b"\xff\xd9"


def _jpeg_segments(draw: random.Random) -> bytes:
    data = draw.choice(_whole("jpeg"))
    kind = draw.choice(
        (b"\xff\xe1", b"\xff\xe2", b"\xff\xed", b"\xff\xee", b"\xff\xfe", b"\xff\xdb", b"\xff\xc4", b"\xff\xd0")
    )
    content = draw.choice(
        (b"", b"Exif\0\0", b"ICC_PROFILE\0\1\1", b"Adobe", b"Photoshop 3.0\0", b"MPF\0")
    ) + draw.randbytes(draw.choice((0, 40)))
    segment = kind + (struct.pack(">H", len(content) + 2) + content if kind != b"\xff\xd0" else b"")
    return data[:2] + segment * draw.choice((1, 300, 100_000)) + data[2:]


def _exif(draw: random.Random) -> bytes:
    """An orientation among lists that point to themselves."""
    tags = [(274, draw.choice((1, 3, 4, 5, 99)), draw.choice((1, 2, 1 << 31)), draw.choice((0, 3, 6, 8, 9, 1 << 31)))]
    tags += [(draw.choice((34665, 34853, 330)), 4, 1, 8)] * draw.choice((0, 2)) + [
        (700 + i, 7, 60_000, 8) for i in range(draw.choice((0, 3000)))
    ]
    content = b"Exif\0\0" + tiff(tags, data=bytes(64))
    if len(content) < 65_000 and draw.random() < 0.5:
        data = _whole("jpeg")[0]
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + data[2:]
    return png(8, 8, 8, 0, bytes(72), chunk(b"eXIf", content[6:]))


def _bmp_codes(draw: random.Random) -> bytes:
    """Run lengths that jump, rows of nothing, palettes and masks that are none."""
    width, height = draw.choice(((8, 8), (30_000, 500), (100_000_000, 1), (1, 100_000_000), (65_535, 3000)))
    bits, method = draw.choice((1, 4, 8, 16, 24, 32, 0, 64)), draw.choice((0, 1, 2, 3, 4, 6))
    head = struct.pack(
        "<IiiHHIIiiII",
        40,
        width,
        height * draw.choice((1, -1)),
        1,
        bits,
        method,
        0,
        0,
        0,
        draw.choice((0, 2, 256, 1 << 31)),
        0,
    )
    codes = draw.choice((b"\0\2\xff\xff", b"\0\0", b"\xff\x01", b"\0\1", b"\0\7abcdefg\0")) * draw.choice((3, 3000))
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54 + 1024) + head + bytes(1024) + codes
