"""What TIFF files say beside their pixels: which of these are missing, and where on earth they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.ops.deep_image import missing_pixels
from pixelwise.ops.georeference import Georeference
from pixelwise.ops.image_file import opened

__all__ = ["read_georeference", "read_missing"]

_OF_TIFF = (".tif", ".tiff")


def read_missing(path: str | Path) -> NDArray[np.bool_] | None:
    """Which pixels of an image are missing, as at the margin of a map; only TIFF files say so.

    A pixel is missing where each band holds GDAL's nodata number or is not a number, where the mask page is 0, and,
    if the file has a place on earth, where it is wholly transparent.

    Returns:
        `(H, W)`, upright as the image; None where none is missing.

    Raises:
        DataError: As `read_pixels`.
    """
    file = Path(path)
    if file.suffix.lower() not in _OF_TIFF:
        return None
    with opened(file) as found:
        return missing_pixels(found)


def read_georeference(path: str | Path) -> Georeference | None:
    """Where on earth a TIFF image lies; None where the file does not say it, or is of another kind.

    Raises:
        DataError: If the file cannot be read.
    """
    file = Path(path)
    if file.suffix.lower() not in _OF_TIFF:
        return None
    with opened(file) as found:
        return None if found.head is None else found.head.georeference
