"""Streets drawn from a seed: images with a class for every pixel, for trying everything without any data.

Every street is a small three-dimensional model (a road that may bend, pavements, buildings, a park, cars, people,
lamps, signs) under one of several skies, seen through a driver's eye and painted from far to near. The picture and
the classes are painted with the same outlines at twice the size; then the picture is averaged and the classes are
decided by majority, so that edges are soft in the one and exact in the other.

Not a substitute for photographs: a network that has learnt these streets knows no real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixelwise.data.scenes.backdrop import cast_shadows, develop, ground, sky
from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import SCENE_CLASSES, SCENE_COLORS, SKY
from pixelwise.data.scenes.plan import furnish
from pixelwise.data.scenes.street import random_camera, random_street
from pixelwise.data.scenes.weather import random_light

__all__ = ["SCENE_CLASSES", "SCENE_COLORS", "Scene", "draw_scene"]


@dataclass(frozen=True)
class Scene:
    """A street.

    Attributes:
        image: RGB, uint8 `(H, W, 3)`.
        mask: Index of each pixel's class in `SCENE_CLASSES`, uint8 `(H, W)`.
    """

    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.uint8]


def draw_scene(seed: int, height: int = 240, width: int = 320) -> Scene:
    """Draw the street of a seed; the same seed at another size is the same street."""
    rng = np.random.default_rng(seed)
    street, light = random_street(rng), random_light(rng)
    camera = random_camera(rng, street, 2 * height, 2 * width)
    things = furnish(street, light, rng)
    shade = cast_shadows(camera, street, [shadow for thing in things for shadow in thing.shadows])
    above = sky(camera, light, rng)
    below, classes = ground(camera, light, street, shade, rng)
    labels = np.concatenate([np.full(above.shape[:2], SKY, dtype=np.uint8), classes])
    picture = (np.clip(np.concatenate([above, below]), 0, 1) * 255).astype(np.uint8)
    canvas = Canvas(camera, light, picture, labels)
    for thing in things:
        thing.draw(canvas)
    painted, classes = canvas.finish()
    mask = _majority(classes)
    return Scene(develop(painted, mask, canvas.glows, camera, light, rng), mask)


def _majority(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Halve a map of classes: of every four pixels the most frequent class, the higher one in a tie."""
    height, width = labels.shape[0] // 2, labels.shape[1] // 2
    four = labels.reshape(height, 2, width, 2).transpose(1, 3, 0, 2).reshape(4, height, width)
    a, b, c, d = np.sort(four, axis=0)
    return np.where((c == d) | (b == c), c, np.where(a == b, a, d))
