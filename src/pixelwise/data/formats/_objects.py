"""What formats of objects share: a background that no shape covers, and masks that are drawn from shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.classes import MAX_CLASSES
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, Source
from pixelwise.data.shapes import Shape, drawn
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import MAX_PIXELS, StoredImage
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["BACKGROUND", "Drawing", "Drawings", "checked_size", "is_background", "object_classes"]

BACKGROUND = "background"


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a mask is drawn from.

    Attributes:
        shapes: The shapes in their order; later ones lie over earlier ones.
        size: (height, width) of the mask as the annotation file says; None: that of the image.
    """

    shapes: tuple[Shape, ...]
    size: tuple[int, int] | None = None


class Drawings(Source):
    """Masks that are drawn when they are asked for.

    Args:
        drawings: What to draw, by the path of the image.
    """

    def __init__(self, drawings: Mapping[Path, Drawing]) -> None:
        self._drawings = drawings

    def stored(self, pair: Pair) -> StoredImage:
        """The mask of an image, `(H, W)` uint8.

        Raises:
            DataError: If a shape does not fit the image.
        """
        drawing = self._drawings[pair.image]
        size = drawing.size or self.head(pair).size
        try:
            return StoredImage(drawn(size, drawing.shapes), "L")
        except DataError as error:
            raise DataError(f"{pair.target}: {pair.image.name}: {error}") from error


def object_classes(names: Sequence[str], source: Path, background: str = BACKGROUND) -> ClassNames:
    """The background as 0, then the objects as 1, 2, … in their order, and 255 for what is to be ignored.

    Args:
        names: Names of the objects; one that is called background is not counted among them.
        source: The file that they come from.
        background: What the background is called.

    Raises:
        DataError: If there are no objects, more than 254, or two of one name.
    """
    objects = [name.strip() for name in names if not is_background(name) and name != background]
    twice = sorted({name for name in objects if objects.count(name) > 1}) if len(set(objects)) < len(objects) else []
    if twice:
        raise DataError(
            f"{source}: two classes are called {some_of(map(repr, twice))}; every class needs its own name."
        )
    if not objects:
        raise DataError(f"{source} names no classes of objects; at least one is needed.")
    if len(objects) >= MAX_CLASSES:
        raise DataError(
            f"{source} names {len(objects)} classes; at most {MAX_CLASSES - 1} and the background fit into a mask. "
            "Take out the classes that are not needed."
        )
    return ClassNames((background, *objects), str(source), tuple(range(len(objects) + 1)), (IGNORE_INDEX,))


def is_background(name: str) -> bool:
    """Whether a class is what no shape covers.

    >>> is_background("_background_"), is_background("Back yard")
    (True, False)
    """
    return name.strip().strip("_").lower() == BACKGROUND


def checked_size(height: int, width: int) -> tuple[int, int]:
    """A size that an image can have.

    Raises:
        DataError: If it is none.
    """
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise DataError(
            f"the image is said to be {height} × {width} pixels (height × width); 1 to {MAX_PIXELS // 1_000_000} "
            "million pixels are expected."
        )
    return height, width
