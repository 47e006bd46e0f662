"""Pictures side by side, as a notebook shows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["sheet_of"]

_GAP = 4  # pixels between two pictures


def sheet_of(rows: Sequence[Sequence[NDArray[np.uint8]]]) -> Image.Image:
    """Rows of equally many pictures of one size, `(H, W, 3)` each, as one picture."""
    height, width = rows[0][0].shape[:2]
    sheet = Image.new("RGB", (len(rows[0]) * (width + _GAP) - _GAP, len(rows) * (height + _GAP) - _GAP), "white")
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (column * (width + _GAP), row * (height + _GAP)))
    return sheet
