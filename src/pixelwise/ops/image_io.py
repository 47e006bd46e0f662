"""Reading and writing image files: Pillow only, a fixed list of formats, and a sentence for every file that fails.

Nothing is trusted: the first bytes tell the kind of a file, its size is checked before a pixel is decoded, and whatever
a decoder raises becomes a `DataError`. Pillow's classes for each kind are used directly, since `Image.open` limits the
size by a setting of the whole process.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pixelwise.errors import DataError, PixelwiseError
from pixelwise.ops.files import write_atomically
from pixelwise.ops.orientation import TURNS, exif_orientation

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "ImageHead",
    "StoredImage",
    "image_head",
    "image_size",
    "read_image",
    "read_labels",
    "read_stored",
    "single_channel",
    "write_png",
]

MAX_PIXELS = 200_000_000  # 600 MB as RGB: beyond it a file is an attack, or a map that belongs into tiles
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

_WHOLE_NUMBERS = frozenset({"I;16", "I;16B", "I;16L", "I"})  # Pillow's modes of more than 8 bits
_BITS_TAG = 258


@dataclass(frozen=True)
class ImageHead:
    """What the head of an image file says.

    Attributes:
        size: (height, width) in pixels, upright.
        orientation: The EXIF orientation, by which `read_image` turns it upright: 1 (not at all) to 8.
    """

    size: tuple[int, int]
    orientation: int


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


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Read a file as an RGB image, turned upright by its EXIF orientation.

    Grey, palette and CMYK images become RGB; transparency is dropped, the colours below it are kept. Of an animation
    the first frame is read.

    Returns:
        `(H, W, 3)` uint8, RGB.

    Raises:
        DataError: If the file is missing, empty, damaged, of another kind, too large, or has more than 8 bits per
            channel (Pillow would cut 16-bit colours to 8 without a word).
    """
    file = Path(path)
    with _opened(file) as image:
        _refuse_depth(file, image)
        turn = TURNS.get(exif_orientation(image))
        image.load()
        image.info.pop("transparency", None)
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        return np.array(rgb if turn is None else rgb.transpose(turn), dtype=np.uint8)


def read_stored(path: str | Path) -> StoredImage:
    """Read the numbers of a file as they are stored, turned upright by its EXIF orientation.

    Pillow spreads grey values of 2 and 4 bits over 0 to 255; here they are 0 to 3 and 0 to 15, as in the file.

    Raises:
        DataError: As in `read_image`, but grey values may have 16 bits; colours may not, nor fractions.
    """
    file = Path(path)
    with _opened(file) as image:
        bits, mode = _bits(image), image.mode
        if mode == "F" or (bits > 8 and mode not in _WHOLE_NUMBERS):
            kind = "fractions" if mode == "F" else f"colours of {bits} bits per channel"
            raise DataError(f"{file} holds {kind}; a mask of whole numbers, one number per class, is expected.")
        turn = TURNS.get(exif_orientation(image))
        image.load()
        palette = _palette(image)
        values: NDArray[np.integer] = np.array(image if turn is None else image.transpose(turn))
    if mode == "1":
        values = values.astype(np.uint8)
    elif mode == "L" and bits in (2, 4):
        values = values // np.uint8(255 // (2**bits - 1))
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


def image_head(path: str | Path) -> ImageHead:
    """Size and orientation of an image, from the head of its file alone.

    Raises:
        DataError: If `read_image` would refuse the file for what its head says.
    """
    with _opened(Path(path)) as image:
        _refuse_depth(Path(path), image)
        width, height = image.size
        orientation = exif_orientation(image)
        return ImageHead((width, height) if orientation >= 5 else (height, width), orientation)


def write_png(
    path: str | Path, array: NDArray[np.integer], palette: Sequence[tuple[int, int, int]] | None = None
) -> None:
    """Write an array as a PNG file, whole or not at all.

    Args:
        path: The file to write.
        array: `(H, W, 3)` uint8 RGB, `(H, W)` uint8, or `(H, W)` uint16.
        palette: Colours of the values 0, 1, … of an `(H, W)` uint8 array; the file then keeps the values and shows
            the colours.

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
    image.save(buffer, format="PNG")
    write_atomically(path, buffer.getvalue())


@contextmanager
def _opened(path: Path) -> Iterator[ImageFile]:
    """Open a file up to its first pixel; whatever fails, here or while decoding, becomes a DataError."""
    try:
        with path.open("rb") as stream:
            plugin = _plugin(path, stream.read(16))
            stream.seek(0)
            image = plugin(stream)
            _refuse_size(path, image)
            yield image
    except PixelwiseError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; an image file is expected.") from error
    except PermissionError as error:
        raise DataError(f"{path} cannot be read: permission is denied.") from error
    except MemoryError as error:
        raise DataError(f"{path} does not fit into the memory of this machine.") from error
    except Exception as error:  # a decoder that is fed arbitrary bytes may raise anything
        detail = str(error).rstrip(".") or type(error).__name__
        raise DataError(f"{path} is damaged or incomplete and cannot be read ({detail}).") from error


def _plugin(path: Path, head: bytes) -> type[ImageFile]:
    """Pillow's class for the kind of file that begins with `head`."""
    if not head:
        raise DataError(f"{path} is empty (0 bytes).")
    kinds: tuple[tuple[tuple[bytes, ...], type[ImageFile]], ...] = (
        ((b"\x89PNG\r\n\x1a\n",), PngImageFile),
        ((b"\xff\xd8\xff",), JpegImageFile),
        ((b"GIF87a", b"GIF89a"), GifImageFile),
        ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), TiffImageFile),
        ((b"BM",), BmpImageFile),
    )
    for beginnings, plugin in kinds:
        if head.startswith(beginnings):
            return plugin
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WebPImageFile
    raise DataError(f"{path} is not an image of a known kind; PNG, JPEG, WebP, BMP, GIF and TIFF can be read.")


def _refuse_size(path: Path, image: ImageFile) -> None:
    """Refuse an image that is too large, or a file of several pages."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(
            f"{path} has {height} × {width} pixels; at most {MAX_PIXELS // 1_000_000} million can be read. "
            "Cut it into tiles."
        )
    if isinstance(image, TiffImageFile) and image.n_frames > 1:
        raise DataError(f"{path} holds {image.n_frames} pages; one image per file is expected.")


def _refuse_depth(path: Path, image: ImageFile) -> None:
    """Refuse an image of more than 8 bits per channel."""
    bits = _bits(image)
    if bits > 8:
        raise DataError(
            f"{path} has {bits} bits per channel; images of 8 bits are expected. Convert it to 8 bits, with the range "
            "of brightness that matters spread over 0 to 255."
        )


def _bits(image: ImageFile) -> int:
    """Bits per channel as stored, which Pillow's mode does not always tell."""
    if isinstance(image, PngImageFile) and image.fp is not None:
        place = image.fp.tell()
        image.fp.seek(24)  # the bit depth is the 25th byte
        depth = image.fp.read(1)[0]
        image.fp.seek(place)
        return depth
    if isinstance(image, TiffImageFile):
        return int(max(image.tag_v2.get(_BITS_TAG, (1,))))
    return 1 if image.mode == "1" else 8


def _palette(image: ImageFile) -> tuple[tuple[int, int, int], ...] | None:
    """The colours of a palette image."""
    colours = image.getpalette() if image.mode == "P" else None
    if colours is None:
        return None
    return tuple((colours[i], colours[i + 1], colours[i + 2]) for i in range(0, len(colours) - 2, 3))
