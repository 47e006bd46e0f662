"""Single files made right: turned upright, rescaled, named by what they are."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.errors import DataError
from pixelwise.ops.files import copy_file, write_atomically
from pixelwise.ops.image_io import read_image, read_stored, write_png

__all__ = ["copy_named", "has_same_aspect", "right_suffix", "write_mended_mask", "write_upright"]

_QUALITY = 95  # of a JPEG that is written anew
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", (".png",)),
    (b"\xff\xd8\xff", (".jpg", ".jpeg")),
    (b"GIF8", (".gif",)),
    (b"II*\0", (".tif", ".tiff")),
    (b"MM\0*", (".tif", ".tiff")),
    (b"BM", (".bmp",)),
)


def copy_named(folders: Iterable[Path], names: Sequence[str], target: Path) -> None:
    """Copy the files of these names, each from the first of the folders that holds one."""
    for file in dict.fromkeys(folder / name for folder in folders for name in names):
        if file.is_file() and not (target / file.name).exists():
            copy_file(file, target / file.name)


def right_suffix(file: Path) -> str:
    """The ending that the content of a file asks for; its own where that will do, or nothing is known of it."""
    with file.open("rb") as stream:
        head = stream.read(16)
    kinds = [suffixes for beginning, suffixes in _BEGINNINGS if head.startswith(beginning)]
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        kinds.append((".webp",))
    return file.suffix if not kinds or file.suffix.lower() in kinds[0] else kinds[0][0]


def has_same_aspect(mask: tuple[int, int], image: tuple[int, int]) -> bool:
    """Whether a mask is its image made larger or smaller, to the accuracy of one of its pixels.

    >>> has_same_aspect((120, 160), (480, 640)), has_same_aspect((120, 160), (640, 480))
    (True, False)
    """
    return abs(mask[0] * image[1] - mask[1] * image[0]) <= max(image)


def write_upright(source: Path, target: Path) -> None:
    """Write an image as its EXIF orientation turns it, without the orientation.

    A JPEG is compressed anew, at a quality of 95 and without dropping colours; all others are written as PNG.

    Args:
        source: The image.
        target: Where to; its ending tells the kind.

    Raises:
        DataError: If the image cannot be read.
        OutputError: If the file cannot be written.
    """
    image = read_image(source)
    if target.suffix.lower() == ".png":
        write_png(target, image)
        return
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=_QUALITY, subsampling=0)
    write_atomically(target, buffer.getvalue())


def write_mended_mask(source: Path, target: Path, *, orientation: int = 1, size: tuple[int, int] | None = None) -> None:
    """Write a mask turned as its image is, and then at the size of its image; each pixel keeps a number that it had.

    Args:
        source: The mask.
        target: A PNG file.
        orientation: The EXIF orientation of the image, if the mask was drawn on the image as it is stored; else 1.
        size: (height, width) to rescale it to by nearest neighbour; None leaves its size.

    Raises:
        DataError: If the mask cannot be read, or holds numbers that PNG cannot store.
        OutputError: If the file cannot be written.
    """
    stored = read_stored(source)
    values = _turned(stored.values, orientation)
    if size is not None:
        values = _rescaled(values, size)
    if values.ndim == 3:
        values = values[..., 0] if values.shape[2] == 2 else values[..., :3]
    if values.dtype.itemsize > 2:
        if values.min() < 0 or values.max() > 65535:
            raise DataError(f"{source} holds numbers outside 0 to 65535, which no PNG can store.")
        values = values.astype(np.uint16)
    is_palette = values.ndim == 2 and values.dtype == np.uint8
    write_png(target, values, palette=stored.palette if is_palette else None)


def _turned(values: NDArray[np.integer], orientation: int) -> NDArray[np.integer]:
    """`(H, W)` or `(H, W, C)` turned as an image of that EXIF orientation is."""
    if orientation in (5, 7):
        values = values.swapaxes(0, 1)
    quarters = {3: 2, 6: -1, 7: 2, 8: 1}.get(orientation, 0)
    values = np.rot90(values, quarters) if quarters else values
    if orientation == 2:
        return np.flip(values, axis=1)
    return np.flip(values, axis=0) if orientation == 4 else values


def _rescaled(values: NDArray[np.integer], size: tuple[int, int]) -> NDArray[np.integer]:
    """Nearest neighbour, by the centres of the pixels."""
    rows, columns = (
        ((np.arange(new) + 0.5) * (old / new)).astype(np.int64) for new, old in zip(size, values.shape, strict=False)
    )
    rescaled: NDArray[np.integer] = values[rows[:, None], columns[None, :]]
    return rescaled
