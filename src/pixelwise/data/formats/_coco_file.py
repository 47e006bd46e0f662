"""One annotation file of COCO, taken apart and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._nodes import Node, read_json
from pixelwise.data.formats._objects import checked_size
from pixelwise.data.run_length import unpacked_counts
from pixelwise.data.shapes import Polygon, Runs, Shape
from pixelwise.errors import DataError

__all__ = ["Annotation", "Category", "CocoFile", "CocoImage", "Identity", "read_file"]

Identity = int | str  # COCO's own are numbers; some tools write texts

_FEWEST_NUMBERS = 6  # three corners
_LARGEST_COUNT = 2**40


class Category(NamedTuple):
    """A class of a file."""

    identity: Identity
    name: str
    heading: str  # COCO's supercategory


class CocoImage(NamedTuple):
    """An image of a file; the name is not checked yet."""

    name: Node
    size: tuple[int, int] | None


class Annotation(NamedTuple):
    """An object: its outlines, or its runs."""

    image: Identity
    category: Identity
    is_crowd: bool
    rings: tuple[NDArray[np.float64], ...]
    runs: Runs | None

    def shape(self, value: int) -> Shape:
        """The object as a shape that is drawn with a value."""
        return Polygon(value, self.rings) if self.runs is None else Runs(value, self.runs.size, self.runs.counts)


@dataclass(frozen=True)
class CocoFile:
    """What a file holds.

    Attributes:
        file: The file.
        categories: Its classes, by their ids.
        images: Its images by their ids.
        annotations: Its objects in their order, those that have an outline.
        num_boxes: Objects without an outline.
        num_foreign: Objects of images that the file does not list.
        num_thin: Outlines of fewer than three corners.
    """

    file: Path
    categories: tuple[Category, ...]
    images: dict[Identity, CocoImage]
    annotations: tuple[Annotation, ...]
    num_boxes: int
    num_foreign: int
    num_thin: int


class _Counts:
    """What is left out."""

    boxes = 0
    foreign = 0
    thin = 0


def read_file(file: Path) -> CocoFile:
    """Read an annotation file.

    Raises:
        DataError: If something in it is not as COCO has it, or all its objects are boxes.
    """
    document = read_json(file)
    categories = _categories(document)
    images = _images(document)
    known = {category.identity for category in categories}
    counts = _Counts()
    annotations = []
    for node in document["annotations"].items():
        annotation = _annotation(node, images, known, counts)
        if annotation is not None:
            annotations.append(annotation)
    if counts.boxes and not annotations:
        raise DataError(
            f"{file}: none of its {counts.boxes} annotations has an outline (segmentation); they are boxes, and do not "
            "say which pixels belong to an object. Export the data with outlines or masks (instance segmentation), or "
            "draw these."
        )
    return CocoFile(file, categories, images, tuple(annotations), counts.boxes, counts.foreign, counts.thin)


def _categories(document: Node) -> tuple[Category, ...]:
    """The classes, by their ids."""
    found: dict[Identity, Category] = {}
    for node in document["categories"].items():
        identity = _identity(node["id"])
        if identity in found:
            raise node.refused(f"the id {identity!r} is that of two categories.")
        heading = node.get("supercategory")
        label = heading.value if heading is not None and isinstance(heading.value, str) else ""
        found[identity] = Category(identity, node["name"].text().strip(), label)
    return tuple(sorted(found.values(), key=lambda one: (isinstance(one.identity, str), one.identity)))


def _images(document: Node) -> dict[Identity, CocoImage]:
    """The images by their ids."""
    found: dict[Identity, CocoImage] = {}
    for node in document["images"].items():
        identity = _identity(node["id"])
        if identity in found:
            raise node.refused(f"the id {identity!r} is that of two images.")
        height, width = node.get("height"), node.get("width")
        sides = None if height is None or width is None else (height.whole(), width.whole())
        try:
            size = None if sides is None else checked_size(*sides)
        except DataError as error:
            raise node.refused(error) from error
        found[identity] = CocoImage(node["file_name"], size)
    return found


def _annotation(
    node: Node, images: dict[Identity, CocoImage], known: set[Identity], counts: _Counts
) -> Annotation | None:
    """An object, or None where it is left out and counted."""
    image, category = _identity(node["image_id"]), _identity(node["category_id"])
    if image not in images:
        counts.foreign += 1
        return None
    if category not in known:
        raise node["category_id"].wrong("the id of one of the categories")
    crowd = node.get("iscrowd")
    if crowd is not None and crowd.value not in (0, 1):
        raise crowd.wrong("0 or 1")
    is_crowd = crowd is not None and bool(crowd.value)
    outline = node.get("segmentation")
    if outline is None or outline.value == []:
        counts.boxes += 1
        return None
    if isinstance(outline.value, dict):
        return Annotation(image, category, is_crowd, (), _runs(outline, images[image].size))
    rings = tuple(ring for part in outline.items() if (ring := _ring(part)) is not None)
    counts.thin += len(outline.value) - len(rings)
    return Annotation(image, category, is_crowd, rings, None)


def _ring(node: Node) -> NDArray[np.float64] | None:
    """An outline `(N, 2)`; None where it has fewer than three corners."""
    numbers = node.numbers()
    if numbers.ndim != 1 or numbers.size % 2:
        raise node.wrong("a list of x and y in turns")
    return numbers.reshape(-1, 2) if numbers.size >= _FEWEST_NUMBERS else None


def _runs(node: Node, size: tuple[int, int] | None) -> Runs:
    """A run-length code, packed or not."""
    sides = [side.whole() for side in node["size"].items()]
    if len(sides) != 2:
        raise node["size"].wrong("a list of height and width")
    packed = node["counts"]
    plain = None if isinstance(packed.value, str) else _plain_counts(packed)
    try:
        runs = Runs(0, (sides[0], sides[1]), unpacked_counts(packed.value) if plain is None else plain)
    except DataError as error:
        raise node.refused(error) from error
    if size is not None and runs.size != size:
        raise node["size"].wrong(f"the size of the image, [{size[0]}, {size[1]}],")
    return Runs(0, runs.size, runs.counts.astype(np.int32))


def _plain_counts(node: Node) -> NDArray[np.int64]:
    """A run-length code as a list of whole numbers."""
    numbers = node.numbers()
    if numbers.ndim != 1 or (numbers != np.floor(numbers)).any() or (np.abs(numbers) > _LARGEST_COUNT).any():
        raise node.wrong("a list of whole numbers")
    return numbers.astype(np.int64)


def _identity(node: Node) -> Identity:
    """The id of an image or a category."""
    return node.value if isinstance(node.value, str) else node.whole()
