"""One annotation file of CVAT for images, taken apart and checked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._nodes import shortened
from pixelwise.data.formats._objects import checked_size
from pixelwise.data.formats._sketches import Packed, Sketch, turned
from pixelwise.data.formats._xml import Tag, read_xml
from pixelwise.data.shapes import Bitmap, Polygon, ellipse, rectangle
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import MAX_PIXELS

__all__ = ["CvatFile", "CvatImage", "CvatMask", "read_cvat"]

_DRAWN = ("polygon", "box", "ellipse", "mask")
_UNDRAWN = ("polyline", "points", "cuboid", "skeleton", "tag")  # kinds of labels as well
_FEWEST_CORNERS = 3
_COLOR = re.compile("#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, eq=False)
class CvatMask(Packed):
    """A small mask as lengths of runs along its rows, the first of them unset.

    Attributes:
        top: Row of its first pixel.
        left: Column of its first pixel.
        size: (height, width).
        counts: `(N,)` int32.
    """

    top: int
    left: int
    size: tuple[int, int]
    counts: NDArray[np.int32]

    def unpacked(self) -> Bitmap:
        """The mask."""
        inside = np.arange(self.counts.size) % 2 == 1
        return Bitmap(0, self.top, self.left, np.repeat(inside, self.counts).reshape(self.size))


@dataclass(frozen=True, eq=False)
class CvatImage:
    """An image of a file; its name is not checked yet.

    Attributes:
        tag: Where it stands.
        name: Its file name.
        subset: The subset of a project that it belongs to; empty where there is none.
        size: (height, width).
        sketches: Its shapes, the lowest first.
    """

    tag: Tag
    name: str
    subset: str
    size: tuple[int, int]
    sketches: tuple[Sketch, ...]


@dataclass(frozen=True, eq=False)
class CvatFile:
    """What a file holds.

    Attributes:
        file: The file.
        labels: The labels that shapes can have, in their order.
        images: Its images.
        left_out: How many shapes of each kind are not drawn.
        colors: RGB of the labels that have a colour.
    """

    file: Path
    labels: tuple[str, ...]
    images: tuple[CvatImage, ...]
    left_out: Counter[str]
    colors: dict[str, tuple[int, int, int]]


def read_cvat(file: Path) -> CvatFile:
    """Read a file.

    Raises:
        DataError: If it is no XML, of a video, or something in it is not as CVAT has it.
    """
    document = read_xml(file)
    if document.kind != "annotations":
        raise DataError(f"{file} begins with <{shortened(document.kind)[1:-1]}>; <annotations> is expected of CVAT.")
    tags = [tag for tag in document.children() if tag.kind == "image"]
    if not tags:
        tracks = any(tag.kind == "track" for tag in document.children())
        found = "holds the tracks of a video and no images" if tracks else "lists no images"
        raise DataError(f"{file} {found}. Export the task from CVAT as 'CVAT for images 1.1', with its images.")
    left_out: Counter[str] = Counter()
    listed = _labels(document)
    known = frozenset(listed) if listed else None
    images = tuple(_image(tag, known, left_out) for tag in tags)
    used = {sketch.label for image in images for sketch in image.sketches}
    labels = tuple(name for name, drawn in listed.items() if drawn or name in used) if listed else tuple(sorted(used))
    return CvatFile(file, labels, images, left_out, _colors(document))


def _labels(document: Tag) -> dict[str, bool]:
    """The labels that the head of a file lists, and whether shapes that are drawn can have them."""
    found: dict[str, bool] = {}
    for meta in (tag for tag in document.children() if tag.kind == "meta"):
        for label in meta.within("label"):
            fields = {tag.kind: tag.content for tag in label.children()}
            name = fields.get("name", "")
            if name and "parent" not in fields:
                found[name] = found.get(name, False) or fields.get("type", "") not in _UNDRAWN
    return found


def _colors(document: Tag) -> dict[str, tuple[int, int, int]]:
    """The colours of the labels, as far as they are written as CVAT writes them (#ff8000)."""
    found: dict[str, tuple[int, int, int]] = {}
    for meta in (tag for tag in document.children() if tag.kind == "meta"):
        for label in meta.within("label"):
            fields = {tag.kind: tag.content for tag in label.children()}
            if _COLOR.fullmatch(color := fields.get("color", "")):
                red, green, blue = bytes.fromhex(color[1:])
                found.setdefault(fields.get("name", ""), (red, green, blue))
    return found


def _image(tag: Tag, known: frozenset[str] | None, left_out: Counter[str]) -> CvatImage:
    """An image with its shapes."""
    name = tag.text("name")
    tag = tag.called(f"image {shortened(name)}")
    height, width = tag.whole("height"), tag.whole("width")
    try:
        size = checked_size(height, width)
    except DataError as error:
        raise tag.refused(error) from error
    found: list[tuple[int, Sketch]] = []
    for inner in tag.children():
        shape = _shape(inner) if inner.kind in _DRAWN else None
        if shape is None:
            left_out[_kind(inner)] += 1
        else:
            found.append((inner.whole("z_order", 0), Sketch(_label(inner, known), shape)))
    found.sort(key=lambda one: one[0])
    return CvatImage(tag, name, tag.get("subset") or "", size, tuple(sketch for _, sketch in found))


def _kind(tag: Tag) -> str:
    """What a shape that is not drawn is called in messages."""
    if tag.kind in _DRAWN:
        return "outline"
    if tag.kind == "points":
        return "point set"
    return tag.kind if tag.kind in _UNDRAWN else "other element"


def _label(tag: Tag, known: frozenset[str] | None) -> str:
    """The label of a shape."""
    label = tag.text("label").strip()
    if known is not None and label not in known:
        raise tag.wrong("label", f"one of those in <labels> ({some_of(sorted(known))})")
    return label


def _shape(tag: Tag) -> Polygon | CvatMask | None:
    """A shape; None where an outline encloses nothing."""
    if tag.kind == "mask":
        return _mask(tag)
    if tag.kind == "polygon":
        points = tag.points("points")
        return Polygon(0, (points,)) if len(points) >= _FEWEST_CORNERS else None
    degrees = tag.number("rotation", 0.0)
    if tag.kind == "ellipse":
        x, y, radius_x, radius_y = (tag.number(key) for key in ("cx", "cy", "rx", "ry"))
        return ellipse(0, x, y, radius_x, radius_y, degrees)
    left, top, right, bottom = (tag.number(key) for key in ("xtl", "ytl", "xbr", "ybr"))
    return turned(rectangle(0, left, top, right, bottom), ((left + right) / 2, (top + bottom) / 2), degrees)


def _mask(tag: Tag) -> CvatMask:
    """A small mask."""
    height, width = tag.whole("height"), tag.whole("width")
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise tag.refused(f"the mask is {height} × {width} pixels (height × width), which no mask can have.")
    counts = tag.lengths("rle")
    if counts.max() > MAX_PIXELS or int(counts.sum()) != height * width:
        raise tag.wrong("rle", f"runs that add up to {height} × {width} pixels, which is {height * width},")
    top, left = (int(np.clip(tag.whole(key), -MAX_PIXELS, MAX_PIXELS)) for key in ("top", "left"))
    return CvatMask(top, left, (height, width), counts.astype(np.int32))
