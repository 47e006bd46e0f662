"""A file as a small image, in a fraction of the time that reading it whole would take; and images to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from pixelwise.ops.image_file import opened
from pixelwise.ops.image_io import read_pixels
from pixelwise.ops.orientation import TURNS, exif_orientation

__all__ = ["Thumbnail", "as_rgb", "displayed", "thumbnail"]

Number = TypeVar("Number", bound=np.generic)

_SPAN = (1, 99)  # percentiles that become black and white


@dataclass(frozen=True)
class Thumbnail:
    """A small image and what its file said.

    Attributes:
        pixels: `(h, w, 3)` uint8 RGB, upright.
        mode: Pillow's name for the kind of pixel that the file stores, such as `L`, `P`, `RGB`, `RGBA`; empty where it
            has more than 8 bits or other bands.
        kind: The kind of the file by its content, such as `PNG` or `JPEG`; empty likewise.
    """

    pixels: NDArray[np.uint8]
    mode: str
    kind: str


def thumbnail(path: str | Path, longest: int = 128) -> Thumbnail:
    """Read a file at a small size; JPEG is decoded at an eighth, a quarter or half of its size where that is enough.

    Args:
        path: The file.
        longest: Pixels of the longer side; smaller images keep their size.

    Raises:
        DataError: If the file cannot be read.
    """
    file = Path(path)
    with opened(file) as found:
        image = None if found.is_deep_tiff else found.image()
        if image is None or found.bits(image) > 8:
            return Thumbnail(displayed(read_pixels(file), longest), "", "")
        mode, kind = image.mode, image.format or ""
        turn = TURNS.get(exif_orientation(image))
        size = _small(image.size, longest)
        if isinstance(image, JpegImageFile):
            image.draft(None, size)
        image.load()
        image.info.pop("transparency", None)
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        small = rgb if rgb.size == size else rgb.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        return Thumbnail(np.array(small if turn is None else small.transpose(turn), dtype=np.uint8), mode, kind)


def displayed(pixels: NDArray[Any], longest: int) -> NDArray[np.uint8]:
    """Any image `(H, W, C)` at a small size, `(h, w, 3)`: bytes as they are, others from their own dark to bright.

    Args:
        pixels: As `read_pixels` gives them; what is missing (nan) becomes 0 first.
        longest: Pixels of the longer side; smaller images keep their size.
    """
    height, width = pixels.shape[:2]
    shown = as_rgb(pixels)
    if shown.dtype != np.uint8:
        step = max(1, max(height, width) // (2 * longest))
        shown = _stretched(shown[::step, ::step])
    size = _small((width, height), longest)
    return np.array(Image.fromarray(shown).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), dtype=np.uint8)


def as_rgb(image: NDArray[Number]) -> NDArray[Number]:
    """Show `(H, W, C)` as `(H, W, 3)`: the first three channels, or, where there are fewer, the first as grey."""
    if image.shape[2] == 3:
        return image
    return np.ascontiguousarray(image[..., :3] if image.shape[2] > 3 else image[..., :1].repeat(3, axis=2))


def _stretched(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers of any type as bytes, without the hundredth part at either end."""
    with np.errstate(over="ignore"):  # what no float32 can hold becomes 0 too
        finite = np.nan_to_num(pixels.astype(np.float32), posinf=0, neginf=0)
    low, high = np.percentile(finite, _SPAN)
    scaled: NDArray[np.uint8] = np.clip((finite - low) * (255 / max(float(high - low), 1e-9)), 0, 255).astype(np.uint8)
    return scaled


def _small(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """A size whose longer side is at most `longest`; smaller ones stay as they are."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
