"""A picture that a model has made of another."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.errors import OutputError
from pixelwise.ops.files import write_atomically
from pixelwise.ops.signature import png_signature

__all__ = ["Picture", "write_picture"]

_ENCODINGS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_LONGEST = {"JPEG": 65_500, "WEBP": 16_383}  # pixels of a side that these can hold
_QUALITY = 95  # of JPEG and WebP


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """What came out for one image.

    Attributes:
        pixels: `(S H, S W, 3)` uint8 RGB; S is how many times the task enlarges.
        image: `(H, W, 3)` uint8 RGB, the image as it was read.
    """

    pixels: NDArray[np.uint8]
    image: NDArray[np.uint8]

    def __repr__(self) -> str:
        """Such as `Picture(480 × 640, of an image 240 × 320)`, height first."""
        sizes = [f"{height} × {width}" for height, width in (self.pixels.shape[:2], self.image.shape[:2])]
        return f"Picture({sizes[0]}, of an image {sizes[1]})"

    def save(self, path: str | Path) -> None:
        """Write the picture as PNG, JPEG or WebP, by the end of the name.

        Raises:
            OutputError: If the name ends in something else, or the file cannot be written.
        """
        write_picture(path, self.pixels)

    def beside(self) -> NDArray[np.uint8]:
        """Image and picture side by side `(S H, 2 S W, 3)`, the image enlarged by repeating its pixels."""
        times = self.pixels.shape[0] // self.image.shape[0]
        return np.hstack([self.image.repeat(times, axis=0).repeat(times, axis=1), self.pixels])


def write_picture(path: str | Path, pixels: NDArray[np.uint8]) -> None:
    """Write `(H, W, 3)` uint8 RGB as PNG (signed, see `ops.signature`), JPEG or WebP, by the end of the name.

    The file is written whole or not at all.

    Raises:
        OutputError: If the name ends in something else, the picture is too large for its kind, or the file cannot be
            written.
    """
    encoding = _ENCODINGS.get(Path(path).suffix.lower())
    if encoding is None:
        raise OutputError(f"The picture {path} has no known kind; end its name in {', '.join(_ENCODINGS)}.")
    longest, most = max(pixels.shape[:2]), _LONGEST.get(encoding)
    if most is not None and longest > most:
        raise OutputError(f"The picture {path} is {longest} pixels long, but {encoding} holds {most}; take .png.")
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format=encoding, quality=_QUALITY, pnginfo=png_signature())
    write_atomically(Path(path), content.getvalue())
