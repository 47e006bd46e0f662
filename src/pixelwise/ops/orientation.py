"""Which side of a stored image is up: its EXIF orientation."""

from __future__ import annotations

import struct

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

__all__ = ["TURNS", "exif_orientation"]

_TAG = 0x0112
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

    Pillow turns TIFF files by itself, so they count as upright; EXIF data that cannot be parsed say nothing.
    """
    if isinstance(image, TiffImageFile) or (isinstance(image, PngImageFile) and "exif" not in image.info):
        return 1
    try:
        orientation = image.getexif().get(_TAG, 1)
    except (SyntaxError, ValueError, KeyError, TypeError, OSError, struct.error):
        return 1
    return orientation if orientation in TURNS else 1
