"""Reading and writing image files: a fixed list of formats, and a sentence for every file that fails.

Nothing is trusted: see `ops.image_file`. Colours of 8 bits are read by Pillow alone. What has more bits or other bands
than these is read as it is by `read_pixels`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from pixelwise.errors import DataError
from pixelwise.ops.deep_image import missing_pixels, png_bands, read_deep_png, read_deep_tiff, refuse_without_numbers
from pixelwise.ops.files import write_atomically
from pixelwise.ops.image_file import MAX_PIXELS, OpenedFile, opened, stored_palette
from pixelwise.ops.orientation import TURNS, exif_orientation
from pixelwise.ops.signature import png_signature

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "ImageHead",
    "StoredImage",
    "image_head",
    "image_size",
    "read_image",
    "read_labels",
    "read_pixels",
    "read_stored",
    "single_channel",
    "write_png",
]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

_WHOLE_NUMBERS = frozenset({"I;16", "I;16B", "I;16L", "I"})  # Pillow's modes of more than 8 bits


@dataclass(frozen=True)
class ImageHead:
    """What the head of an image file says.

    Attributes:
        size: (height, width) in pixels, upright.
        orientation: The EXIF orientation, by which `read_image` turns it upright: 1 (not at all) to 8.
        bands: Channels that `read_pixels` reads; three for whatever `read_image` makes RGB of.
        dtype: NumPy's name for their numbers.
    """

    size: tuple[int, int]
    orientation: int
    bands: int = 3
    dtype: str = "uint8"

    @property
    def is_plain(self) -> bool:
        """Whether `read_image` reads it."""
        return (self.bands, self.dtype) == (3, "uint8")


@dataclass(frozen=True)
class StoredImage:
    """The numbers of a file as they are stored.

    Attributes:
        values: `(H, W)` whole numbers, or `(H, W, C)` where the file has several channels. A palette gives indices,
            a file of one bit gives 0 and 1.
        mode: Pillow's name for the kind of pixel, such as `L`, `P`, `RGB`, `I;16`.
        palette: The colours of the indices, where there is a palette.
    """

    values: NDArray[np.integer]
    mode: str
    palette: tuple[tuple[int, int, int], ...] | None = None


def read_image(path: str | Path, content: bytes | None = None) -> NDArray[np.uint8]:
    """Read a file as an RGB image, turned upright by its EXIF orientation.

    Grey, palette and CMYK images become RGB; transparency is dropped, the colours below it are kept. Of an animation
    the first frame is read. Pixels that are missing (`ops.maps`) are black.

    Args:
        path: The file.
        content: All of its bytes, where it lies in a larger file; `path` is then for messages.

    Returns:
        `(H, W, 3)` uint8, RGB.

    Raises:
        DataError: If the file is missing, empty, damaged, of another kind, too large, or has more than 8 bits per
            channel (Pillow would cut 16-bit colours to 8 without a word).
    """
    file = Path(path)
    with opened(file, content) as found:
        if found.is_deep_tiff:
            return _as_picture(found)
        image = found.image()
        _refuse_depth(file, found.bits(image))
        turn = TURNS.get(exif_orientation(image))
        image.load()
        image.info.pop("transparency", None)
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        pixels = np.array(rgb if turn is None else rgb.transpose(turn), dtype=np.uint8)
        if (missing := missing_pixels(found)) is not None:
            pixels[missing] = 0
        return pixels


def read_pixels(path: str | Path, content: bytes | None = None) -> NDArray[np.number]:
    """Read an image with all its bands and bits, turned upright.

    What `read_image` reads is read like that. Of PNG of 16 bits and of TIFF the numbers are read as they are stored,
    without alpha, turned round where 0 is white; missing values (GDAL's nodata) are nan. `content`: as in `read_image`.

    Returns:
        `(H, W, C)`; C = 3 and uint8 for all that `read_image` reads.

    Raises:
        DataError: As `read_image`, or if the file needs the extra `tiff`, which is not installed.
    """
    file = Path(path)
    with opened(file, content) as found:
        if found.is_deep_tiff:
            return read_deep_tiff(found)
        if isinstance(image := found.image(), PngImageFile) and found.bits(image) > 8:
            return read_deep_png(found)
    return read_image(file, content)


def read_stored(path: str | Path, content: bytes | None = None) -> StoredImage:
    """Read the numbers of a file as they are stored, turned upright by its EXIF orientation.

    Pillow spreads grey values of 2 and 4 bits over 0 to 255; here they are 0 to 3 and 0 to 15, as in the file, even
    where 0 is white. One bit is black, 0, or white, 1. `content` is as in `read_image`.

    Raises:
        DataError: As in `read_image`, but grey values may have up to 32 bits; colours may not, nor fractions. Where a
            TIFF file says in an unusual byte order or kind of numbers that 0 is white, the extra `tiff` is needed.
    """
    file = Path(path)
    with opened(file, content) as found:
        if (head := found.head) is not None and (head.kind not in ("uint", "int") or head.bits > 32):
            is_whole = head.kind in ("uint", "int")  # of more bits than Pillow knows, which takes it for damaged
            raise _no_mask(file, f"numbers of {head.bits} bits (at most 32 are read)" if is_whole else "fractions")
        try:
            image = found.image()
        except SyntaxError:  # a byte order and meaning of grey that Pillow does not know together
            if head is None or head.channels > 1:
                raise
            return StoredImage(read_deep_tiff(found, as_stored=True)[..., 0].astype(np.int32), "I")
        bits, mode = found.bits(image), image.mode
        if bits > 8 and mode not in _WHOLE_NUMBERS:
            raise _no_mask(file, f"colours of {bits} bits per channel")
        turn = TURNS.get(exif_orientation(image))
        image.load()
        palette = stored_palette(image)
        values: NDArray[np.integer] = np.array(image if turn is None else image.transpose(turn))
    if mode == "1":
        values = values.astype(np.uint8)
    elif mode == "L":
        values = ~values if found.is_white_at_zero else values
        values = values // np.uint8(255 // (2**bits - 1)) if bits in (2, 4) else values
    elif mode in _WHOLE_NUMBERS:
        values = values.astype(np.int32 if mode == "I" else np.uint16)
    return StoredImage(values, mode, palette)


def read_labels(path: str | Path) -> NDArray[np.integer]:
    """Read a mask of one number per pixel, exactly as stored; a palette gives indices.

    Returns:
        `(H, W)`: uint8, uint16 or int32.

    Raises:
        DataError: If the file cannot be read, or holds colours.
    """
    values = read_stored(path).values
    if values.ndim == 2:
        return values
    single = single_channel(values)
    if single is None:
        raise DataError(f"{path} holds colours; a mask of whole numbers, one number per class, is expected.")
    return single


def single_channel(values: NDArray[np.integer]) -> NDArray[np.integer] | None:
    """The grey image that a colour file holds, or None where it holds colours.

    Args:
        values: `(H, W, C)` with C = 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha).

    Returns:
        `(H, W)` where red, green and blue are equal everywhere and alpha is the same everywhere.
    """
    channels = values.shape[2]
    if channels in (2, 4) and values[..., -1].min() != values[..., -1].max():
        return None
    first = values[..., 0]
    if channels >= 3 and not all(np.array_equal(first, values[..., channel]) for channel in (1, 2)):
        return None
    return np.ascontiguousarray(first)


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width of an image in pixels, upright, from the head of its file alone.

    Raises:
        DataError: As in `image_head`.
    """
    return image_head(path).size


def image_head(path: str | Path, content: bytes | None = None) -> ImageHead:
    """Size and orientation of an image, from the head of its file alone. `content` is as in `read_image`.

    Raises:
        DataError: If `read_pixels` would refuse the file for what its head says.
    """
    with opened(Path(path), content) as found:
        if (head := found.head) is not None and found.is_deep_tiff:
            refuse_without_numbers(found, head)
            size = head.size[::-1] if head.orientation in range(5, 9) else head.size
            return ImageHead(size, 1, head.bands, head.dtype)
        image = found.image()
        width, height = image.size
        orientation = exif_orientation(image)
        size = (width, height) if orientation >= 5 else (height, width)
        if found.bits(image) > 8:
            return ImageHead(size, orientation, png_bands(found, image), "uint16")
        return ImageHead(size, orientation)


def write_png(
    path: str | Path,
    array: NDArray[np.integer],
    palette: Sequence[tuple[int, int, int]] | None = None,
    *,
    is_result: bool = False,
) -> None:
    """Write an array as a PNG file, whole or not at all.

    Args:
        path: The file to write.
        array: `(H, W, 3)` uint8 RGB, `(H, W)` uint8, or `(H, W)` uint16.
        palette: Colours of the values 0, 1, … of an `(H, W)` uint8 array; the file then keeps the values and shows
            the colours.
        is_result: Whether to sign it (`ops.signature`), so that another result may replace it.

    Raises:
        OutputError: If the file cannot be written.
        ValueError: If the array is of another shape or type.
    """
    is_grey = array.ndim == 2 and array.dtype in (np.uint8, np.uint16)
    is_colour = array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8
    if not (is_grey or is_colour) or (palette is not None and not (is_grey and array.dtype == np.uint8)):
        raise ValueError(f"An array of shape {array.shape} and type {array.dtype} cannot be written as PNG.")
    image = Image.fromarray(np.ascontiguousarray(array))
    if palette is not None:
        image.putpalette([channel for colour in palette for channel in colour])
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", pnginfo=png_signature() if is_result else None)
    write_atomically(path, buffer.getvalue())


def _as_picture(found: OpenedFile) -> NDArray[np.uint8]:
    """Three bands of bytes, which some programs do not call RGB; other bands and bits are refused."""
    bits, bands, dtype = (found.head.bits, found.head.bands, found.head.dtype) if found.head else (8, 0, "")
    _refuse_depth(found.path, bits)
    if (bands, dtype) != (3, "uint8"):
        raise DataError(f"{found.path} has {bands} band{'s' if bands > 1 else ''} of {dtype}; grey or RGB is expected.")
    return read_deep_tiff(found).astype(np.uint8, copy=False)


def _no_mask(path: Path, kind: str) -> DataError:
    """The error for a mask of a kind of numbers that are no classes."""
    return DataError(f"{path} holds {kind}; a mask of whole numbers, one number per class, is expected.", "depth")


def _refuse_depth(path: Path, bits: int) -> None:
    """Refuse an image of more than 8 bits per channel."""
    if bits > 8:
        raise DataError(
            f"{path} has {bits} bits per channel; images of 8 bits are expected. Convert it to 8 bits, with the range "
            "of brightness that matters spread over 0 to 255.",
            "depth",
        )
