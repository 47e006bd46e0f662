"""Images of more than 8 bits, and of other bands than grey and RGB: PNG of 16 bits, and TIFF.

Pillow reads grey TIFF of 16 bits and of single-precision fractions. For all other TIFF there is the extra `tiff`
(tifffile and imagecodecs), which is imported when a file first needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

from pixelwise.errors import DataError
from pixelwise.ops.image_file import OpenedFile
from pixelwise.ops.orientation import exif_orientation
from pixelwise.ops.tiff_head import TiffHead

__all__ = ["png_bands", "read_deep_png", "read_deep_tiff", "refuse_without_numbers"]

_INSTALL = "Run: pip install 'pixelwise[tiff]'"
_BY_PILLOW = ("uint16", "int16", "float32")
_GREY = (0, 1)  # photometric interpretations
_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


def png_bands(found: OpenedFile, image: ImageFile) -> int:
    """Bands of a PNG file of 16 bits per channel without alpha: 1 or 3.

    Raises:
        DataError: If it is grey with alpha, of which Pillow does not give the lower halves.
    """
    layout = str(image.tile[0].args) if image.tile else image.mode  # such as `RGB;16B`; the mode does not always tell
    if layout.startswith("LA"):
        raise DataError(f"{found.path} is grey of 16 bits with transparency; save it without transparency.")
    return 3 if layout.startswith("RGB") else 1


def refuse_without_numbers(found: OpenedFile, head: TiffHead) -> None:
    """Refuse a TIFF file of complex numbers, or of what is no number at all.

    Raises:
        DataError: If it is one.
    """
    if head.kind not in ("uint", "int", "float"):
        raise DataError(f"{found.path} holds neither whole numbers nor fractions; these are expected in an image.")


def read_deep_png(found: OpenedFile) -> NDArray[np.number]:
    """Read a PNG file of 16 bits per channel, upright.

    Pillow keeps the upper halves of colours of 16 bits. Told that the lower byte comes first, it keeps the lower
    halves, so the file is decoded twice.

    Returns:
        `(H, W, 1)` or `(H, W, 3)`, uint16.

    Raises:
        DataError: If it is grey with alpha, of which Pillow does not give the lower halves.
    """
    image = found.image()
    turn = _TURNS.get(exif_orientation(image), np.asarray)
    if png_bands(found, image) == 1:
        image.load()
        return np.ascontiguousarray(turn(np.array(image).astype(np.uint16)[..., None]))
    image.load()
    upper = np.array(image)[..., :3].astype(np.uint16)
    image = found.image()
    image.tile = [tile._replace(args=str(tile.args).replace("16B", "16L")) for tile in image.tile]
    image.load()
    return np.ascontiguousarray(turn(upper << 8 | np.array(image)[..., :3]))


def read_deep_tiff(found: OpenedFile) -> NDArray[np.number]:
    """Read a TIFF file of any number of bands, without alpha, upright.

    Returns:
        `(H, W, C)` as stored; float32 with nan where values are missing.

    Raises:
        DataError: If it holds no real numbers, or needs packages that are not there.
    """
    head = found.head
    if head is None:
        raise ValueError("only a TIFF file has the head of one")
    refuse_without_numbers(found, head)
    is_grey = head.channels == 1 and head.photometric in _GREY and head.bits in (16, 32)
    if is_grey and head.dtype in _BY_PILLOW:
        image = found.image()
        image.load()
        values: NDArray[Any] = np.array(image)[..., None].astype(head.dtype)
    else:
        values = _by_tifffile(found, head)
        values = _TURNS.get(head.orientation, np.asarray)(values[..., : head.bands])
    return np.ascontiguousarray(_without_missing(values, head.nodata))


def _by_tifffile(found: OpenedFile, head: TiffHead) -> NDArray[Any]:
    """All channels `(H, W, C)` in the byte order of this machine."""
    try:
        import tifffile
    except ImportError as error:
        raise DataError(f"{_described(found, head)}, for which the package tifffile is needed. {_INSTALL}") from error
    found.stream.seek(0)
    try:
        with tifffile.TiffFile(found.stream) as file:
            page = file.pages.first
            values = page.asarray(maxworkers=1)
            axes = page.axes
    except (ValueError, ImportError) as error:
        if "imagecodecs" not in str(error):
            raise
        raise DataError(f"{_described(found, head)}, compressed so that imagecodecs is needed. {_INSTALL}") from error
    if axes == "SYX":
        values = values.transpose(1, 2, 0)
    elif axes == "YX":
        values = values[..., None]
    elif axes != "YXS":
        raise ValueError(f"it is no flat image, but has the axes {axes}")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _described(found: OpenedFile, head: TiffHead) -> str:
    """The beginning of a sentence."""
    return f"{found.path} has {head.bands} band{'s' if head.bands > 1 else ''} of {head.bits} bits"


def _without_missing(values: NDArray[Any], nodata: float | None) -> NDArray[Any]:
    """Missing values as nan."""
    if nodata is None or np.isnan(nodata) or values.dtype == np.uint8:  # bytes stay as they are
        return values
    missing = values == np.float64(nodata)
    if not missing.any():
        return values
    fractions = values.astype(np.float32)
    fractions[missing] = np.nan
    return fractions
