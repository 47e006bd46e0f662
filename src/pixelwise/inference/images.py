"""What an image may be given as, and how an error about one names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pixelwise.errors import DataError, SettingError

__all__ = ["ImageLike", "as_stored", "from_pillow", "naming"]

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


@contextmanager
def naming(image: ImageLike) -> Iterator[None]:
    """Name the file of an image, if it has one, in what is raised where a model does not take it.

    Raises:
        DataError: If the model does not take the image.
    """
    try:
        yield
    except (DataError, SettingError) as error:
        raise DataError(f"{image}: {error}" if isinstance(image, str | Path) else str(error)) from error
