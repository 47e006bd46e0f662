"""One annotation file of the VGG Image Annotator, taken apart and checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._nodes import Node, read_json, shortened
from pixelwise.data.shapes import Polygon, circle, ellipse, rectangle

__all__ = ["ViaFile", "ViaImage", "ViaRegion", "read_via"]

_KINDS = ("polygon", "rect", "circle", "ellipse", "polyline", "point")
_METADATA = "_via_img_metadata"
_FEWEST_CORNERS = 3


class ViaRegion(NamedTuple):
    """A region that is drawn, where it stands, and those of its attributes that have one value."""

    place: str
    shape: Polygon
    attributes: dict[str, str]


class ViaImage(NamedTuple):
    """An image of a file; the name is not checked yet."""

    name: str
    place: str
    regions: tuple[ViaRegion, ...]


@dataclass(frozen=True, eq=False)
class ViaFile:
    """What a file holds.

    Attributes:
        file: The file.
        images: Its images.
        options: The values that can be chosen for an attribute, where a project defines them.
        folder: Where a project says that its images lie; empty where it does not.
        left_out: How many regions of each kind are not drawn.
    """

    file: Path
    images: tuple[ViaImage, ...]
    options: dict[str, tuple[str, ...]]
    folder: str
    left_out: Counter[str]


def read_via(file: Path) -> ViaFile | None:
    """Read a project, or the annotations that were exported from one; None if it is JSON of another kind.

    Raises:
        DataError: If it is no JSON, or something in it is not as VIA has it.
    """
    document = read_json(file)
    if not isinstance(document.value, dict):
        return None
    is_project = _METADATA in document.value
    metadata = document[_METADATA] if is_project else document
    entries = [entry for _, entry in metadata.entries()]
    if not is_project and not any(isinstance(entry.value, dict) and "regions" in entry.value for entry in entries):
        return None
    left_out: Counter[str] = Counter()
    images = tuple(_image(entry, left_out) for entry in entries)
    options = dict(_options(document)) if is_project else {}
    return ViaFile(file, images, options, _folder(document) if is_project else "", left_out)


def _image(node: Node, left_out: Counter[str]) -> ViaImage:
    """An image with its regions, which are a list or, in version 1, an object of numbers."""
    name = node["filename"].text()
    regions = node["regions"]
    inner = [value for _, value in regions.entries()] if isinstance(regions.value, dict) else list(regions.items())
    found = []
    for number, region in enumerate(inner):
        kind, shape = _shape(region["shape_attributes"])
        if shape is None:
            left_out[kind] += 1
        else:
            attributes = region.get("region_attributes")
            values = {} if attributes is None else dict(_attributes(attributes))
            found.append(ViaRegion(f"{shortened(name)[1:-1]}, regions[{number}]", shape, values))
    return ViaImage(name, f"{node.file}: {node.place}.filename", tuple(found))


def _attributes(node: Node) -> Iterator[tuple[str, str]]:
    """The attributes of a region that have one value; of boxes to tick, that which is ticked alone."""
    for key, value in node.entries():
        if isinstance(value.value, dict):
            ticked = [name.text().strip() for name, box in value.entries() if box.value is True]
            if len(ticked) == 1:
                yield str(key.value), ticked[0]
        elif isinstance(value.value, str):
            if value.value.strip():
                yield str(key.value), value.value.strip()
        elif isinstance(value.value, bool):
            yield str(key.value), str(value.value).lower()
        elif value.value is not None:
            yield str(key.value), f"{value.number():g}"


def _shape(node: Node) -> tuple[str, Polygon | None]:
    """The kind of a region, and its outline; None where it encloses nothing."""
    kind = node["name"].text()
    if kind not in _KINDS:
        raise node["name"].wrong(f"one of {', '.join(_KINDS)}")
    if kind in ("polygon", "polyline"):
        points = _points(node)
        if kind == "polyline" and not (len(points) and np.array_equal(points[0], points[-1])):
            return "open line", None
        return ("polygon", Polygon(0, (points,))) if len(points) >= _FEWEST_CORNERS else ("outline", None)
    if kind == "rect":
        x, y, width, height = (node[key].number() for key in ("x", "y", "width", "height"))
        return kind, rectangle(0, x, y, x + width, y + height)
    if kind == "circle":
        return kind, circle(0, *(node[key].number() for key in ("cx", "cy", "r")))
    if kind == "ellipse":
        x, y, radius_x, radius_y = (node[key].number() for key in ("cx", "cy", "rx", "ry"))
        theta = node.get("theta")
        return kind, ellipse(0, x, y, radius_x, radius_y, 0.0 if theta is None else float(np.rad2deg(theta.number())))
    return kind, None


def _points(node: Node) -> NDArray[np.float64]:
    """The corners of an outline, `(N, 2)`."""
    x, y = node["all_points_x"].numbers(), node["all_points_y"].numbers()
    if x.ndim != 1 or x.shape != y.shape:
        raise node["all_points_y"].wrong(f"a list of as many numbers as all_points_x has ({len(x)})")
    return np.stack([x, y], axis=1)


def _options(document: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The values that can be chosen for the attributes of regions, in the project's order."""
    attributes = document.get("_via_attributes")
    regions = None if attributes is None else attributes.get("region")
    for key, attribute in () if regions is None else regions.entries():
        options = attribute.get("options")
        if options is not None:
            yield str(key.value), tuple(name.text().strip() for name, _ in options.entries())


def _folder(document: Node) -> str:
    """The folder of the images that the settings of a project name."""
    settings = document.get("_via_settings")
    core = None if settings is None else settings.get("core")
    folder = None if core is None else core.get("default_filepath")
    return folder.value.strip() if folder is not None and isinstance(folder.value, str) else ""
