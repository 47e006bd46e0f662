"""The mark by which results are known from files of others, so that only results are replaced by results.

It is the usual entry for the program that wrote a file: `Software` in PNG, tag 305 in TIFF.
"""

from __future__ import annotations

from pathlib import Path

from PIL.PngImagePlugin import PngImageFile, PngInfo
from PIL.TiffImagePlugin import TiffImageFile

from pixelwise.errors import DataError

__all__ = ["SIGNATURE", "TAG_SOFTWARE", "is_signed", "png_signature"]

SIGNATURE = "pixelwise"
TAG_SOFTWARE = 305

_OF_PNG = "Software"


def png_signature() -> PngInfo:
    """What Pillow writes into a PNG file that is a result."""
    info = PngInfo()
    info.add_text(_OF_PNG, SIGNATURE)
    return info


def is_signed(path: Path) -> bool:
    """Whether a PNG or TIFF file says that it is a result; false of all that cannot be read.

    Only the head of the file is read: an enlarged picture may have more pixels than an image that can be read.
    """
    from pixelwise.ops.image_file import opened  # which knows the writer of GeoTIFF, which signs

    try:
        with opened(path) as found:
            found.stream.seek(0)
            image = PngImageFile(found.stream) if found.head is None else found.image()
            said = image.tag_v2.get(TAG_SOFTWARE) if isinstance(image, TiffImageFile) else image.info.get(_OF_PNG)
            return said == SIGNATURE
    except DataError:
        return False
