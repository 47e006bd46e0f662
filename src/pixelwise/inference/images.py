"""What an image may be given as, and how an error about one names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pixelwise.errors import DataError, PixelwiseError

__all__ = ["ImageLike", "as_stored", "from_pillow", "named"]

ImageLike = str | Path | Image.Image | NDArray[np.number]


def as_stored(image: Image.Image) -> NDArray[Any]:
    """The numbers of a Pillow image, `(H, W, C)`, upright."""
    values = np.array(ImageOps.exif_transpose(image))
    return values[..., None] if values.ndim == 2 else values


def from_pillow(image: Image.Image) -> NDArray[np.uint8]:
    """A Pillow image as `(H, W, 3)` uint8 RGB, upright.

    Raises:
        DataError: If it has more than 8 bits per channel.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        raise DataError(
            f"The image has Pillow's mode {image.mode}, more than 8 bits per channel; convert it to 8 bits, with the "
            f"range of brightness that matters spread over 0 to 255."
        )
    upright = ImageOps.exif_transpose(image)
    return np.array(upright.convert("RGB"), dtype=np.uint8)


def named(image: ImageLike, error: PixelwiseError) -> DataError:
    """An error about an image that the model does not take, with the name of its file if it has one."""
    return DataError(f"{image}: {error}" if isinstance(image, str | Path) else str(error))
