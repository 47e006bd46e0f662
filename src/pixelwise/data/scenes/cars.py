"""Cars and vans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import CAR
from pixelwise.data.scenes.shapes import cuts, ring, upright
from pixelwise.data.scenes.snow import covered
from pixelwise.data.scenes.view import Colour, Floats

__all__ = ["Car", "draw_car"]

_PAINTS: tuple[Colour, ...] = (
    (0.82, 0.83, 0.84), (0.60, 0.62, 0.65), (0.12, 0.12, 0.14), (0.30, 0.32, 0.36), (0.66, 0.10, 0.10),
    (0.12, 0.24, 0.52), (0.10, 0.34, 0.28), (0.82, 0.62, 0.14), (0.30, 0.52, 0.72), (0.74, 0.36, 0.14),
)  # fmt: skip
_LEFT, _RIGHT = 1, 2  # among the faces of a box: near, left, right, top
_TONES = np.asarray([[0.95], [0.84], [0.84], [1.1]])
_IS_TOP = np.asarray([0, 0, 0, 1])
_EDGE = cuts([0, 1, 0.78, 1])
_BUMPER_AND_PLATE = cuts([[0.03, 0.97, 0.0, 0.42], [0.35, 0.65, 0.46, 0.86]])
_GRILLE = cuts([0.24, 0.76, 0.12, 0.62])
_LAMPS = cuts([[0.02, 0.2, 0.08, 0.74], [0.8, 0.98, 0.08, 0.74]])
_SCREEN = cuts([[0.07, 0.93, 0.06, 0.86], [0.07, 0.93, 0.5, 0.86]])
_DOORS = cuts([[0.08, 0.47, 0.5, 0.85], [0.53, 0.92, 0.5, 0.85]])
_PANES = cuts([[0.06, 0.48, 0.1, 0.84], [0.53, 0.94, 0.1, 0.84]])
_CIRCLE = np.asarray(ring(0, 0, 1, 1))
_WHEEL_RADII = np.asarray([[0.38], [0.33], [0.2]])
_WHEEL_COLOURS = np.asarray([(0.05, 0.05, 0.06), (0.12, 0.12, 0.13), (0.55, 0.56, 0.58)])


@dataclass(frozen=True)
class Car:
    """A car.

    Attributes:
        x: Its middle across the street in metres.
        z: Its near end in metres ahead.
        away: Whether its tail faces the eye.
        van: Whether it is a van.
        paint: Its colour.
        length: In metres.
        width: In metres.
        height: In metres.
    """

    x: float
    z: float
    away: bool
    van: bool
    paint: Colour
    length: float
    width: float
    height: float

    @classmethod
    def random(cls, rng: np.random.Generator, x: float, z: float, *, away: bool) -> Car:
        """Choose a car or, seldom, a van."""
        van = bool(rng.random() < 0.14)
        return cls(
            x=x,
            z=z,
            away=away,
            van=van,
            paint=_PAINTS[rng.integers(len(_PAINTS))],
            length=float(rng.uniform(3.7, 4.6)) + van,
            width=float(rng.uniform(1.68, 1.84)) + 0.15 * van,
            height=float(rng.uniform(1.42, 1.58)) + 0.7 * van,
        )

    @property
    def shadow(self) -> Floats:
        """The ground that it darkens, `(4, 3)`."""
        half, z0, z1 = self.width / 2 + 0.12, self.z - 0.15, self.z + self.length + 0.15
        x = self.x
        return np.asarray([[x - half, 0, z0], [x + half, 0, z0], [x + half, 0, z1], [x - half, 0, z1]])


def draw_car(canvas: Canvas, car: Car) -> None:
    """Draw a car: the dark below it, body, shoulders, wheels and cabin, each with what is on it."""
    half, waist = car.width / 2, 1.0 if car.van else 0.9
    z0, z1 = car.z, car.z + car.length
    body = _box((car.x, half * 0.96, z0 + 0.05, z1 - 0.05, 0.24), (car.x, half, z0, z1, 0.56))
    shoulder = _box((car.x, half, z0, z1, 0.56), (car.x, half * 0.93, z0 + 0.16, z1 - 0.16, waist))
    bonnet, boot = (0.9 if car.van else 1.2), (0.06 if car.van or car.length < 4.15 else 0.55)
    first, last = (boot, bonnet) if car.away else (bonnet, boot)
    near, far = (0.28, 0.75) if car.away else (0.75, 0.28)
    roof = half * (0.86 if car.van else 0.74)
    cabin = _box(
        (car.x, half * 0.94, z0 + first, z1 - last, waist - 0.01),
        (car.x, roof, z0 + first + near, z1 - last - far, car.height),
    )
    faces = np.concatenate([body, shoulder, cabin])
    if not canvas.sees(faces):
        return
    turned = canvas.face_eye(faces).reshape(3, 4)
    _below(canvas, car)
    _metal(canvas, car, body, turned[0], 0.86)
    _metal(canvas, car, shoulder, turned[1], 1.0)
    _wheels(canvas, car, turned[0])
    _end(canvas, car, body[0], shoulder[0])
    _metal(canvas, car, cabin, turned[2], 0.95)
    _glass(canvas, car, cabin, turned[2])


def _box(bottom: tuple[float, float, float, float, float], top: tuple[float, float, float, float, float]) -> Floats:
    """The near, left, right and top faces `(4, 4, 3)` of a box given by (middle x, half width, near, far, y) twice."""
    (xb, hb, n0, f0, y0), (xt, ht, n1, f1, y1) = bottom, top
    a, b, c, d = (xb - hb, y0, n0), (xb + hb, y0, n0), (xt + ht, y1, n1), (xt - ht, y1, n1)
    e, f, g, h = (xb - hb, y0, f0), (xb + hb, y0, f0), (xt + ht, y1, f1), (xt - ht, y1, f1)
    return np.asarray([[a, b, c, d], [e, a, d, h], [b, f, g, c], [d, c, g, h]])


def _metal(canvas: Canvas, car: Car, box: Floats, turned: npt.NDArray[np.bool_], brightness: float) -> None:
    """Paint the faces of a box that are turned to the eye, each mirroring some sky at its upper edge."""
    light = canvas.light
    shares = np.asarray([light.on_front, light.on_side(-1), light.on_side(1), 0.85])[turned, None]
    paint = covered(car.paint, 0.85 * light.snow * _IS_TOP[turned])
    colours = light.on(paint, shares) * _TONES[turned] * brightness
    canvas.paint(box[turned], colours, CAR)
    canvas.paint(_EDGE @ box[turned], colours * 0.92 + np.asarray(light.low_sky) * 0.12, CAR)


def _below(canvas: Canvas, car: Car) -> None:
    """Draw the dark gap under a car, and its tyres from behind."""
    half = car.width / 2
    dark = canvas.light.on((0.06, 0.06, 0.07), 0.2)
    shapes = [
        [-half * 0.95, 0.1, half * 0.95, 0.4],
        [-half * 0.97, 0, -half * 0.67, 0.4],
        [half * 0.67, 0, half * 0.97, 0.4],
    ]
    outlines = np.asarray(shapes)[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    canvas.paint(upright(car.x, car.z + 0.1, outlines), dark, CAR)


def _wheels(canvas: Canvas, car: Car, turned: npt.NDArray[np.bool_]) -> None:
    """Draw the two wheels of the side that the eye sees."""
    light = canvas.light
    sides = [(sign, z) for face, sign in ((_LEFT, -1), (_RIGHT, 1)) if turned[face] for z in (0.78, car.length - 0.82)]
    for sign, z in sides:
        wheel = np.empty((3, len(_CIRCLE), 3))
        wheel[..., 0] = car.x + sign * car.width / 2 * 1.005
        wheel[..., 1] = 0.33 + _CIRCLE[:, 1] * _WHEEL_RADII
        wheel[..., 2] = car.z + z + _CIRCLE[:, 0] * _WHEEL_RADII
        canvas.paint(wheel, light.on(_WHEEL_COLOURS, light.on_side(sign)), CAR)


def _end(canvas: Canvas, car: Car, lower: Floats, upper: Floats) -> None:
    """Draw bumper, plate, lights and grille on the near end of a car."""
    light = canvas.light
    dark = light.on((0.10, 0.10, 0.11), 0.3)
    plate = light.on((0.86, 0.80, 0.45) if car.away else (0.88, 0.88, 0.88), light.on_front)
    canvas.paint(_BUMPER_AND_PLATE @ lower, np.stack([dark * 1.3, plate]), CAR)
    if not car.away:
        canvas.paint(_GRILLE @ upper, dark, CAR)
    lamp: Colour = (0.75, 0.07, 0.06) if car.away else (0.94, 0.94, 0.88)
    lamps = _LAMPS @ upper
    bulb = np.asarray(lamp) * 1.2 if light.night else light.on(lamp, light.on_front)
    canvas.paint(lamps, bulb, CAR)
    if light.night:
        for middle in lamps.mean(axis=1):
            canvas.glow(middle, 0.36, (0.6, 0.10, 0.07) if car.away else (0.85, 0.8, 0.66), bulb)


def _glass(canvas: Canvas, car: Car, cabin: Floats, turned: npt.NDArray[np.bool_]) -> None:
    """Draw the windows of a car."""
    pane = canvas.light.on((0.10, 0.12, 0.15), 0.2) + np.asarray(canvas.light.low_sky) * 0.10
    if car.van and car.away:
        canvas.paint(_DOORS @ cabin[0], pane, CAR)
    else:
        canvas.paint(_SCREEN @ cabin[0], np.stack([pane, pane + 0.10]), CAR)
    for face in (_LEFT, _RIGHT):
        if turned[face]:
            front = int((face == _RIGHT) == car.away)  # the half that is nearer to the car's front
            canvas.paint((_PANES[front : front + 1] if car.van else _PANES) @ cabin[face], pane * 0.9, CAR)
