"""Pedestrians."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import PEDESTRIAN
from pixelwise.data.scenes.shapes import ring, upright
from pixelwise.data.scenes.view import Colour, Floats

__all__ = ["Person", "draw_person"]

_CLOTHES: tuple[Colour, ...] = (
    (0.72, 0.14, 0.16), (0.14, 0.24, 0.50), (0.86, 0.84, 0.80), (0.14, 0.14, 0.16), (0.84, 0.62, 0.16),
    (0.20, 0.46, 0.34), (0.48, 0.22, 0.46), (0.44, 0.34, 0.26), (0.36, 0.56, 0.72), (0.80, 0.46, 0.50),
)  # fmt: skip
_TROUSERS: tuple[Colour, ...] = (
    (0.14, 0.18, 0.30), (0.12, 0.12, 0.13), (0.36, 0.30, 0.24), (0.26, 0.32, 0.44), (0.46, 0.44, 0.40),
)  # fmt: skip
_SKIN: tuple[Colour, ...] = ((0.86, 0.68, 0.56), (0.72, 0.52, 0.40), (0.50, 0.34, 0.25), (0.36, 0.24, 0.18))
_HAIR: tuple[Colour, ...] = ((0.10, 0.07, 0.05), (0.30, 0.18, 0.10), (0.62, 0.46, 0.24), (0.55, 0.54, 0.52))


@dataclass(frozen=True)
class Person:
    """Someone who walks.

    Attributes:
        x: Where across the street in metres.
        z: Where along the street in metres.
        tall: Height over 1.75 m.
        turn: -1 walks to the left, 1 to the right.
        stride: Half the length of the step in metres.
        coat: Colour of coat, shirt or dress.
        trousers: Colour of the trousers.
        skin: Colour of the skin.
        hair: Colour of the hair.
        long_coat: Whether the coat reaches to the knees.
        bag: Whether a bag is carried.
    """

    x: float
    z: float
    tall: float
    turn: int
    stride: float
    coat: Colour
    trousers: Colour
    skin: Colour
    hair: Colour
    long_coat: bool
    bag: bool

    @classmethod
    def random(cls, rng: np.random.Generator, x: float, z: float) -> Person:
        """Choose someone at a place."""
        return cls(
            x=x,
            z=z,
            tall=float(rng.uniform(0.90, 1.07)),
            turn=2 * int(rng.integers(2)) - 1,
            stride=float(rng.uniform(0.05, 0.26)),
            coat=_CLOTHES[rng.integers(len(_CLOTHES))],
            trousers=_TROUSERS[rng.integers(len(_TROUSERS))],
            skin=_SKIN[rng.integers(len(_SKIN))],
            hair=_HAIR[rng.integers(len(_HAIR))],
            long_coat=bool(rng.random() < 0.3),
            bag=bool(rng.random() < 0.4),
        )


def draw_person(canvas: Canvas, person: Person) -> None:
    """Draw a walking person, seen from the side: legs, arms, coat, head."""
    light, step = canvas.light, person.stride
    side = person.turn * light.side
    coat, legs = np.asarray(person.coat), np.asarray(person.trousers)
    hem, low = (0.24, 0.56) if person.long_coat else (0.17, 0.78)
    back = [(hem, low), (0.15, 1.1), (0.21, 1.40), (0.10, 1.47)]
    parts: list[tuple[list[tuple[float, float]], Floats, float]] = [
        ([(-0.14, 0.86), (0.03, 0.86), (0.08 - step, 0.04), (-0.08 - step, 0.04)], legs * 0.75, 1),
        ([(-0.01, 0.86), (0.15, 0.86), (step + 0.09, 0), (step - 0.07, 0)], legs, 1),
        ([(step - 0.08, 0), (step + 0.2, 0), (step + 0.09, 0.1), (step - 0.07, 0.1)], np.full(3, 0.1), 1),
        ([(-0.15, 1.38), (-0.06, 1.4), (-0.07 - step * 0.9, 0.84), (-0.18 - step * 0.9, 0.86)], coat, 0.4),
        (back + [(-x, y) for x, y in reversed(back)], coat, 1),
        ([(0, low), (side * hem, low), (side * 0.15, 1.1), (side * 0.21, 1.40), (0, 1.45)], coat * 1.18, 1),
        ([(0.12, 1.40), (0.21, 1.38), (step * 0.9 + 0.2, 0.86), (step * 0.9 + 0.08, 0.84)], coat * 0.9, 0.7),
        (ring(0, 1.60, 0.135, 0.155), np.asarray(person.hair), 1),
        (ring(0.04, 1.575, 0.095, 0.12), np.asarray(person.skin), 1),
    ]
    if person.bag:
        parts.append(([(-0.36, 0.6), (-0.1, 0.6), (-0.1, 0.9), (-0.36, 0.9)], np.asarray((0.30, 0.20, 0.14)), 1))
    for points, colour, share in parts:
        outline = np.asarray(points) * [person.turn * 1.12, 1] * person.tall
        canvas.paint(upright(person.x, person.z, outline), light.on(colour, light.on_front * share), PEDESTRIAN)
