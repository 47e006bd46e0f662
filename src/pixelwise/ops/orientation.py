"""Which side of a stored image is up: its EXIF orientation."""

from __future__ import annotations

import re
import struct

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

__all__ = ["TURNS", "exif_orientation"]

_TAG = 0x0112
_NUMBERS = {3: "H", 4: "L", 8: "h", 9: "l"}  # by the type of the tag
_IN_XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # what turns an image upright; from 5 on, its sides change places


def exif_orientation(image: ImageFile) -> int:
    """The EXIF orientation from 1 (upright) to 8, as far as it stands before the pixels.

    Pillow turns TIFF files by itself, so they count as upright; EXIF data that cannot be parsed say nothing. Only the
    one number is read: Pillow would read all that the EXIF data point to, as often as they do.
    """
    if isinstance(image, TiffImageFile) or (isinstance(image, PngImageFile) and "exif" not in image.info):
        return 1
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    found = _in_exif(exif) if isinstance(exif, bytes) else None
    if found is None and isinstance(xmp, bytes) and (match := _IN_XMP.search(xmp)):
        found = int(match[1])
    return found if found is not None and found in TURNS else 1


def _in_exif(data: bytes) -> int | None:
    """The orientation in EXIF data, which are a TIFF file without an image; None where there is none."""
    while data.startswith(b"Exif\0\0"):
        data = data[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return None
    try:
        (place,) = struct.unpack_from(order + "L", data, 4)
        (count,) = struct.unpack_from(order + "H", data, place)
        for i in range(count):
            tag, kind, values, inline = struct.unpack_from(order + "HHL4s", data, place + 2 + 12 * i)
            if tag == _TAG and kind in _NUMBERS and values == 1:
                return int(struct.unpack_from(order + _NUMBERS[kind], inline)[0])
    except struct.error:
        return None
    return None
