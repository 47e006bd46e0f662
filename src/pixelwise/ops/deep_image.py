"""Images of more than 8 bits, and of other bands than grey and RGB: PNG of 16 bits, and TIFF; and missing pixels.

Pillow reads grey TIFF of 16 bits and of single-precision fractions. For all other TIFF there is the extra `tiff`
(tifffile and imagecodecs), which is imported when a file first needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

from pixelwise.errors import DataError, install
from pixelwise.ops.image_file import OpenedFile
from pixelwise.ops.orientation import exif_orientation
from pixelwise.ops.tiff_head import TiffHead

__all__ = ["missing_pixels", "png_bands", "read_deep_png", "read_deep_tiff", "refuse_without_numbers"]

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
        raise DataError(f"{found.path} is grey of 16 bits with transparency; save it without transparency.", "alpha")
    return 3 if layout.startswith("RGB") else 1


def refuse_without_numbers(found: OpenedFile, head: TiffHead) -> None:
    """Refuse a TIFF file of complex numbers, or of what is no number at all.

    Raises:
        DataError: If it is one.
    """
    if head.kind not in ("uint", "int", "float"):
        raise DataError(
            f"{found.path} holds neither whole numbers nor fractions; these are expected in an image.", "no numbers"
        )


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


def read_deep_tiff(found: OpenedFile, *, as_stored: bool = False) -> NDArray[np.number]:
    """Read a TIFF file of any number of bands, without alpha, upright.

    Args:
        found: The file.
        as_stored: Whether every number counts as it is, as those of a mask do.

    Returns:
        `(H, W, C)`. Unless `as_stored`, grey whose 0 is white is turned round, as far as it is whole numbers from 0,
        and where values are missing there is nan, in float32, but 0 among bytes.

    Raises:
        DataError: If it holds no real numbers, or needs packages that are not there.
    """
    head = found.head
    if head is None:
        raise ValueError("only a TIFF file has the head of one")
    refuse_without_numbers(found, head)
    channels = _deep_channels(found, head)
    if as_stored:
        return np.ascontiguousarray(channels[..., : head.bands])
    values = _without_missing(channels[..., : head.bands], head.nodata)
    missing = _missing(found, head, channels)
    if missing is not None and not np.isnan(values[missing]).all():
        values = values.copy() if values.dtype == np.uint8 else values.astype(np.float32)
        values[missing] = 0 if values.dtype == np.uint8 else np.nan
    return np.ascontiguousarray(_brightness(found, head, values))


def missing_pixels(found: OpenedFile) -> NDArray[np.bool_] | None:
    """Which pixels of a TIFF file are missing, upright: see `ops.maps.read_missing`.

    Returns:
        `(H, W)`; None where none is.

    Raises:
        DataError: If the file needs packages that are not there.
    """
    head = found.head
    if head is None or not head.may_miss:
        return None
    if found.is_deep_tiff:
        return _missing(found, head, _deep_channels(found, head))
    image = found.image()
    image.load()
    values = np.array(image.convert("RGB") if image.mode == "YCbCr" else image)
    values = ~values if found.is_white_at_zero else values
    return _missing(found, head, values.reshape(*values.shape[:2], -1))


def _deep_channels(found: OpenedFile, head: TiffHead) -> NDArray[Any]:
    """All channels `(H, W, C)`, alpha among them, upright."""
    is_grey = head.channels == 1 and head.photometric in _GREY and head.bits in (16, 32)
    if not is_grey or head.dtype not in _BY_PILLOW:
        return _turned(_by_tifffile(found, head), head)
    try:
        image = found.image()
    except SyntaxError:  # a byte order and meaning of grey that Pillow does not know together
        return _turned(_by_tifffile(found, head), head)
    image.load()
    return np.array(image)[..., None].astype(head.dtype)


def _brightness(found: OpenedFile, head: TiffHead, values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers of which 0 is white turned round, so that more is brighter; fractions have no white to turn by."""
    return 2**head.bits - 1 - values if found.is_white_at_zero and head.kind == "uint" else values


def _missing(found: OpenedFile, head: TiffHead, channels: NDArray[Any]) -> NDArray[np.bool_] | None:
    """The pixels all bands of which are missing, or that the mask or, on maps, transparency hides."""
    bands = channels[..., : head.bands]
    missing = np.isnan(bands).all(axis=-1) if bands.dtype.kind == "f" else np.zeros(channels.shape[:2], np.bool_)
    if head.nodata is not None:
        missing |= _holding(bands, head.nodata).all(axis=-1)
    if head.georeference is not None and head.channels > head.bands and channels.shape[2] > head.bands:
        missing |= channels[..., head.bands] == 0
    if head.mask_page is not None:
        missing |= _turned(_by_tifffile(found, head, head.mask_page), head)[..., 0] == 0
    return missing if missing.any() else None


def _turned(values: NDArray[Any], head: TiffHead) -> NDArray[Any]:
    """Values `(H, W, C)` as stored, turned upright."""
    turned: NDArray[Any] = _TURNS.get(head.orientation, np.asarray)(values)
    return turned


def _by_tifffile(found: OpenedFile, head: TiffHead, number: int = 0) -> NDArray[Any]:
    """All channels `(H, W, C)` of a page as stored, in the byte order of this machine."""
    try:
        import tifffile
    except ImportError as error:
        what = "for which the package tifffile is needed" if not number else "and a mask, for which tifffile is needed"
        raise _needs(found, head, what) from error
    found.stream.seek(0)
    try:
        with tifffile.TiffFile(found.stream) as file:
            page = file.pages[number]
            values = page.asarray(maxworkers=1)
            axes = page.axes
    except (ValueError, ImportError) as error:
        if "imagecodecs" not in str(error):
            raise
        raise _needs(found, head, "compressed so that imagecodecs is needed") from error
    if axes == "SYX":
        values = values.transpose(1, 2, 0)
    elif axes == "YX":
        values = values[..., None]
    elif axes != "YXS":
        raise ValueError(f"it is no flat image, but has the axes {axes}")
    if values.shape[:2] != head.size:
        raise ValueError(
            f"it says {head.size[0]} × {head.size[1]} pixels and holds {values.shape[0]} × {values.shape[1]}"
        )
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _needs(found: OpenedFile, head: TiffHead, what: str) -> DataError:
    """The error for a file that needs a package."""
    described = f"{found.path} has {head.bands} band{'s' if head.bands > 1 else ''} of {head.bits} bits"
    return DataError(f"{described}, {what}. {install('tiff')}", "extra")


def _without_missing(values: NDArray[Any], nodata: float | None) -> NDArray[Any]:
    """Missing values as nan."""
    if nodata is None or np.isnan(nodata) or values.dtype == np.uint8:  # bytes stay as they are
        return values
    missing = _holding(values, nodata)
    if not missing.any():
        return values
    fractions = values.astype(np.float32)
    fractions[missing] = np.nan
    return fractions


def _holding(values: NDArray[Any], nodata: float) -> NDArray[np.bool_]:
    """Where values are the number that stands for missing ones, which a file writes in decimals.

    Fractions hold the one of their kind that is nearest to it: -3.4e38 in words is none of 32 bits.
    """
    with np.errstate(over="ignore"):
        number = values.dtype.type(nodata) if values.dtype.kind == "f" else np.float64(nodata)
    found: NDArray[np.bool_] = values == number
    return found
