"""Masks of formats whose shapes carry labels; what a file holds packed is unpacked only when it is drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._objects import is_background, object_classes
from pixelwise.data.names import ClassNames, find_names
from pixelwise.data.pairs import Pair, Source
from pixelwise.data.shapes import Bitmap, Polygon, Shape, drawn
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import StoredImage

__all__ = ["Packed", "Sketch", "Sketched", "SketchedMasks", "label_classes", "label_values", "named_or_used", "turned"]


class Packed(ABC):
    """A mask as a file holds it, to be held in memory in this form."""

    @abstractmethod
    def unpacked(self) -> Bitmap:
        """The mask; its value does not matter.

        Raises:
            DataError: If it is damaged.
        """


class Sketch(NamedTuple):
    """A shape, whose own value does not matter, and the label that gives its value."""

    label: str
    shape: Shape | Packed


@dataclass(frozen=True, eq=False)
class Sketched:
    """An image and what is to be drawn into its mask.

    Attributes:
        image: The file of the image.
        size: (height, width) of the image as the annotation file says; None: that of the image.
        sketches: The shapes in their order; later ones lie over earlier ones.
    """

    image: Path
    size: tuple[int, int] | None
    sketches: tuple[Sketch, ...]


class SketchedMasks(Source):
    """Masks that are drawn when they are asked for.

    Args:
        contents: What to draw, by the path of the image.
        values: The number of each label in a mask.
    """

    def __init__(self, contents: Mapping[Path, Sketched], values: Mapping[str, int]) -> None:
        self._contents = contents
        self._values = values

    def stored(self, pair: Pair) -> StoredImage:
        """The mask of an image, `(H, W)` uint8.

        Raises:
            DataError: If a packed mask is damaged.
        """
        content = self._contents[pair.image]
        size = content.size or self.head(pair).size
        try:
            return StoredImage(drawn(size, self._shapes(content.sketches)), "L")
        except DataError as error:
            raise DataError(f"{pair.target}: {pair.image.name}: {error}") from error

    def _shapes(self, sketches: Iterable[Sketch]) -> Iterator[Shape]:
        """Shapes with the values of their labels."""
        for label, shape in sketches:
            plain = shape.unpacked() if isinstance(shape, Packed) else shape
            yield replace(plain, value=self._values[label])


def label_classes(labels: Sequence[str], source: Path) -> ClassNames:
    """The background, then the labels in their order, each once.

    Raises:
        DataError: If there are none but the background, or too many.
    """
    return object_classes(list(dict.fromkeys(label.strip() for label in labels)), source)


def named_or_used(folders: Iterable[Path], used: Sequence[str], source: Path) -> ClassNames:
    """The classes that a file of names in one of the folders lists; without one, the labels that occur.

    Args:
        folders: Where `labels.txt` and the like may lie.
        used: The labels that occur, each once, in the order of the classes.
        source: The annotation file.

    Raises:
        DataError: If a label is not listed, or there are none, or too many.
    """
    listed = find_names(None, folders)
    if listed is None:
        return label_classes(used, source)
    missing = [label for label in used if label not in listed.names and not is_background(label)]
    if missing:
        names = some_of(map(repr, missing))
        raise DataError(
            f"{source}: shapes have the labels {names}, which are not in {listed.source}. Add them there, or "
            "correct the labels."
        )
    return label_classes(listed.names, Path(listed.source))


def label_values(names: ClassNames, labels: Iterable[str]) -> dict[str, int]:
    """The number of each label in a mask; what is called background in one way or another is 0."""
    numbers = {name: number for number, name in enumerate(names.names)}
    return numbers | {label: 0 for label in labels if is_background(label)}


def turned(shape: Polygon, center: tuple[float, float], degrees: float) -> Polygon:
    """A shape turned around a point, clockwise as one sees it."""
    if not degrees:
        return shape
    angle = np.deg2rad(degrees)
    turn: NDArray[np.float64] = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Polygon(shape.value, tuple((ring - center) @ turn + center for ring in shape.rings))
