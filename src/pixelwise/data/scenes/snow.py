"""Winter: what lies under snow, and how cold the light is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pixelwise.data.scenes.street import Street
from pixelwise.data.scenes.view import Colour, Floats, Light

__all__ = ["SNOW", "covered", "snow_on_crown", "snow_on_ground", "wintry"]

SNOW: Colour = (0.92, 0.94, 0.98)
_SLUSH: Colour = (0.62, 0.63, 0.66)
_TWIGS = np.asarray((0.34, 0.29, 0.26), dtype=np.float32)
_PALE_SKY, _PALE_ZENITH = np.asarray((0.84, 0.87, 0.92)), np.asarray((0.60, 0.68, 0.80))


def wintry(light: Light) -> Light:
    """The same hour and weather in winter: snow, a colder and weaker sun, a paler sky, and nothing that is wet."""
    return replace(
        light,
        zenith=_colour(0.5 * np.asarray(light.zenith) + 0.5 * _PALE_ZENITH * max(light.zenith)),
        low_sky=_colour(0.5 * np.asarray(light.low_sky) + 0.5 * _PALE_SKY * max(light.low_sky)),
        sun=_colour(np.asarray(light.sun) * (0.70, 0.76, 0.92)),
        ambient=_colour(np.asarray(light.ambient) * (0.90, 0.96, 1.08)),
        haze=light.haze * 0.75,
        wet=0.0,
        snow=1.0,
    )


def covered(colour: Colour | Floats, share: float | Floats) -> Floats:
    """A surface `(..., 3)` of which a share `(...)` in [0, 1] lies under snow; before it is lit."""
    cover = np.asarray(share)[..., None]
    return np.asarray(colour) * (1 - cover) + np.asarray(SNOW) * cover


def snow_on_ground(
    colour: Floats, on_road: npt.NDArray[np.bool_], street: Street, x: Floats, coarse: Floats, grain: Floats
) -> Floats:
    """Cover the ground `(rows, W, 3)`: pavements under snow, the road under slush between the tracks of tyres.

    Args:
        colour: Of the bare ground.
        on_road: Where it is road, `(rows, W)` bool.
        street: Says where the lanes are.
        x: Metres to the right of the road's middle, `(rows, W)`.
        coarse: Noise in large spots, `(rows, W)` in [0, 1].
        grain: Noise in small ones.
    """
    lane = x / np.float32(street.lane)
    lane = lane - np.floor(lane)
    track = np.maximum(1 - np.abs(np.abs(lane - 0.5) - 0.22) / np.float32(0.17), 0)
    inside = (x > -street.left.kerb) & (x < street.right.kerb)
    on_lanes = np.clip(0.50 + 0.55 * coarse - 0.75 * track * inside, 0, 0.9)
    share = np.where(on_road, on_lanes, np.clip(0.80 + 0.35 * coarse, 0, 0.98))[..., None].astype(np.float32)
    snow = np.asarray(SNOW, dtype=np.float32) * (0.94 + 0.08 * grain)[..., None]
    slush = np.asarray(_SLUSH, dtype=np.float32) * (0.85 + 0.3 * grain)[..., None]
    laid = np.where(on_road[..., None], slush + (snow - slush) * coarse[..., None], snow)
    return colour * (1 - share) + laid * share


def snow_on_crown(colour: Colour, is_conifer: bool, y: Floats, clumps: Floats) -> tuple[Floats, Floats]:
    """The colour of a crown in winter, before it is lit.

    Args:
        colour: Of its leaves in summer; what has lost them shows its twigs.
        is_conifer: Whether it keeps them.
        y: Height of each pixel, from -1 at the top to 1 at the bottom, `(h, 1)`.
        clumps: Noise in the size of branches, `(h, w)` in [0, 1].

    Returns:
        Colours `(h, w, 3)`, and the share of each pixel that is snow, `(h, w)`; float32.
    """
    bare = np.asarray(colour, dtype=np.float32) * np.float32(0.8) if is_conifer else _TWIGS
    share = np.clip(0.30 - 0.45 * y + 1.1 * (clumps - 0.45), 0.05, 0.95).astype(np.float32)
    cover = share[..., None]
    return bare * (1 - cover) + np.asarray(SNOW, dtype=np.float32) * cover, share


def _colour(values: Floats) -> Colour:
    red, green, blue = np.clip(values, 0, 1).tolist()
    return red, green, blue
