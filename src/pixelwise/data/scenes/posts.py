"""Street lamps, road signs and traffic lights."""

from __future__ import annotations

import numpy as np

from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import POLE, SIGN
from pixelwise.data.scenes.shapes import ring, upright
from pixelwise.data.scenes.view import NEAR, Colour, Floats

__all__ = ["SIGN_KINDS", "draw_lamp", "draw_sign", "draw_traffic_light"]

_THINNEST = 0.021  # of the canvas' height: no pole is thinner, however far
_WHITE, _RED, _BLUE = (0.94, 0.94, 0.92), (0.80, 0.08, 0.10), (0.08, 0.26, 0.66)
_GREEN, _YELLOW, _BLACK = (0.05, 0.40, 0.24), (0.96, 0.76, 0.10), (0.12, 0.12, 0.13)
_CIRCLE = np.asarray(ring(0, 0, 1, 1, 16))
_OCTAGON = np.asarray(ring(0, 0, 1.08, 1.08, 8, start=0.5))
_DIAMOND = np.asarray(ring(0, 0, 1.15, 1.15, 4))
_TRIANGLE = np.asarray([[-1.1, -0.85], [1.1, -0.85], [0.0, 1.05]])
_SQUARE = np.asarray([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]])
_BAR = np.asarray([[-0.6, -0.16], [0.6, -0.16], [0.6, 0.16], [-0.6, 0.16]])
_ARROW = np.asarray([[-0.18, -0.6], [0.18, -0.6], [0.18, 0.05], [0.5, 0.05], [0, 0.65], [-0.5, 0.05], [-0.18, 0.05]])
_WIDE = _SQUARE * [1.6, 0.9]
_SIGNS: tuple[tuple[tuple[Floats, Colour], ...], ...] = (  # outlines, one upon the other
    ((_CIRCLE, _RED), (_CIRCLE * 0.74, _WHITE), (_BAR * [0.6, 1.8], _BLACK)),  # limit
    ((_TRIANGLE, _RED), (_TRIANGLE * 0.64 - [0, 0.1], _WHITE), (_BAR * [0.2, 2] - [0, 0.2], _BLACK)),  # warning
    ((_CIRCLE, _WHITE), (_CIRCLE * 0.92, _BLUE), (_ARROW, _WHITE)),  # this way
    ((_OCTAGON, _WHITE), (_OCTAGON * 0.92, _RED), (_BAR, _WHITE)),  # stop
    ((_SQUARE, _WHITE), (_SQUARE * 0.9, _BLUE), (_BAR * [0.3, 3.4] - [0.2, 0], _WHITE),
     (_BAR * [0.7, 2] + [0.1, 0.25], _WHITE), (_BAR * [0.25, 0.6] + [0.1, 0.25], _BLUE)),  # parking
    ((_WIDE, _WHITE), (_WIDE * [0.95, 0.9], _GREEN), (_BAR * [1.7, 0.9] + [0, 0.25], _WHITE),
     (_BAR * [1.1, 0.9] - [0.35, 0.3], _WHITE)),  # direction
    ((_CIRCLE, _WHITE), (_CIRCLE * 0.95, _RED), (_BAR * [1.1, 1.4], _WHITE)),  # no entry
    ((_DIAMOND, _WHITE), (_DIAMOND * 0.86, _BLACK), (_DIAMOND * 0.78, _YELLOW)),  # priority
)  # fmt: skip
SIGN_KINDS = len(_SIGNS)


def draw_lamp(canvas: Canvas, x: float, z: float, reach: float, colour: Colour) -> None:
    """Draw a street lamp; its arm reaches `reach` metres to the right, or it is a lantern where that is 0."""
    light = canvas.light
    top = 6.4 if reach else 3.6
    _pole(canvas, x, z, top, 0.2, colour)
    half = _half_width(canvas, 0.14, z)
    lit = light.on(colour, light.on_front)
    bulb = np.asarray([1.0, 0.93, 0.72]) if light.night else light.on((0.85, 0.86, 0.84), 0.5)
    if reach:
        arm = np.asarray([[0, -half], [reach, 0.5 - half], [reach, 0.5 + half], [0, half]])
        head = np.asarray([[reach * 0.75, 0.36], [reach * 1.35, 0.44], [reach * 1.3, 0.66], [reach * 0.75, 0.66]])
        shapes = [(arm, lit), (head, lit), (head * [1, 0.5] + [0, 0.14], bulb)]
    else:
        head = np.asarray([[-0.2, 0], [0.2, 0], [0.32, 0.6], [-0.32, 0.6]])
        roof = np.asarray([[-0.42, 0.6], [0.42, 0.6], [0.1, 0.9], [-0.1, 0.9]])
        shapes = [(head, bulb), (roof, lit)]
    for outline, tone in shapes:
        canvas.paint(upright(x, z, outline + np.asarray([0, top])), tone, POLE)
    if light.night:
        canvas.glow(np.asarray([x + reach, top + 0.4, z]), 0.9, (0.9, 0.72, 0.42), bulb)


def draw_sign(canvas: Canvas, x: float, z: float, kind: int, colour: Colour) -> None:
    """Draw a road sign on a pole; `kind` is below `SIGN_KINDS`."""
    light = canvas.light
    half = max(0.48, 0.038 * z / canvas.camera.focal)
    y = 2.1 + half
    _pole(canvas, x, z, y, 0.09, colour)
    for outline, tone in _SIGNS[kind]:
        canvas.paint(upright(x, z, outline * half + [0, y]), light.on(tone, 0.25 + 0.6 * light.on_front), SIGN)


def draw_traffic_light(canvas: Canvas, x: float, z: float, shows: int, colour: Colour) -> None:
    """Draw a traffic light that shows red (0), amber (1) or green (2)."""
    light = canvas.light
    half = max(0.24, 0.024 * z / canvas.camera.focal)
    foot, tall = 2.2, half * 5.6
    _pole(canvas, x, z, foot + 0.2, 0.13, colour)
    box = np.asarray([[-half, foot], [half, foot], [half, foot + tall], [-half, foot + tall]])
    canvas.paint(upright(x, z, box), light.on((0.88, 0.88, 0.86), light.on_front), SIGN)
    middle = np.asarray([0, foot + tall / 2])
    board = (box - middle) * [0.82, 0.93] + middle
    canvas.paint(upright(x, z, board), light.on((0.10, 0.11, 0.11), light.on_front), SIGN)
    lamps: tuple[Colour, ...] = ((1.0, 0.16, 0.12), (1.0, 0.70, 0.15), (0.20, 0.95, 0.50))
    for index, tone in enumerate(lamps):
        y = foot + tall - (index + 0.5) * tall / 3
        spot = np.asarray(ring(0, y, half * 0.62, half * 0.62))
        canvas.paint(upright(x, z, spot), np.asarray(tone) * (1.0 if index == shows else 0.2), SIGN)
    y = foot + tall - (shows + 0.5) * tall / 3
    red, green, blue = lamps[shows]
    canvas.glow(np.asarray([x, y, z]), half * 1.4, (red * 0.5, green * 0.5, blue * 0.5), np.asarray(lamps[shows]))


def _pole(canvas: Canvas, x: float, z: float, top: float, width: float, colour: Colour) -> None:
    """Draw an upright pole with a lit and a shaded half, and a thicker foot."""
    half = _half_width(canvas, width, z)
    light = canvas.light
    shaft = np.asarray([[-half, 0], [half, 0], [half, top], [-half, top]])
    canvas.paint(upright(x, z, shaft), light.on(colour, light.on_front * 0.6), POLE)
    gleam = shaft * [0.5, 1] + [half * light.side / 2, 0]
    canvas.paint(upright(x, z, gleam), light.on(colour, 0.8) * 1.1, POLE)
    foot = np.asarray([[-half * 1.5, 0], [half * 1.5, 0], [half * 1.5, 0.7], [-half * 1.5, 0.7]])
    canvas.paint(upright(x, z, foot), light.on(colour, light.on_front * 0.5) * 0.9, POLE)


def _half_width(canvas: Canvas, width: float, z: float) -> float:
    """Half the width of a pole in metres: what it is, or what is thick enough to be seen."""
    return max(width, _THINNEST * max(z, NEAR) / canvas.camera.focal) / 2
