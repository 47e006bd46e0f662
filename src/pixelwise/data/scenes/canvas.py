"""The camera, the light, and two canvases that are always painted together: the picture and its classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

__all__ = ["NEAR", "Camera", "Canvas", "Colour", "Floats", "Glow", "Light", "cuts", "noise_at", "ring", "upright"]

Floats = npt.NDArray[np.floating[Any]]
Colour = tuple[float, float, float]  # red, green, blue in [0, 1]
NEAR = 1.5  # m; nothing is drawn nearer to the eye than this
_ACROSS, _UP = np.asarray([0, 1, 1, 0]), np.asarray([2, 2, 3, 3])


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in a car, looking along a street that may bend.

    The street's coordinates are metres: x to the right of the road's middle, y up from the ground, z ahead.

    Attributes:
        height: Rows of the canvas.
        width: Columns of the canvas.
        focal: Focal length in canvas heights.
        horizon: Height of the horizon, as a fraction of the canvas from its top.
        vanishing: Where a straight road vanishes, as a fraction of the canvas from its middle to the right.
        eye: Height of the eye above the ground in metres.
        x: Where the eye is across the street.
        bend: Curvature of the street in 1/m; positive bends to the right.
    """

    height: int
    width: int
    focal: float
    horizon: float
    vanishing: float
    eye: float
    x: float
    bend: float

    @property
    def pixels(self) -> float:
        """The focal length in pixels."""
        return self.focal * self.height

    def project(self, points: Floats) -> Floats:
        """Map street coordinates `(..., 3)` to canvas coordinates `(..., 2)`, column first."""
        z = np.maximum(points[..., 2], NEAR)
        scale = self.pixels / z
        place = np.empty((*z.shape, 2))
        place[..., 0] = (points[..., 0] - self.x) * scale + self.pixels * self.bend / 2 * z
        place[..., 0] += self.width * (0.5 + self.vanishing)
        place[..., 1] = (self.eye - points[..., 1]) * scale + self.height * self.horizon
        return place

    def ground(self, first_row: int) -> tuple[Floats, Floats]:
        """The street coordinates x `(rows, W)` and z `(rows, 1)` of the ground at every pixel from a row downwards."""
        rows = np.arange(first_row, self.height, dtype=np.float32)[:, None] + 0.5
        columns = np.arange(self.width, dtype=np.float32)[None] + 0.5
        z = self.pixels * self.eye / np.maximum(rows - self.height * self.horizon, 0.25)
        x = (columns - self.width * (0.5 + self.vanishing)) * z / self.pixels + self.x - self.bend * z * z / 2
        return x, z


@dataclass(frozen=True)
class Light:
    """The weather and the hour.

    Attributes:
        zenith: Colour of the sky overhead.
        low_sky: Colour of the sky at the horizon, and of the haze.
        sun: Colour of direct light, times its strength.
        ambient: Colour of light from everywhere, times its strength.
        side: Where the sun is: -1 at the left, 1 at the right.
        behind: How much the sun lights what faces the eye, from 0 (the eye looks towards it) to 1.
        reach: Length of a shadow per metre of height.
        haze: Distance in metres over which two thirds of a colour are lost.
        clouds: How much of the sky is clouded, from 0 to 1.
        night: Whether lamps are lit.
        wet: How much the road mirrors, from 0 to 1.
    """

    zenith: Colour
    low_sky: Colour
    sun: Colour
    ambient: Colour
    side: int
    behind: float
    reach: float
    haze: float
    clouds: float
    night: bool
    wet: float

    def on(self, colour: Colour | Floats, facing: float | Floats) -> Floats:
        """A surface's colour in this light; `facing` is the share of direct light that it gets."""
        return np.asarray(colour) * (np.asarray(self.ambient) + np.asarray(self.sun) * facing)

    def on_side(self, outwards: int) -> float:
        """The share of direct light on a wall along the street that faces left (-1) or right (1)."""
        return 0.75 if outwards == self.side else 0.0

    def on_wall(self, quad: Floats) -> float:
        """The share of direct light on a wall `(4, 3)` along the street, or across it."""
        return self.on_front if quad[0, 0] != quad[1, 0] else self.on_side(-int(np.sign(quad[0, 0])))

    @property
    def on_front(self) -> float:
        """The share of direct light on what faces the eye."""
        return 0.7 * self.behind


class Glow(NamedTuple):
    """The shine of a lamp on the canvas, in its pixels."""

    column: float
    row: float
    radius: float
    colour: Colour

    def on(self, painted: npt.NDArray[np.uint8], bulb: npt.NDArray[np.uint8]) -> bool:
        """Whether its middle is in the picture `(H, W, 4)`, and shows the colour of the lamp."""
        height, width = painted.shape[:2]
        if not (0 <= self.column < width and 0 <= self.row < height):
            return False
        pixel = painted[int(self.row), int(self.column), :3].astype(np.int64)
        return bool(np.abs(pixel - bulb).max() <= 2)


class Canvas:
    """A picture and a map of classes, painted from far to near with the same outlines.

    The two are the colours and the fourth channel of one image, so that one stroke paints both.

    Args:
        camera: Where it is seen from, and the size.
        light: What it is lit by.
        picture: The backdrop: uint8 `(H, W, 3)`.
        labels: The backdrop's classes: uint8 `(H, W)`.
    """

    def __init__(
        self, camera: Camera, light: Light, picture: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]
    ) -> None:
        self.camera = camera
        self.light = light
        self._glows: list[tuple[Glow, npt.NDArray[np.uint8]]] = []  # and the colour of the lamp
        self._image = Image.fromarray(np.dstack([picture, labels]))
        self._polygons: list[tuple[Floats, Floats, int]] = []  # corners (N, K, 3), colours (N, 3), class
        self._stamps: list[tuple[int, Image.Image, Image.Image, tuple[int, int]]] = []  # after so many, what, where

    def paint(self, shapes: Floats, colours: Floats, label: int) -> None:
        """Fill polygons, when the canvas is finished; what comes later covers what came before.

        Args:
            shapes: Corners in street coordinates: `(K, 3)` for one polygon or `(N, K, 3)` for many.
            colours: Lit colours, `(3,)` for all or `(N, 3)`; haze is added here.
            label: Class of all of them.
        """
        shapes = shapes if shapes.ndim == 3 else shapes[None]
        each = np.empty((len(shapes), 3))
        each[:] = colours
        self._polygons.append((shapes, each, label))

    def stamp(
        self, colours: Floats, inside: npt.NDArray[np.bool_], corner: tuple[int, int], depth: float, label: int
    ) -> None:
        """Paint where `inside` `(h, w)` is true with colours `(h, w, 3)`; `corner` is the left column and top row."""
        tile = np.empty((*inside.shape, 4), dtype=np.uint8)
        tile[..., :3] = self._through_air(colours, np.asarray(depth, dtype=colours.dtype))
        tile[..., 3] = label
        self._stamps.append((len(self._polygons), Image.fromarray(tile), Image.fromarray(inside), corner))

    def glow(self, point: Floats, radius: float, colour: Colour, bulb: Floats) -> None:
        """Let a lit lamp shine at a point of the street.

        Args:
            point: Where, `(3,)`; a polygon of the colour `bulb` is painted there.
            radius: Of the glow in metres.
            colour: Of the glow.
            bulb: Lit colour of the lamp; where another colour is seen in the end, the lamp is hidden.
        """
        column, row = self.camera.project(point).tolist()
        depth = max(float(point[2]), NEAR)
        seen = self._through_air(np.asarray(bulb), np.asarray(depth))
        self._glows.append((Glow(column, row, radius * self.camera.pixels / depth, colour), seen))

    def finish(self) -> tuple[Image.Image, npt.NDArray[np.uint8], list[Glow]]:
        """Paint everything; returns the picture, its classes `(H, W)`, and the lamps that are in sight."""
        pen, start = ImageDraw.Draw(self._image), 0
        outlines, fills, counts = self._project()
        for after, tile, inside, corner in [*self._stamps, (len(self._polygons), None, None, None)]:
            stop = counts[after]
            for outline, fill in zip(outlines[start:stop], fills[start:stop], strict=True):
                pen.polygon(outline, fill=tuple(fill))
            if tile is not None:
                self._image.paste(tile, corner, inside)
            start = stop
        painted = np.asarray(self._image)
        return (
            self._image.convert("RGB"),
            painted[..., 3],
            [glow for glow, bulb in self._glows if glow.on(painted, bulb)],
        )

    def _project(self) -> tuple[list[list[float]], list[list[int]], list[int]]:
        """The outlines on the canvas and the fills of all polygons that are in sight.

        Returns:
            Column and row of every corner; red, green, blue and class; and how many polygons the first 0, 1, 2, …
            calls of `paint` left in sight.
        """
        shapes, colours, labels = zip(*self._polygons, strict=True)
        sizes = [len(shape) for shape in shapes]
        points = np.concatenate([shape.reshape(-1, 3) for shape in shapes])
        corners = np.repeat([shape.shape[1] for shape in shapes], sizes)
        ends = np.cumsum(corners)
        starts = ends - corners
        places = self.camera.project(points)
        low, high = np.minimum.reduceat(places, starts), np.maximum.reduceat(places, starts)
        seen = ((high > 0) & (low < [self.camera.width, self.camera.height])).all(axis=1)
        depth = np.maximum(np.add.reduceat(points[:, 2], starts) / corners, NEAR)
        air = self._through_air(np.concatenate(colours), depth)
        fills = np.column_stack([air, np.repeat(np.asarray(labels, dtype=np.uint8), sizes)])[seen].tolist()
        flat = places.ravel().tolist()
        spans = zip((2 * starts[seen]).tolist(), (2 * ends[seen]).tolist(), strict=True)
        counts = np.concatenate([[0], np.cumsum(seen)])[np.concatenate([[0], np.cumsum(sizes)])]
        return [flat[start:end] for start, end in spans], fills, counts.tolist()

    def sees(self, corners: Floats) -> bool:
        """Whether something that is spanned by corners `(..., 3)` may be in the picture."""
        columns, rows = self.camera.project(corners).reshape(-1, 2).T
        across = columns.max() > 0 and columns.min() < self.camera.width
        return bool(across and rows.max() > 0 and rows.min() < self.camera.height)

    def face_eye(self, faces: Floats) -> npt.NDArray[np.bool_]:
        """Which of the faces `(N, 4, 3)`, their corners anticlockwise from outside, are turned to the eye."""
        places = self.camera.project(faces)
        (x0, y0), (x1, y1) = (places[:, 2] - places[:, 0]).T, (places[:, 3] - places[:, 1]).T
        return x0 * y1 < y0 * x1

    def _through_air(self, colours: Floats, depth: Floats) -> npt.NDArray[np.uint8]:
        """Colours `(..., 3)` seen from depths `(...)` in metres, as uint8."""
        clear = np.exp(-depth / self.light.haze)[..., None]
        seen = colours * clear + np.asarray(self.light.low_sky, dtype=colours.dtype) * (1 - clear)
        return (np.clip(seen, 0, 1) * 255).astype(np.uint8)


def upright(x: float, z: float, outline: Floats) -> Floats:
    """Stand flat outlines `(..., 2)` of (right, up) metres at a place of the street, facing the eye: `(..., 3)`."""
    points = np.empty((*outline.shape[:-1], 3))
    points[..., 0] = outline[..., 0] + x
    points[..., 1] = outline[..., 1]
    points[..., 2] = z
    return points


def ring(
    x: float, y: float, across: float, up: float, count: int = 12, *, start: float = 0.0
) -> list[tuple[float, float]]:
    """The corners of an ellipse around (x, y), clockwise from its top; `start` turns it by a share of a corner."""
    turns = ((np.arange(count) + start) / count * 2 * np.pi).tolist()
    return [(x + across * math.sin(turn), y + up * math.cos(turn)) for turn in turns]


def cuts(rectangles: npt.ArrayLike) -> Floats:
    """What to multiply the four corners of a face with, so that rectangles are cut out of it.

    Args:
        rectangles: `(N, 4)`: start, end, bottom, top, as fractions of the face.

    Returns:
        `(N, 4, 4)`; `cuts(rectangles) @ face` are the corners `(N, 4, 3)` of the pieces of a face `(4, 3)` that is
        given by bottom start, bottom end, top end, top start.
    """
    edges = np.asarray(rectangles, dtype=np.float64).reshape(-1, 4)
    s, t = edges[:, _ACROSS], edges[:, _UP]
    both = s * t
    return np.stack([1 - s - t + both, s - both, both, t - both], axis=-1)


def noise_at(x: Floats, y: Floats) -> Floats:
    """Smooth noise in [0, 1] with detail at every scale, the same for ever; its largest spots are about 1 wide."""
    tile = _noise_tile()
    side = len(tile)
    column = (x * (side / 8)).astype(np.intp) & (side - 1)
    row = (y * (side / 8)).astype(np.intp) & (side - 1)
    return tile.ravel().take(row * side + column)


@lru_cache(maxsize=1)
def _noise_tile(side: int = 512, octaves: int = 6) -> Floats:
    """A square of noise that repeats without a seam."""
    rng = np.random.default_rng(20)
    total = np.zeros((side, side))
    for octave in range(octaves):
        cells = 8 * 2**octave
        grid = np.pad(rng.random((cells, cells), dtype=np.float32), 2, mode="wrap")
        step = side // cells
        large = Image.fromarray(grid).resize((len(grid) * step,) * 2, Image.Resampling.BICUBIC)
        total += np.asarray(large)[2 * step : -2 * step, 2 * step : -2 * step] * 0.55**octave
    low, high = np.quantile(total, [0.01, 0.99])
    return np.clip((total - low) / (high - low), 0, 1).astype(np.float32)
