"""Sheets of pictures: what was given, made and wanted, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError
from pixelwise.inference.predictor import Predictor
from pixelwise.reports.picture_scores import enlarged, given_image
from pixelwise.tasks import PictureTask

__all__ = ["sample_sheet"]

_MOST = 256  # pixels of an image's side that are shown, from its middle
_GAP = 4  # pixels of white between pictures

_Pixels = NDArray[np.uint8]


def sample_sheet(predictor: Predictor, pairs: Sequence[Pair]) -> _Pixels:
    """A row for each pair: the middle of the image, of what is made of it, and of the target if there is one.

    The image is enlarged by bicubic interpolation where the model makes larger pictures.

    Args:
        predictor: Of a task that makes pictures.
        pairs: At least one.

    Returns:
        `(H, W, 3)`, uint8; smaller pictures are surrounded by white.

    Raises:
        DataError: If there are no pairs, a file cannot be read, or the model predicts masks.
    """
    task = predictor.task
    if not pairs or not isinstance(task, PictureTask):
        raise DataError("A sheet shows what a model makes of pictures; give pictures, and a model that makes some.")
    rows = [_row(predictor, task, pair, index) for index, pair in enumerate(pairs)]
    height, width = (max(picture.shape[axis] for row in rows for picture in row) + _GAP for axis in (0, 1))
    sheet = np.full((len(rows) * height - _GAP, max(map(len, rows)) * width - _GAP, 3), 255, dtype=np.uint8)
    for top, row in enumerate(rows):
        for left, picture in enumerate(row):
            place = sheet[top * height :, left * width :]
            place[: picture.shape[0], : picture.shape[1]] = picture
    return sheet


def _row(predictor: Predictor, task: PictureTask, pair: Pair, index: int) -> list[_Pixels]:
    if pair.target is None:
        image = _middle(pair.read_image(), 1)
        return [image, predictor.picture(image).pixels]
    image, target = given_image(pair, task.degradations, task.scale, index)
    image = _middle(image, 1)
    return [enlarged(image, task.scale), predictor.picture(image).pixels, _middle(target, task.scale)]


def _middle(picture: _Pixels, scale: int) -> _Pixels:
    """The middle of a picture, which is `scale` times as large as its image, along the image's pixels."""
    top, left = (max(0, side // scale - _MOST) // 2 * scale for side in picture.shape[:2])
    most = _MOST * scale
    return np.ascontiguousarray(picture[top : top + most, left : left + most])
