"""One annotation file of labelme, taken apart and checked."""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngImageFile

from pixelwise.data.formats._nodes import Node, read_json
from pixelwise.data.formats._objects import checked_size
from pixelwise.data.shapes import Bitmap, Polygon, Shape, circle, line, rectangle
from pixelwise.errors import DataError
from pixelwise.ops.image_io import MAX_PIXELS

__all__ = ["LINES", "LINE_WIDTH", "POINTS", "LabelmeFile", "LabelmeShape", "PackedMask", "read_labelme", "shapes_of"]

LINE_WIDTH = 10.0  # pixels, as labelme draws lines into masks
LINES = ("line", "linestrip")
POINTS = ("point", "points")
_KINDS = ("polygon", "rectangle", "circle", *LINES, "mask", *POINTS)
_NUM_POINTS = {"rectangle": 2, "circle": 2, "mask": 2}
_FEWEST_CORNERS = 3


class PackedMask(NamedTuple):
    """A small mask as the file holds it, a PNG as text; it is unpacked when it is drawn."""

    text: str
    top: int
    left: int
    size: tuple[int, int]


class LabelmeShape(NamedTuple):
    """A shape, its number in the file and its label; None where there is nothing to draw."""

    number: int
    label: str
    kind: str
    outline: Polygon | PackedMask | None


@dataclass(frozen=True)
class LabelmeFile:
    """What a file holds.

    Attributes:
        file: The file.
        image: The name of the image as it is written there.
        size: (height, width) of the image as it is written there.
        shapes: The shapes in their order.
    """

    file: Path
    image: str
    size: tuple[int, int] | None
    shapes: tuple[LabelmeShape, ...]


def read_labelme(file: Path) -> LabelmeFile | None:
    """Read a file; None if it is JSON of another kind.

    Raises:
        DataError: If it is no JSON, or something in it is not as labelme has it.
    """
    document = read_json(file)
    if not isinstance(document.value, dict) or not {"shapes", "imagePath"} <= document.value.keys():
        return None
    shapes = tuple(_shape(node, number) for number, node in enumerate(document["shapes"].items()))
    return LabelmeFile(file, document["imagePath"].text(), _size(document), shapes)


def shapes_of(content: LabelmeFile, values: Mapping[str, int]) -> Iterator[Shape]:
    """The shapes of a file that cover pixels, with the values of their labels.

    Raises:
        DataError: If a small mask is damaged.
    """
    for shape in content.shapes:
        if isinstance(shape.outline, Polygon):
            yield Polygon(values[shape.label], shape.outline.rings)
        elif shape.outline is not None:
            place = f"{content.file}: shapes[{shape.number}].mask"
            mask = shape.outline
            yield Bitmap(values[shape.label], mask.top, mask.left, _unpacked(mask, place))


def _size(document: Node) -> tuple[int, int] | None:
    """The size of the image, where it is written."""
    height, width = document.get("imageHeight"), document.get("imageWidth")
    if height is None or width is None:
        return None
    sides = height.whole(), width.whole()
    try:
        return checked_size(*sides)
    except DataError as error:
        raise height.refused(error) from error


def _shape(node: Node, number: int) -> LabelmeShape:
    """One shape of a file; the value of its outline is 0."""
    kind = _kind(node)
    points = node["points"].numbers()
    if not points.size and kind not in _NUM_POINTS:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise node["points"].wrong("a list of pairs of x and y")
    if len(points) != _NUM_POINTS.get(kind, len(points)):
        raise node["points"].wrong(f"a list of two points, as a {kind} has,")
    return LabelmeShape(number, node["label"].text().strip(), kind, _outline(node, kind, points))


def _kind(node: Node) -> str:
    """The kind of a shape; the first versions of labelme knew polygons only."""
    kind = node.get("shape_type")
    if kind is None:
        return "polygon"
    if kind.text() not in _KINDS:
        raise kind.wrong(f"one of {', '.join(_KINDS)}")
    return kind.text()


def _outline(node: Node, kind: str, points: NDArray[np.float64]) -> Polygon | PackedMask | None:
    """What is drawn of a shape."""
    if kind == "mask":
        return _packed(node, points)
    if kind == "rectangle":
        (left, top), (right, bottom) = points.tolist()
        return rectangle(0, left, top, right, bottom)
    if kind == "circle":
        (x, y), edge = np.clip(points, -MAX_PIXELS, MAX_PIXELS).tolist()
        return circle(0, x, y, math.dist((x, y), edge))
    if kind in LINES and len(points):
        return line(0, points, LINE_WIDTH)
    return Polygon(0, (points,)) if kind == "polygon" and len(points) >= _FEWEST_CORNERS else None


def _packed(node: Node, points: NDArray[np.float64]) -> PackedMask:
    """A small mask between two corners, both of which belong to it."""
    near = np.clip(np.round(points), -MAX_PIXELS, MAX_PIXELS).astype(int)
    left, top = near.min(axis=0).tolist()
    right, bottom = near.max(axis=0).tolist()
    size = (bottom - top + 1, right - left + 1)
    if size[0] * size[1] > MAX_PIXELS:
        raise node["points"].refused(f"the mask is {size[0]} × {size[1]} pixels, which is more than an image can have.")
    return PackedMask(node["mask"].text(), top, left, size)


def _unpacked(mask: PackedMask, place: str) -> NDArray[np.bool_]:
    """The pixels of a small mask."""
    try:
        content = base64.b64decode(mask.text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"{place} is no PNG in base64.") from error
    try:
        with PngImageFile(io.BytesIO(content)) as image:
            width, height = image.size
            pixels = np.array(image.convert("L")) > 0 if (height, width) == mask.size else None
    except Exception as error:  # a decoder that is fed arbitrary bytes may raise anything
        detail = str(error).rstrip(".") or type(error).__name__
        raise DataError(f"{place} is a damaged PNG and cannot be read ({detail}).") from error
    if pixels is None:
        raise DataError(
            f"{place} is {height} × {width} pixels; between its corners lie {mask.size[0]} × {mask.size[1]}."
        )
    return pixels
