"""Small pictures of pairs: the image with its mask laid over it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.bands import Scaled
from pixelwise.data.classes import Classes
from pixelwise.data.numbers import read_numbers
from pixelwise.data.pairs import Pair
from pixelwise.ops.blend import blended
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.palette import legend
from pixelwise.ops.thumbnail import displayed, thumbnail

__all__ = ["as_data_uri", "image_thumbnail", "index_thumbnail", "overlaid", "provisional_classes"]

_VOID = (238, 238, 234)
_FOREIGN = (255, 0, 200)  # pixels that belong to no class
_FOREIGN_INDEX = 254
_MOST_PROVISIONAL = 40
_SHARE = 0.5  # of the class's colour
_BORDER = 0.5  # of white, where two classes meet


def image_thumbnail(pair: Pair, longest: int) -> NDArray[np.uint8]:
    """The image of a pair, `(h, w, 3)` uint8 RGB, its longer side at most `longest`.

    Raises:
        DataError: If it cannot be read.
    """
    file = pair.source.image_file(pair)
    if file is not None and not isinstance(pair.source, Scaled):
        return thumbnail(file, longest).pixels
    return displayed(pair.read_image(), longest)


def index_thumbnail(pair: Pair, classes: Classes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The mask of a pair as class indices `(h, w)`; 255 is ignored, 254 belongs to no class.

    Of classes that overlap `(K, h, w)`: 1 where a pixel belongs to a class, else 0.

    Raises:
        DataError: If it cannot be read, or holds colours where the classes are numbers.
    """
    numbers = read_numbers(pair, classes)
    rows, columns = (
        ((np.arange(new) + 0.5) * (old / new)).astype(np.int64) for new, old in zip(size, numbers.shape, strict=True)
    )
    small = numbers[rows[:, None], columns[None, :]]
    if classes.multilabel:
        return classes.encode(small)
    index = np.full(size, _FOREIGN_INDEX, np.uint8)
    for i, value in enumerate(classes.values):
        index[small == value] = i
    if classes.any_positive:
        index[small > 0] = 1
    index[np.isin(small, classes.ignore_values)] = IGNORE_INDEX
    missing = pair.read_missing()
    if missing is not None and missing.shape == numbers.shape:
        index[missing[rows[:, None], columns[None, :]]] = IGNORE_INDEX
    return index


def provisional_classes(values: Mapping[int, int], named: Mapping[int, str]) -> Classes | None:
    """Classes to show masks by where those of training are not known, one for each number.

    Args:
        values: Pixels per stored number.
        named: Names of numbers; where there are any, the other numbers are shown as belonging to no class.

    Returns:
        The commonest numbers as classes; None where there are fewer than two.
    """
    chosen = sorted(named or sorted(values, key=lambda value: -values[value])[:_MOST_PROVISIONAL])
    chosen = [value for value in chosen if value >= 0][:_FOREIGN_INDEX]
    if len(chosen) < 2:
        return None
    names = tuple(named.get(value, str(value)) for value in chosen)
    return Classes(names, tuple(chosen), (), legend(names), binary=len(chosen) == 2)


def overlaid(image: NDArray[np.uint8], index: NDArray[np.uint8], classes: Classes) -> NDArray[np.uint8]:
    """Lay the colours of classes over an image, with light lines where two of them meet.

    Args:
        image: `(h, w, 3)` uint8, RGB.
        index: `(h, w)` class indices, or `(K, h, w)`, as `index_thumbnail` gives them.
        classes: Names and colours; the background of a binary task is left as it is.

    Returns:
        `(h, w, 3)` uint8, RGB.
    """
    mixed = _mixed(image, index, classes)
    planes = index.reshape(-1, *index.shape[-2:])
    border = np.zeros(planes.shape[1:], bool)
    border[:, 1:] |= (planes[:, :, 1:] != planes[:, :, :-1]).any(axis=0)
    border[1:] |= (planes[:, 1:] != planes[:, :-1]).any(axis=0)
    mixed[border] = mixed[border] * (1 - _BORDER) + 255 * _BORDER
    laid: NDArray[np.uint8] = mixed.round().astype(np.uint8)
    return laid


def as_data_uri(picture: NDArray[np.uint8]) -> str:
    """A picture `(h, w, 3)` as an address that holds it whole; small ones without loss."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="WEBP", quality=80, lossless=max(picture.shape[:2]) <= 64)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"


def _mixed(image: NDArray[np.uint8], index: NDArray[np.uint8], classes: Classes) -> NDArray[np.float64]:
    """An image with the colours of the classes, `(h, w, 3)`, 0 to 255."""
    if classes.multilabel:
        colors, is_shown = blended(index, classes.colors)
        part = _SHARE * is_shown[..., None]
        laid: NDArray[np.float64] = image * (1 - part) + colors * part
        return laid
    palette = np.zeros((256, 3))
    palette[: classes.num_classes] = classes.colors
    palette[_FOREIGN_INDEX], palette[IGNORE_INDEX] = _FOREIGN, _VOID
    share = np.full(index.shape, _SHARE)
    if classes.binary:
        share[index == 0] = 0
    share[index == _FOREIGN_INDEX] = 1
    mixed: NDArray[np.float64] = image * (1 - share[..., None]) + palette[index] * share[..., None]
    return mixed
