"""The shapes of one annotation of Label Studio: places are in percent of the image, masks in the code of its brush."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pixelwise.data.formats._brush_code import unpacked_brush
from pixelwise.data.formats._nodes import Node
from pixelwise.data.formats._objects import checked_size
from pixelwise.data.formats._sketches import Packed, Sketch, turned
from pixelwise.data.shapes import Bitmap, Polygon, ellipse, rectangle
from pixelwise.errors import DataError

__all__ = ["BrushMask", "result_size", "sketches_of"]

_DRAWN = ("polygon", "rectangle", "ellipse", "brush")
_UNDRAWN = {"keypoint": "key point", "vector": "line"}
_UNREAD = ("bitmask",)
_FEWEST_CORNERS = 3


@dataclass(frozen=True, eq=False)
class BrushMask(Packed):
    """A mask of the whole image in the code of the brush.

    Attributes:
        place: Where it stands, for messages.
        size: (height, width).
        content: The code.
    """

    place: str
    size: tuple[int, int]
    content: bytes

    def unpacked(self) -> Bitmap:
        """The mask.

        Raises:
            DataError: If the code is damaged, or that of another size.
        """
        try:
            return Bitmap(0, 0, 0, unpacked_brush(self.content, self.size))
        except DataError as error:
            raise DataError(f"{self.place}: {error}") from error


def result_size(result: Node) -> tuple[int, int] | None:
    """The (height, width) of the image as an annotation says; None where it does not.

    Raises:
        DataError: If two results say different sizes, or one that no image has.
    """
    found: tuple[int, int] | None = None
    for node in result.items():
        height, width = node.get("original_height"), node.get("original_width")
        if height is None or width is None:
            continue
        sides = height.whole(), width.whole()
        try:
            size = checked_size(*sides)
        except DataError as error:
            raise height.refused(error) from error
        if found is not None and size != found:
            raise height.refused(f"the image is {size[0]} × {size[1]} pixels here, and {found[0]} × {found[1]} before.")
        found = size
    return found


def sketches_of(result: Node, size: tuple[int, int], left_out: Counter[str]) -> Iterator[Sketch]:
    """The shapes of an annotation in their order.

    Args:
        result: What was drawn.
        size: (height, width) of the image.
        left_out: Counts what is not drawn, by kind.

    Raises:
        DataError: If something is not as Label Studio has it.
    """
    labels = {_identity(node): node for node in result.items() if node["type"].text() == "labels"}
    for node in result.items():
        kind = node["type"].text()
        shape = kind.removesuffix("labels")
        if shape in _UNDRAWN:
            left_out[_UNDRAWN[shape]] += 1
        if shape in _UNREAD:
            raise node["type"].wrong(f"one of {', '.join(f'{name}labels' for name in _DRAWN)}")
        if shape not in _DRAWN:
            continue  # choices, texts and relations, which are not about pixels
        _refuse_rotation(node)
        label = _label(node["value"], kind) or _label_beside(labels.get(_identity(node)))
        drawn = _shape(node["value"], shape, size)
        if label is None or drawn is None:
            left_out["outline" if drawn is None else "unlabelled shape"] += 1
        else:
            yield Sketch(label, drawn)


def _identity(node: Node) -> str:
    """What results of one shape have in common; empty where there is nothing."""
    found = node.get("id")
    return found.text() if found is not None else ""


def _refuse_rotation(node: Node) -> None:
    """Refuse shapes that were drawn on an image that was turned in the browser."""
    rotation = node.get("image_rotation")
    if rotation is not None and rotation.number() % 360:
        raise rotation.refused(
            f"the image was turned by {rotation.number():g}° while it was annotated, so that the shape fits the turned "
            "image only. Turn it back in Label Studio, and export again."
        )


def _label(value: Node, kind: str) -> str | None:
    """The label of a shape; None where it has none."""
    labels = value.get(kind if kind.endswith("labels") else "labels")
    names = [] if labels is None else [label.text().strip() for label in labels.items()]
    if labels is not None and len(names) > 1:
        raise labels.wrong("a list of one label")
    return names[0] if names else None


def _label_beside(node: Node | None) -> str | None:
    """The label that a result of its own gives to a shape of the same id."""
    return None if node is None else _label(node["value"], "labels")


def _shape(value: Node, kind: str, size: tuple[int, int]) -> Polygon | BrushMask | None:
    """A shape in pixels; None where it encloses nothing."""
    if kind == "brush":
        return _brush(value, size)
    height, width = size
    if kind == "polygon":
        points = value["points"].numbers()
        if points.size and (points.ndim != 2 or points.shape[1] != 2):
            raise value["points"].wrong("a list of pairs of x and y")
        if len(points) < _FEWEST_CORNERS:
            return None
        return Polygon(0, (points * (np.array([width, height]) / 100),))
    x, y = value["x"].number() * width / 100, value["y"].number() * height / 100
    rotation = value.get("rotation")
    degrees = 0.0 if rotation is None else rotation.number()
    if kind == "ellipse":
        radius_x, radius_y = value["radiusX"].number() * width / 100, value["radiusY"].number() * height / 100
        return ellipse(0, x, y, radius_x, radius_y, degrees)
    right, bottom = x + value["width"].number() * width / 100, y + value["height"].number() * height / 100
    return turned(rectangle(0, x, y, right, bottom), (x, y), degrees)


def _brush(value: Node, size: tuple[int, int]) -> BrushMask:
    """A mask of a brush, still packed."""
    node = value["rle"]
    expected = "a list of bytes (0 to 255)"
    if not isinstance(node.value, list):
        raise node.wrong(expected)
    try:
        content = bytes(node.value)
    except (ValueError, TypeError, OverflowError) as error:
        raise node.wrong(expected) from error
    return BrushMask(node.place, size, content)
