"""Colours by which a person tells classes apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["legend"]

_STREET = {  # Cityscapes' colours, https://www.cityscapes-dataset.com
    "background": (0, 0, 0),
    "road": (128, 64, 128),
    "sidewalk": (222, 150, 210),  # Cityscapes' is (244, 35, 232), of the same hue, beside which nothing else is seen
    "building": (70, 70, 70),
    "wall": (102, 102, 156),
    "fence": (190, 153, 153),
    "pole": (153, 153, 153),
    "traffic light": (250, 170, 30),
    "sign": (220, 220, 0),
    "tree": (107, 142, 35),
    "terrain": (152, 251, 152),
    "sky": (70, 130, 180),
    "person": (220, 20, 60),
    "rider": (255, 0, 0),
    "car": (0, 0, 142),
    "truck": (0, 0, 70),
    "bus": (0, 60, 100),
    "train": (0, 80, 100),
    "motorcycle": (0, 0, 230),
    "bicycle": (119, 11, 32),
    "water": (0, 170, 220),
    "object": (255, 140, 0),
}
_SAME = {
    "pavement": "sidewalk",
    "signsymbol": "sign",
    "traffic sign": "sign",
    "vegetation": "tree",
    "grass": "terrain",
    "pedestrian": "person",
    "bicyclist": "bicycle",
    "cyclist": "bicycle",
    "house": "building",
    "foreground": "object",
}
_NEAR = 12.0  # CIE76 distance below which two colours of a legend are taken for the same


def legend(names: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """One colour per class, each clearly different from the others and the same for the same list of names.

    Known names (sky, road, car, tree, person, …) get the colour that the field knows them by, from Cityscapes; every
    other class gets the colour that is farthest from all those taken, by distance in CIE L*a*b*.

    Args:
        names: The classes in their order.

    Returns:
        RGB of each class, 0 to 255.

    >>> legend(["sky", "road"])
    ((70, 130, 180), (128, 64, 128))
    """
    chosen: dict[int, tuple[int, int, int]] = {}
    for i, name in enumerate(names):
        colour = _known(name)
        if colour is not None and not _is_near(colour, list(chosen.values())):
            chosen[i] = colour
    missing = [i for i in range(len(names)) if i not in chosen]
    chosen.update(zip(missing, _farthest(list(chosen.values()), len(missing)), strict=True))
    return tuple(chosen[i] for i in range(len(names)))


def _known(name: str) -> tuple[int, int, int] | None:
    """The customary colour of a class."""
    word = name.strip().lower().replace("_", " ").replace("-", " ")
    return _STREET.get(_SAME.get(word, word))


def _is_near(colour: tuple[int, int, int], taken: Sequence[tuple[int, int, int]]) -> bool:
    """Whether a colour would be confused with one that is taken."""
    if not taken:
        return False
    distance = np.linalg.norm(_lab(np.array(taken)) - _lab(np.array([colour])), axis=1)
    return bool(distance.min() < _NEAR)


def _farthest(taken: Sequence[tuple[int, int, int]], count: int) -> list[tuple[int, int, int]]:
    """Colours one by one, each the candidate whose nearest taken colour is farthest; black and white are taken."""
    colours, places = _candidates()
    others = _lab(np.array([(0, 0, 0), (255, 255, 255), *taken]))
    nearest = np.linalg.norm(places[:, None] - others[None], axis=2).min(axis=1)
    found: list[tuple[int, int, int]] = []
    for _ in range(count):
        best = int(nearest.argmax())
        red, green, blue = colours[best]
        found.append((int(red), int(green), int(blue)))
        nearest = np.minimum(nearest, np.linalg.norm(places - places[best], axis=1))
    return found


@lru_cache(maxsize=1)
def _candidates() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A grid of 12³ colours and their places in L*a*b*."""
    levels = np.linspace(0, 255, 12).round().astype(np.int64)
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    return colours, _lab(colours)


def _lab(colours: NDArray[np.integer]) -> NDArray[np.float64]:
    """`(N, 3)` sRGB from 0 to 255 as CIE L*a*b* under D65."""
    linear = np.asarray(colours, dtype=np.float64) / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
