"""Trees and hedges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pixelwise.data.scenes.canvas import Canvas
from pixelwise.data.scenes.classes import TREE
from pixelwise.data.scenes.shapes import cuts, noise_at, upright, window
from pixelwise.data.scenes.snow import covered, snow_on_crown
from pixelwise.data.scenes.view import NEAR, Colour, Floats

__all__ = ["Tree", "draw_hedge", "draw_tree"]

_SLENDER, _CONIFER = 1, 2


@dataclass(frozen=True)
class Tree:
    """A tree.

    Attributes:
        x: Where it stands across the street in metres.
        z: Where it stands along the street in metres.
        crown: Half the width of its crown in metres.
        stem: Height of the crown's lower edge in metres.
        colour: Colour of its leaves.
        kind: 0 round, 1 slender, 2 conifer.
        pattern: Two numbers in [0, 8) that decide how its leaves lie.
    """

    x: float
    z: float
    crown: float
    stem: float
    colour: Colour
    kind: int
    pattern: tuple[float, float]

    @property
    def half_height(self) -> float:
        """Half the height of its crown in metres."""
        return self.crown * (1.0, 1.7, 1.9)[self.kind]


def draw_tree(canvas: Canvas, tree: Tree) -> None:
    """Draw a tree: its trunk and a crown of leaves."""
    light = canvas.light
    wide, top = 0.10 + tree.crown * 0.05, tree.stem + tree.half_height * 0.5
    bark = light.on((0.32, 0.25, 0.20), light.on_front)
    trunk = np.asarray([[-wide, 0], [wide, 0], [wide * 0.6, top], [-wide * 0.6, top]])
    canvas.paint(upright(tree.x, tree.z, trunk), bark, TREE)
    canvas.paint(upright(tree.x, tree.z, trunk * [0.4, 1] + [wide * 0.45 * light.side, 0]), bark * 1.25, TREE)
    _crown(canvas, tree)


def _crown(canvas: Canvas, tree: Tree) -> None:
    """Draw the leaves of a tree: noise that is dense in the middle, lit from above and from the sun's side."""
    camera, light = canvas.camera, canvas.light
    z = max(tree.z, NEAR)
    centre = np.asarray([tree.x, tree.stem + tree.half_height * 0.8, z])
    column, row = camera.project(centre).tolist()
    across, down = tree.crown * camera.pixels / z, tree.half_height * camera.pixels / z
    left, right = window(column, 1.22 * across, camera.width)
    top, bottom = window(row, 1.22 * down, camera.height)
    if right <= left or bottom <= top:
        return
    x = ((np.arange(left, right, dtype=np.float32) + 0.5 - column) / across)[None]
    y = ((np.arange(top, bottom, dtype=np.float32) + 0.5 - row) / down)[:, None]
    first, second = tree.pattern
    tall = tree.half_height / tree.crown
    clumps = noise_at(x * 1.6 + first, y * (1.6 * tall) + second)
    leaves = noise_at(x * 5 + second, y * (5 * tall) + first)
    inside = 0.9 * clumps + 0.45 * leaves > _outline(x, y, tree.kind) - 0.16
    lit = np.minimum(np.maximum((0.07 + 0.24 * light.side * x - 0.28 * y) + 0.7 * clumps, 0), 1)
    tone = 0.22 + 0.62 * lit + 0.55 * leaves
    leaf: Sequence[float | Floats] = tree.colour
    if light.snow:
        crown, snow = snow_on_crown(tree.colour, tree.kind == _CONIFER, y, clumps)
        leaf, tone = tuple(np.moveaxis(crown, -1, 0)), tone + 0.35 * snow
    tone_lit = tone * lit
    colours = np.empty((*tone.shape, 3), dtype=np.float32)
    for channel, (base, around, direct) in enumerate(zip(leaf, light.ambient, light.sun, strict=True)):
        colours[..., channel] = tone * (base * around) + tone_lit * (base * direct)
    canvas.stamp(colours, inside, (left, top), z, TREE)


def _outline(x: Floats, y: Floats, kind: int) -> Floats:
    """How far from the middle of a crown a pixel lies; 1 is the edge."""
    if kind == _CONIFER:
        return (x / np.clip(0.08 + (y + 1) * 0.5, 0.05, 1)) ** 2 + np.maximum(y, 0) ** 4
    return x * x + y * y


def draw_hedge(canvas: Canvas, quad: Floats, colour: Colour, pattern: int) -> None:
    """Draw a clipped hedge on a four-cornered face, with lighter and darker leaves."""
    if not canvas.sees(quad):
        return
    rng = np.random.default_rng(pattern)
    count = int(110 * min(1, 12 / quad[0, 2]))
    lit = canvas.light.on(colour, 0.2 + 0.8 * canvas.light.on_wall(quad))
    canvas.paint(quad, lit * 0.7, TREE)
    s, t = rng.uniform(0, 1, (2, count))
    half = rng.uniform(0.012, 0.04, count)
    leaves = np.stack([s - half, s + half, t - half * 1.4, t + half * 1.4], axis=1)
    tones = (0.6 + 0.5 * t + rng.uniform(-0.2, 0.2, count))[:, None]
    diamond = cuts(leaves) @ quad
    middles = (diamond + np.roll(diamond, -1, axis=1)) / 2
    if canvas.light.snow:
        snowy = covered(colour, np.clip(2.2 * (t - 0.4), 0, 0.95))
        lit = canvas.light.on(snowy, 0.2 + 0.8 * canvas.light.on_wall(quad))
    canvas.paint(middles, lit * tones, TREE)
