"""The camera and the light that a street is seen with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["NEAR", "Camera", "Colour", "Floats", "Light"]

Floats = npt.NDArray[np.floating[Any]]
Colour = tuple[float, float, float]  # red, green, blue in [0, 1]
NEAR = 1.5  # m; nothing is drawn nearer to the eye than this


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
        snow: How much of what may lie under snow does, from 0 to 1.
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
    snow: float = 0.0

    def on(self, colour: Colour | Floats, facing: float | Floats) -> Floats:
        """A surface's colour in this light; `facing` is the share of direct light that it gets."""
        ambient, sun = self._arrays
        return np.asarray(colour) * (ambient + sun * facing)

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats]:
        """`ambient` and `sun` to calculate with."""
        return np.asarray(self.ambient), np.asarray(self.sun)

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
