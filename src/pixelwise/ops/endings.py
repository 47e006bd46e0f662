"""Whether an image file ends where it says that it ends, without decoding it.

Copies that broke off lack their last part. Most kinds of files say how long they are, or end in fixed bytes: that is
compared with what is there. It is a hint and no proof: whoever gets False decodes the file to know.

PNG ends in its chunk IEND, JPEG in the marker EOI, GIF in a semicolon; RIFF (WebP) and BMP give the length of the file;
TIFF gives place and length of each strip or tile.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from pixelwise.ops.tiff_head import end_of_pixels

__all__ = ["ends_as_said"]

_TAIL = 16  # bytes behind which some programs leave a few zeros
_BMP_FILE, _BMP_LENGTH = 14, 2


def ends_as_said(path: Path) -> bool:
    """Whether a file is as long as it says, and ends as files of its kind do; True for other kinds of files.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(32)
        length = stream.seek(0, 2)
        try:
            return _ends(head, length, stream)
        except (struct.error, ValueError):  # too short for its own head, or one that no decoder will like
            return False


def _ends(head: bytes, length: int, stream: BinaryIO) -> bool:
    """Whether a file of a length ends as its head says."""
    if head.startswith(b"\x89PNG"):
        return b"IEND" in _tail(stream, length)
    if head.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in _tail(stream, length)
    if head.startswith(b"GIF8"):
        return _tail(stream, length).rstrip(b"\0").endswith(b";")
    if head.startswith(b"RIFF"):
        return length >= 8 + int(struct.unpack_from("<L", head, 4)[0])
    if head.startswith(b"BM"):
        said = int(struct.unpack_from("<L", head, _BMP_LENGTH)[0])
        return said > _BMP_FILE and length >= said
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return length >= end_of_pixels(stream)
    return True


def _tail(stream: BinaryIO, length: int) -> bytes:
    """The last bytes of a file."""
    stream.seek(max(0, length - _TAIL))
    return stream.read()
