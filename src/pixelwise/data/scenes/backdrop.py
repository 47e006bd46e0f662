"""Sky and ground, and what the lens and the sensor do to the finished picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from pixelwise.data.scenes.canvas import Glow
from pixelwise.data.scenes.classes import BUILDING, PAVEMENT, ROAD
from pixelwise.data.scenes.shapes import noise_at, ring, window
from pixelwise.data.scenes.snow import snow_on_ground
from pixelwise.data.scenes.street import Street
from pixelwise.data.scenes.view import Camera, Colour, Floats, Light

__all__ = ["cast_shadows", "develop", "ground", "sky"]

_PAINT = 255  # in a map of wear
_PAVINGS: tuple[Colour, ...] = (
    (0.66, 0.64, 0.60), (0.58, 0.58, 0.58), (0.66, 0.56, 0.49), (0.60, 0.48, 0.42), (0.70, 0.66, 0.56),
)  # fmt: skip


def sky(camera: Camera, light: Light, rng: np.random.Generator) -> Floats:
    """Paint the sky down to the horizon: a gradient, clouds in perspective, and a glow where the sun is."""
    horizon = camera.height * camera.horizon
    rows = (np.arange(int(np.ceil(horizon)), dtype=np.float32)[:, None] + 0.5) / camera.height
    columns = (np.arange(camera.width, dtype=np.float32)[None] + 0.5) / camera.height
    up = np.maximum(camera.horizon - rows, 0.004)
    share = (np.clip(up / 0.6, 0, 1, dtype=np.float64)[..., None] ** 0.7).astype(np.float32)
    clear = _rgb(light.low_sky) * (1 - share) + _rgb(light.zenith) * share
    drift, across, scale = rng.uniform([0, 0, 0.5], [8, 8, 1.0]).tolist()
    depth = 1 / (up + 0.12)
    spots = noise_at((columns - camera.width / camera.height / 2) * depth * scale + across, depth * scale * 0.9 + drift)
    bank = np.clip((spots - 1 + light.clouds * 0.75) / 0.35, 0, 1) * (0.85 * np.clip(up / 0.08, 0, 1))
    bright = np.clip(_rgb(light.ambient) * 0.85 + _rgb(light.sun) * 0.75, 0, 1)
    colour = clear + bank[..., None] * ((0.72 + 0.36 * spots)[..., None] * bright - clear)
    middle = camera.width / camera.height * (0.5 + 0.5 * light.side)
    near = _fall(columns - middle, 0.59) * _fall(up - 0.12, 0.35)
    return colour + near[..., None] * (_rgb(light.sun) * (0.4 * (1 - light.behind)))


def _fall(distance: Floats, reach: float) -> npt.NDArray[np.float32]:
    """A bell: 1 at no distance, a third at `reach`; in double precision first, so that machines agree."""
    return np.exp(-((distance.astype(np.float64) / reach) ** 2)).astype(np.float32)


def _rgb(colour: Colour) -> npt.NDArray[np.float32]:
    """A colour to calculate with, in the precision of the pictures."""
    return np.asarray(colour, dtype=np.float32)


def cast_shadows(camera: Camera, shadows: Sequence[tuple[Floats, int]]) -> Floats:
    """Draw what lies in shadow on the ground.

    Args:
        camera: Where it is seen from.
        shadows: Outlines on the ground `(K, 3)`, each with its depth of shade: 1 keeps the sun off, 2 most light.

    Returns:
        The shade of every pixel from the horizon down, `(rows, W)` in [0, 2].
    """
    top = int(np.ceil(camera.height * camera.horizon))
    shade = Image.new("L", (camera.width, camera.height - top))
    pen = ImageDraw.Draw(shade)
    for outline, depth in sorted(shadows, key=lambda shadow: shadow[1]):
        pen.polygon((camera.project(outline) - [0, top]).ravel().tolist(), fill=120 * depth)
    return np.asarray(shade.filter(ImageFilter.GaussianBlur(camera.height / 220))) / np.float32(120)


def ground(
    camera: Camera, light: Light, street: Street, shade: Floats, rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Paint the road and the pavements from the horizon down; returns colours `(rows, W, 3)` and classes."""
    top = int(np.ceil(camera.height * camera.horizon))
    x, z = camera.ground(top)
    fine = z / camera.pixels  # metres across one pixel
    shift = float(rng.uniform(0, 8))
    coarse = noise_at(x * 0.35 + shift, z * 0.12 + shift)
    grain = noise_at(x * 2.2, z * 1.1 + shift)
    lanes = (x > -street.left.kerb) & (x < street.right.kerb)
    on_road = lanes | _side_street(street, x, z)
    wear = _wear(camera, street, rng)[top:]
    tone, tint = _asphalt(street, x, coarse, grain, rng)
    tone = tone * np.where(wear < _PAINT, wear / np.float32(128), 1)
    marked = np.maximum(_lines(street, x, z, fine, rng) * lanes, wear == _PAINT) * (0.6 + 0.45 * grain)
    road = (tone * (1 - marked))[..., None] * tint + (0.88 * marked)[..., None]
    if rng.random() < 0.25:
        road -= (marked * (np.abs(x) < 0.3))[..., None] * _rgb((0.02, 0.22, 0.66))  # yellow in the middle
    rows, columns = np.nonzero(~on_road)
    depth = z[rows, 0]
    road[rows, columns] = _paving(street, x[rows, columns], depth, depth / camera.pixels, coarse[rows, columns], rng)
    if light.snow:
        road = snow_on_ground(road, on_road, street, x, coarse, grain)
    clear = np.exp(-z.astype(np.float64) / light.haze).astype(np.float32)
    direct, around = np.clip(1 - shade, 0, 1) * (0.8 * clear), np.clip(1.7 - 0.7 * shade, 0.25, 1) * clear
    road *= _rgb(light.sun) * direct[..., None] + _rgb(light.ambient) * around[..., None]
    road += _rgb(light.low_sky) * (1 - clear)[..., None]
    return road, np.where(on_road, np.uint8(ROAD), np.uint8(PAVEMENT))


def _side_street(street: Street, x: Floats, z: Floats) -> npt.NDArray[np.bool_]:
    """Which pixels belong to streets that cross or join this one."""
    across = (z > street.end - 9) & (z < street.end - 3) & np.full_like(x, True, dtype=np.bool_)
    for side in street.sides:
        start, stop = side.crossing
        across |= (x * side.sign > side.kerb) & (z > start) & (z < stop)
    return across


def _wear(camera: Camera, street: Street, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Mended patches, manholes and arrows on the road: 128 is bare asphalt, less is darker, `_PAINT` is painted."""
    image = Image.new("L", (camera.width, camera.height), 128)
    pen = ImageDraw.Draw(image)

    def fill(outline: Floats, x: float, z: float, tone: int) -> None:
        flat = np.stack([outline[:, 0] + x, np.zeros(len(outline)), outline[:, 1] + z], axis=1)
        pen.polygon(camera.project(flat).ravel().tolist(), fill=tone)

    square, circle = np.asarray([[-1, -1], [1, -1], [1, 1], [-1, 1]]), np.asarray(ring(0, 0, 1, 1, 16))
    half = street.lanes * street.lane - 1.3
    for x, z, wide, long in rng.uniform([-half, 4, 0.3, 0.8], [half, 24, 0.9, 4.0], (5, 4)).tolist():
        fill(square * [wide, long], x, z, int(rng.choice([96, 106, 116, 138])))
    for x, z in rng.uniform([-half, 4.5], [half, 26], (3, 2)).tolist():
        for radius, tone in ((0.42, 84), (0.35, 122), (0.30, 96)):
            fill(circle * radius, x, z, tone)
    arrow = np.asarray([[-0.1, 0], [0.1, 0], [0.1, 2.2], [0.42, 2.2], [0, 4], [-0.42, 2.2], [-0.1, 2.2]])
    for lane in range(-street.lanes, street.lanes):
        ahead = 1 if (lane >= 0) == (street.drives > 0) else -1
        if rng.random() < 0.22:
            fill(arrow * ahead, (lane + 0.5) * street.lane, float(rng.uniform(7, 14)), _PAINT)
    return np.asarray(image)


def _asphalt(
    street: Street, x: Floats, coarse: Floats, grain: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """How bright the asphalt is `(rows, W)`, with tyre tracks, and its colour `(3,)`."""
    tint = (rng.uniform(0.32, 0.46) * (1 + rng.uniform(-0.03, 0.03, 3))).astype(np.float32)
    lane = _fraction(x / np.float32(street.lane))
    track = np.maximum(1 - np.abs(np.abs(lane - 0.5) - 0.22) / 0.14, 0)
    return (0.80 + 0.22 * coarse + 0.20 * grain) * (1 - float(rng.uniform(0, 0.16)) * track), tint


def _fraction(x: Floats) -> Floats:
    """What is left of a number without its whole part; faster than `%`."""
    return x - np.floor(x)


def _lines(street: Street, x: Floats, z: Floats, fine: Floats, rng: np.random.Generator) -> Floats:
    """How much of each pixel is painted: lines between lanes, at the parking strips, and a zebra crossing."""
    dash, gap, start = rng.uniform([2, 2.5, 0], [4, 6, 8]).tolist()
    solid, edged = rng.random() < 0.35, rng.random() < 0.6
    dashes = np.clip(dash / 2 - np.abs((z + start) % (dash + gap) - dash / 2) + 0.5, 0, 1)
    paint = _stripe(x, 0, fine) * (np.float32(1) if solid else dashes)
    for lane in range(1, street.lanes):
        paint += (_stripe(x, lane * street.lane, fine) + _stripe(x, -lane * street.lane, fine)) * dashes
    for side in street.sides:
        if side.parking or edged:
            paint += _stripe(x, side.sign * (side.kerb - max(side.parking, 0.35)), fine)
        paint *= 1 - ((z > side.crossing[0]) & (z < side.crossing[1]))
    if street.zebra:
        bars = np.clip((0.3 - np.abs(1.1 * _fraction(x / 1.1) - 0.55)) / fine + 0.5, 0, 1)
        inside = (z > street.zebra) & (z < street.zebra + 3.2)
        near = (z > street.zebra - 1.2) & (z < street.zebra + 4.2)
        paint = np.where(near, bars * inside, paint)
    return np.clip(paint, 0, 1)


def _stripe(x: Floats, centre: float, fine: Floats, half: float = 0.075) -> Floats:
    """How much of each pixel a line along the street covers."""
    share = np.clip((half - np.abs(x - centre)) / fine + 0.5, 0, 1)
    return share * np.minimum(1, 2 * half / fine)


def _paving(street: Street, x: Floats, z: Floats, fine: Floats, coarse: Floats, rng: np.random.Generator) -> Floats:
    """Slabs with joints, a pale kerb, and dirt along the walls."""
    base = np.asarray(_PAVINGS[rng.integers(len(_PAVINGS))], dtype=np.float32) * float(rng.uniform(0.85, 1.12))
    long, wide = float(rng.uniform(0.6, 1.4)), float(rng.uniform(0.5, 0.9))
    away = np.where(x < 0, -x - np.float32(street.left.kerb), x - np.float32(street.right.kerb))
    rows = np.clip((0.03 - np.abs(away % wide - wide / 2)) / fine + 0.5, 0, 1) * np.minimum(1, 0.06 / fine)
    joint = np.maximum(rows, (np.abs(z % long - long / 2) < 0.05) * np.clip(1.2 - z / 14, 0, 1))
    tone = (0.84 + 0.28 * coarse - 0.22 * joint)[..., None]
    kerb = np.clip((0.16 - np.abs(away - 0.12)) / fine + 0.5, 0, 1)[..., None]
    gutter = 1 - 0.35 * np.maximum(1 - np.abs(away) / 0.12, 0)[..., None]
    return (base * tone * (1 - kerb) + 0.74 * kerb) * gutter


def develop(
    picture: Image.Image, labels: npt.NDArray[np.uint8], glows: Sequence[Glow],
    camera: Camera, light: Light, rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:  # fmt: skip
    """Turn the painted picture (at twice the size) into a photograph: wet road, lamps, vignette, contrast, noise."""
    colour = np.asarray(picture.reduce(2)).astype(np.float32) / np.float32(255)
    height, width = labels.shape
    rows, columns = (axis.astype(np.float32) / height for axis in np.ogrid[0:height, 0:width])
    grime = np.where(labels == BUILDING, 0.88 + 0.22 * noise_at(columns * 5, rows * 9), np.float32(1))
    aside = 2 * columns * height / width - 1
    colour *= (grime * (1.03 - 0.11 * (aside**2 + 2 * (rows - 0.5) ** 2)))[..., None]
    if light.wet > 0:
        colour = _mirror(colour, labels, camera.horizon, light.wet)
    for glow in glows:
        _shine(colour, glow)
    exposure = (0.36 if light.night else 0.47) / float(colour.mean(dtype=np.float64))
    colour = np.clip(colour * np.clip(exposure, 0.85, 1.45), 0, 1)
    contrast = float(rng.uniform(0.2, 0.5))
    colour *= (1 - contrast) + contrast * colour * (3 - 2 * colour)
    colour += float(rng.uniform(0.004, 0.014)) * rng.standard_normal(colour.shape, dtype=np.float32)
    return (np.clip(colour, 0, 1) * 255).astype(np.uint8)


def _shine(colour: Floats, glow: Glow) -> None:
    """Brighten the picture around a lamp, in place; the lamp's place is in pixels of twice the size."""
    height, width = colour.shape[:2]
    column, row, radius = glow.column / 2, glow.row / 2, max(glow.radius / 2, 0.01 * height)
    reach = 2.2 * radius
    left, right = window(column, reach, width)
    top, bottom = window(row, reach, height)
    across = _fall(np.arange(left, right) + 0.5 - column, radius)
    down = _fall(np.arange(top, bottom) + 0.5 - row, radius)
    spot = (down[:, None] * across)[..., None] * _rgb(glow.colour)
    part = colour[top:bottom, left:right]
    part += (1 - part) * np.clip(spot, 0, 1)


def _mirror(colour: Floats, labels: npt.NDArray[np.uint8], horizon: float, wet: float) -> Floats:
    """Let the ground mirror what stands on it, softly."""
    height = len(colour)
    soft = Image.fromarray((np.clip(colour, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(height / 60))
    source = np.clip(2 * horizon * height - np.arange(height), 0, height - 1).astype(np.int64)
    mirrored = np.asarray(soft)[source] / np.float32(255)
    is_ground = np.isin(labels, (ROAD, PAVEMENT))[..., None]
    rows = (np.arange(height, dtype=np.float32)[:, None, None] / height - horizon) / (1 - horizon)
    share = wet * np.clip(1.1 - 0.7 * rows, 0, 1) * np.where(labels == ROAD, np.float32(1), np.float32(0.45))[..., None]
    return np.where(is_ground, colour * (1 - share * 0.75) + mirrored * share, colour)
