"""Streets drawn from a seed: images with a class for every pixel, for trying everything without any data.

Every street is a small three-dimensional model (a road that may bend, pavements, buildings, a park, cars, people,
lamps, signs) under one of several skies, seen through a driver's eye and painted from far to near. The picture and
the classes are painted with the same outlines at twice the size; then the picture is averaged and the classes are
decided by majority, so that edges are soft in the one and exact in the other.

Not a substitute for photographs: a network that has learnt these streets knows no real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from pixelwise.data.scenes.backdrop import cast_shadows, develop, ground, sky
from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import SCENE_CLASSES, SCENE_COLORS, SKY
from pixelwise.data.scenes.plan import furnish
from pixelwise.data.scenes.snow import wintry
from pixelwise.data.scenes.street import random_camera, random_street
from pixelwise.data.scenes.weather import random_light
from pixelwise.errors import OutputError, SettingError
from pixelwise.ops.files import writable_folder, write_atomically

__all__ = ["SCENE_CLASSES", "SCENE_COLORS", "Scene", "Season", "draw_scene", "write_scenes", "write_seasons"]

Season = Literal["summer", "winter"]

_SPLIT_SEEDS = 1_000_000  # more scenes than a split may have


@dataclass(frozen=True)
class Scene:
    """A street.

    Attributes:
        image: RGB, uint8 `(H, W, 3)`.
        mask: Index of each pixel's class in `SCENE_CLASSES`, uint8 `(H, W)`.
    """

    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.uint8]


def draw_scene(seed: int, height: int = 240, width: int = 320, season: Season | None = None) -> Scene:
    """Draw the street of a seed; the same seed at another size is the same street.

    Args:
        seed: Decides everything: the street, what stands on it, the weather, the camera; zero or more.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels. A wider picture of the same height shows more to both sides.
        season: `summer` has green leaves, `winter` snow; all else, classes included, is the same in both. None leaves
            the leaves to the seed: green ones, autumn or blossom.

    Raises:
        SettingError: If the seed is negative or the picture has no pixels.
    """
    if seed < 0 or height < 1 or width < 1:
        raise SettingError(
            f"A scene of seed {seed} and {height} × {width} pixels cannot be drawn; "
            "a seed of zero or more and sides of at least one pixel are expected."
        )
    rng = np.random.default_rng(seed)
    street, light = random_street(rng), random_light(rng)
    light = wintry(light) if season == "winter" else light
    camera = random_camera(rng, street, 2 * height, 2 * width)
    things = furnish(street, light, rng, is_green=season is not None)
    above = sky(camera, light, rng)
    shade = cast_shadows(camera, [shadow for thing in things for shadow in thing.shadows])
    below, classes = ground(camera, light, street, shade, rng)
    labels = np.concatenate([np.full(above.shape[:2], SKY, dtype=np.uint8), classes])
    picture = (np.clip(np.concatenate([above, below]), 0, 1) * 255).astype(np.uint8)
    canvas = Canvas(camera, light, picture, labels)
    for thing in things:
        thing.draw(canvas)
    painted, classes, glows = canvas.finish()
    mask = _majority(classes)
    return Scene(develop(painted, mask, glows, camera, light, rng), mask)


def write_scenes(
    folder: Path,
    counts: Mapping[str, int],
    *,
    seed: int = 0,
    height: int = 240,
    width: int = 320,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a data set of streets.

    The files are `folder/<split>/images/scene_00000.png`, `folder/<split>/masks/scene_00000.png` (a palette in
    `SCENE_COLORS`, the values are indices into `SCENE_CLASSES`) and `folder/classes.txt` (one name in a line), which is
    written last: where it is, the data set is complete.

    Args:
        folder: Where to; made where it is missing.
        counts: Number of scenes of each split. No scene is in two splits, and a split's scenes do not depend on how
            many the others have, only on its place in the mapping.
        seed: Another one gives other streets; zero or more.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
        progress: Called after each scene with how many are written and how many there will be.

    Raises:
        SettingError: If a count or the seed is out of range.
        OutputError: If a file cannot be written.
    """
    for split, count in counts.items():
        if not 0 <= count <= _SPLIT_SEEDS:
            raise SettingError(f"{count} scenes were asked for as {split}; 0 to {_SPLIT_SEEDS} are possible.")
    done, total = 0, sum(counts.values())
    for place, (split, count) in enumerate(counts.items()):
        first = (seed * len(counts) + place) * _SPLIT_SEEDS
        images, masks = (writable_folder(folder / split / kind) for kind in ("images", "masks"))
        for index in range(count):
            scene = draw_scene(first + index, height, width)
            _save(Image.fromarray(scene.image), images / f"scene_{index:05d}.png")
            _save(_palette_image(scene.mask), masks / f"scene_{index:05d}.png")
            done += 1
            if progress is not None:
                progress(done, total)
    write_atomically(folder / "classes.txt", ("\n".join(SCENE_CLASSES) + "\n").encode())


def write_seasons(
    folder: Path,
    counts: Mapping[str, int],
    *,
    seed: int = 0,
    height: int = 240,
    width: int = 320,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write streets in summer (kind A) and in winter (kind B), as unpaired translation takes them.

    The files are `folder/trainA/scene_00000.png` and `folder/trainB/scene_00000.png`, which are different streets; in
    every other split, `folder/testA/scene_00000.png` and `folder/testB/scene_00000.png` are the same street in both
    seasons. `folder/masks/trainA`, `folder/masks/trainB` and `folder/masks/test` hold the masks under the same names,
    and `folder/masks/classes.txt`, which is written last, the names of the classes.

    Args:
        folder: Where to; made where it is missing.
        counts: Number of scenes of each kind in `train`, and in other splits.
        seed: Another one gives other streets; zero or more.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
        progress: Called after each street with how many are drawn and how many there will be.

    Raises:
        SettingError: If a count or the seed is out of range.
        OutputError: If a file cannot be written.
    """
    groups: list[tuple[str, int, tuple[tuple[str, Season], ...]]] = []  # masks, count, folders with their seasons
    for split, count in counts.items():
        if not 0 <= count <= _SPLIT_SEEDS:
            raise SettingError(f"{count} scenes were asked for as {split}; 0 to {_SPLIT_SEEDS} are possible.")
        kinds: tuple[tuple[str, Season], ...] = ((f"{split}A", "summer"), (f"{split}B", "winter"))
        groups += [(kind[0], count, (kind,)) for kind in kinds] if split == "train" else [(split, count, kinds)]
    done, total = 0, sum(count for _, count, _ in groups)
    for place, (name, count, kinds) in enumerate(groups):
        masks = writable_folder(folder / "masks" / name)
        for index in range(count):
            file = f"scene_{index:05d}.png"
            for kind, season in kinds:
                scene = draw_scene((seed * len(groups) + place) * _SPLIT_SEEDS + index, height, width, season)
                _save(Image.fromarray(scene.image), writable_folder(folder / kind) / file)
                _save(_palette_image(scene.mask), masks / file)
            done += 1
            if progress is not None:
                progress(done, total)
    write_atomically(folder / "masks" / "classes.txt", ("\n".join(SCENE_CLASSES) + "\n").encode())


def _palette_image(mask: npt.NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(mask)
    image.putpalette([channel for colour in SCENE_COLORS for channel in colour])
    return image


def _save(image: Image.Image, path: Path) -> None:
    """Write a PNG file without waiting for the disk, which would take longer than drawing it."""
    try:
        image.save(path, format="PNG", compress_level=3)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _majority(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Halve a map of classes: of every four pixels the most frequent class, the higher one in a tie."""
    height, width = labels.shape[0] // 2, labels.shape[1] // 2
    four = labels.reshape(height, 2, width, 2).transpose(1, 3, 0, 2).reshape(4, height, width)
    a, b, c, d = np.sort(four, axis=0)
    return np.where((c == d) | (b == c), c, np.where(a == b, a, d))
