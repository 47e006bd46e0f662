"""Two canvases that are always painted together: the picture and its classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from pixelwise.data.scenes.view import NEAR, Camera, Colour, Floats, Light

__all__ = ["Canvas", "Glow"]


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
        tile[..., :3] = self._through_air(colours, np.asarray(depth))
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
        """The outlines on the canvas and the fills of all polygons that are in sight and larger than a pixel.

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
        seen = ((high > 0) & (low < [self.camera.width, self.camera.height])).all(axis=1) & (high - low > 1).any(axis=1)
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
        clear = np.exp(-depth / self.light.haze)[..., None].astype(colours.dtype)
        seen = colours * clear + np.asarray(self.light.low_sky, dtype=colours.dtype) * (1 - clear)
        return (np.clip(seen, 0, 1) * 255).astype(np.uint8)
