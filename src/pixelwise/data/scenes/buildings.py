"""Buildings: walls with windows, shops, doors and roofs; and fences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import BUILDING, FENCE
from pixelwise.data.scenes.shapes import cuts
from pixelwise.data.scenes.snow import covered
from pixelwise.data.scenes.view import NEAR, Colour, Floats

__all__ = ["Building", "draw_building", "draw_facade", "draw_fence"]

_WALLS: tuple[Colour, ...] = (
    (0.60, 0.33, 0.26), (0.70, 0.44, 0.34), (0.50, 0.31, 0.27), (0.80, 0.72, 0.58), (0.86, 0.82, 0.74),
    (0.78, 0.62, 0.42), (0.84, 0.70, 0.60), (0.66, 0.64, 0.62), (0.56, 0.60, 0.64), (0.72, 0.76, 0.72),
    (0.86, 0.76, 0.52), (0.62, 0.70, 0.76),
)  # fmt: skip
_AWNINGS: tuple[Colour, ...] = (
    (0.70, 0.16, 0.16), (0.14, 0.40, 0.30), (0.16, 0.26, 0.52), (0.84, 0.60, 0.18), (0.80, 0.78, 0.72),
    (0.28, 0.28, 0.30),
)  # fmt: skip
_ROOFS: tuple[Colour, ...] = ((0.34, 0.22, 0.19), (0.26, 0.27, 0.30), (0.44, 0.27, 0.20), (0.32, 0.30, 0.28))
_WINDOW = np.asarray([  # frame, pane, the sky in it, bar, sill: left, right, bottom, top, around the window's middle
    [-1.22, 1.22, -1.14, 1.12], [-1.0, 1.0, -1.0, 1.0], [-0.9, 0.9, -0.05, 0.92], [-0.07, 0.07, -1.0, 1.0],
    [-1.3, 1.3, -1.24, -1.06],
])  # fmt: skip
_FENCE_FRAME = cuts([[0, 1, 0.14, 0.2], [0, 1, 0.78, 0.84], [0, 0.035, 0, 1], [0, 1, 0.94, 1]])  # rails, post, top
_TOP_RAIL = 3  # of them
_DETAIL_TO = 32.0  # m; further off, a window is a frame and a pane, and a fence is plain
_WINDOWS_TO = 70.0  # m; further off, windows along the street are thinner than a pixel


@dataclass(frozen=True)
class Building:
    """A building.

    Attributes:
        wall: Colour of its walls.
        trim: Colour of window frames, sills and cornice.
        roof: Colour of its roof.
        awning: Colour above its shop.
        storey: Height of a storey in metres.
        storeys: Number of storeys.
        bay: Distance between windows in metres.
        window: Width and height of a window as fractions of bay and storey.
        shop: Whether the ground floor is a shop.
        pitch: Height of the roof above the eaves in metres; 0 for a flat roof.
        lit: Share of windows with the light on.
        pattern: Decides which windows are lit, and what the panes mirror.
    """

    wall: Colour
    trim: Colour
    roof: Colour
    awning: Colour
    storey: float
    storeys: int
    bay: float
    window: tuple[float, float]
    shop: bool
    pitch: float
    lit: float
    pattern: int

    @classmethod
    def random(cls, rng: np.random.Generator, storeys: tuple[int, int], *, night: bool) -> Building:
        """Choose a building of some number of storeys."""
        base = np.asarray(_WALLS[rng.integers(len(_WALLS))]) * rng.uniform(0.82, 1.1) + rng.uniform(-0.04, 0.04, 3)
        red, green, blue = np.clip(base, 0.1, 0.95).tolist()
        pale = float(rng.uniform(0.72, 0.92) if rng.random() < 0.7 else rng.uniform(0.22, 0.4))
        number = int(rng.integers(storeys[0], storeys[1] + 1))
        return cls(
            wall=(red, green, blue),
            trim=(pale, pale * 0.98, pale * 0.94),
            roof=_ROOFS[rng.integers(len(_ROOFS))],
            awning=_AWNINGS[rng.integers(len(_AWNINGS))],
            storey=float(rng.uniform(2.8, 3.5)),
            storeys=number,
            bay=float(rng.uniform(2.1, 3.4)),
            window=(float(rng.uniform(0.38, 0.66)), float(rng.uniform(0.46, 0.66))),
            shop=bool(rng.random() < 0.4),
            pitch=float(rng.uniform(2.2, 3.6)) if number <= 3 and rng.random() < 0.75 else 0.0,
            lit=float(rng.uniform(0.25, 0.6)) if night else 0.0,
            pattern=int(rng.integers(2**31)),
        )

    @property
    def height(self) -> float:
        """Height of the walls in metres."""
        return self.storey * self.storeys + 0.5


def draw_building(canvas: Canvas, house: Building, sign: int, front: float, span: tuple[float, float]) -> None:
    """Draw a building that stands along the street: its roof, its near end and its street wall.

    Args:
        canvas: Where to.
        house: The building.
        sign: Its side of the street: -1 or 1.
        front: Distance of its street wall from the road's middle in metres.
        span: Where it begins and ends along the street in metres.
    """
    start, stop = span
    wall, back = sign * front, sign * (front + 12)
    light = canvas.light
    if house.pitch:
        middle, eaves, ridge = sign * (front + 6), house.height, house.height + house.pitch
        slope = [[wall, eaves, start], [wall, eaves, stop], [middle, ridge, stop], [middle, ridge, start]]
        roof = covered(house.roof, 0.92 * light.snow)
        canvas.paint(np.asarray(slope), light.on(roof, 0.4 + 0.5 * light.on_side(-sign)), BUILDING)
        gable = [[wall, eaves, start], [middle, ridge, start], [back, eaves, start]]
        canvas.paint(np.asarray(gable), light.on(house.wall, light.on_front) * 0.95, BUILDING)
        _chimney(canvas, house, middle - 0.4 * sign, start + 0.3 * (stop - start))
    if start > NEAR:
        draw_facade(canvas, house, ((wall, start), (back, start)), light.on_front, shop=False)
    draw_facade(canvas, house, ((wall, start), (wall, stop)), light.on_side(-sign), shop=house.shop)


def _chimney(canvas: Canvas, house: Building, x: float, z: float) -> None:
    """Draw a chimney on the ridge."""
    top = house.height + house.pitch + 1.0
    face = np.asarray([[x - 0.6, top - 2, z], [x + 0.6, top - 2, z], [x + 0.6, top, z], [x - 0.6, top, z]])
    canvas.paint(face, canvas.light.on(house.wall, canvas.light.on_front) * 0.85, BUILDING)


def draw_facade(
    canvas: Canvas, house: Building, ends: tuple[tuple[float, float], tuple[float, float]], facing: float, *, shop: bool
) -> None:
    """Draw one wall, between two places (x, z) of the ground, and all that is on it."""
    (x0, z0), (x1, z1) = ends
    z0, z1, top = max(z0, NEAR), max(z1, NEAR), house.height
    quad = np.asarray([[x0, 0, z0], [x1, 0, z1], [x1, top, z1], [x0, top, z0]])
    if not canvas.sees(quad):
        return
    rng = np.random.default_rng(house.pattern)
    wall, trim = canvas.light.on(house.wall, facing), _ledge(canvas, house.trim, facing)
    canvas.paint(quad, wall, BUILDING)
    bands = np.asarray([[0, 1, 0, 0.5 / top], [0, 1, 1 - 0.45 / top, 1], [0, 1, 1 - 0.12 / top, 1]])
    canvas.paint(cuts(bands) @ quad, np.stack([wall * 0.72, wall * 0.86, trim]), BUILDING)
    _windows(canvas, house, quad, facing, rng, first=1 if shop else 0)
    if shop:
        _shop(canvas, house, quad, facing, rng)


def _windows(
    canvas: Canvas, house: Building, quad: Floats, facing: float, rng: np.random.Generator, *, first: int
) -> None:
    """Draw rows of windows: frame, pane, the sky in it, a bar and a sill."""
    count = max(int(_length(quad) / house.bay), 1)
    bay, storey = 1 / count, house.storey / house.height
    columns, rows = np.meshgrid(np.arange(count), np.arange(first, house.storeys))
    s, t = (columns.ravel() + 0.5) * bay, (rows.ravel() + 0.52) * storey
    lit, gleam = rng.random(len(s)) < house.lit, rng.random(len(s))
    seen = quad[0, 2] + s * (quad[1, 2] - quad[0, 2]) < (_WINDOWS_TO if quad[0, 2] < quad[1, 2] else 2 * _WINDOWS_TO)
    if not seen.any():
        return
    s, t, lit, gleam = s[seen], t[seen], lit[seen, None], gleam[seen, None]
    half, tall = bay * house.window[0] / 2, storey * house.window[1] / 2
    light = canvas.light
    pane = light.on((0.16, 0.19, 0.24), 0.2) + np.asarray(light.low_sky) * (0.08 + 0.30 * gleam)
    pane = np.where(lit, np.asarray([1.0, 0.82, 0.48]) * (0.75 + 0.35 * gleam), pane)
    trim = light.on(house.trim, facing)
    parts = _WINDOW if quad[0, 2] < _DETAIL_TO else _WINDOW[:2]
    colours = np.empty((len(_WINDOW), len(s), 3))
    colours[0], colours[1], colours[2], colours[3], colours[4] = (
        trim,
        pane * 0.82,
        pane,
        trim,
        _ledge(canvas, house.trim, facing) * 0.9,
    )
    edges = np.stack([s, s, t, t], axis=1) + parts[:, None] * [half, half, tall, tall]
    canvas.paint(cuts(edges) @ quad, colours[: len(parts)].reshape(-1, 3), BUILDING)


def _ledge(canvas: Canvas, colour: Colour, facing: float) -> Floats:
    """The lit colour of what is narrow and lies flat: sills, cornices, rails."""
    return canvas.light.on(covered(colour, 0.9 * canvas.light.snow), facing)


def _length(quad: Floats) -> float:
    """Length of a wall's foot in metres."""
    return float(np.hypot(*(quad[1] - quad[0])[[0, 2]]))


def _shop(canvas: Canvas, house: Building, quad: Floats, facing: float, rng: np.random.Generator) -> None:
    """Draw a shop on the ground floor: dark front, large panes, a door, a board above."""
    light = canvas.light
    storey = house.storey / house.height
    front = np.asarray([[0.02, 0.98, 0, storey * 0.98]])
    canvas.paint(cuts(front) @ quad, light.on(house.awning, facing) * 0.55, BUILDING)
    count = max(int(_length(quad) / 2.6), 1)
    s = (np.arange(count) + 0.5) / count * 0.94 + 0.03
    half = 0.42 / count
    door = np.arange(count) == rng.integers(count)
    low = np.where(door, 0.0, storey * 0.18)
    glass = light.on((0.20, 0.22, 0.25), 0.2) + np.asarray(light.low_sky) * rng.uniform(0.05, 0.25, (count, 1))
    if light.night:
        glass = np.broadcast_to(np.asarray([1.0, 0.86, 0.6]), (count, 3)) * rng.uniform(0.8, 1.0, (count, 1))
    panes = np.stack([s - half, s + half, low, np.full(count, storey * 0.7)], axis=1)
    canvas.paint(cuts(panes) @ quad, glass, BUILDING)
    board = np.asarray([[0.01, 0.99, storey * 0.74, storey * 0.98], [0.01, 0.99, storey * 0.68, storey * 0.76]])
    colour = light.on(house.awning, facing)
    canvas.paint(cuts(board) @ quad, np.stack([colour, colour * 0.7]), BUILDING)


def draw_fence(canvas: Canvas, quad: Floats, colour: Colour, style: int) -> None:
    """Draw a piece of fence on a four-cornered face: boards with rails (0) or bars before a dark panel (1)."""
    if not canvas.sees(quad):
        return
    lit = canvas.light.on(colour, canvas.light.on_wall(quad))
    boards = style == 0
    far = quad[0, 2] > _DETAIL_TO
    canvas.paint(quad, lit * (0.85 if far else 1.0 if boards else 0.5), FENCE)
    if far:
        return
    edges = np.linspace(0, 1, 12 if boards else 8, endpoint=False)
    bars = np.stack([edges, edges + (0.022 if boards else 0.05), 0 * edges, 0 * edges + 1], axis=1)
    canvas.paint(cuts(bars) @ quad, lit * (0.55 if boards else 1.0), FENCE)
    frame = lit * np.asarray([[0.85], [0.85], [1.1], [1.12]])
    frame[_TOP_RAIL] = _ledge(canvas, colour, canvas.light.on_wall(quad)) * 1.12
    canvas.paint(_FENCE_FRAME @ quad, frame, FENCE)
