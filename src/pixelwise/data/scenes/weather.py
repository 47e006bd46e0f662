"""The hours and weathers that a street is seen in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pixelwise.data.scenes.view import Colour, Floats, Light

__all__ = ["random_light"]

_NOON = Light(
    zenith=(0.34, 0.58, 0.90),
    low_sky=(0.72, 0.85, 0.95),
    sun=(0.72, 0.68, 0.58),
    ambient=(0.47, 0.52, 0.60),
    side=1,
    behind=0.6,
    reach=0.75,
    haze=330,
    clouds=0.45,
    night=False,
    wet=0,
)
_MORNING = replace(
    _NOON,
    zenith=(0.42, 0.63, 0.86),
    low_sky=(0.93, 0.90, 0.83),
    sun=(0.74, 0.62, 0.44),
    ambient=(0.46, 0.50, 0.56),
    reach=1.6,
    haze=150,
)
_GOLDEN = replace(
    _NOON,
    zenith=(0.38, 0.50, 0.72),
    low_sky=(0.99, 0.79, 0.54),
    sun=(0.82, 0.54, 0.26),
    ambient=(0.50, 0.49, 0.56),
    reach=1.7,
    haze=190,
    clouds=0.55,
)
_OVERCAST = replace(
    _NOON,
    zenith=(0.66, 0.69, 0.73),
    low_sky=(0.86, 0.87, 0.88),
    sun=(0.08, 0.08, 0.08),
    ambient=(0.72, 0.73, 0.76),
    reach=0.5,
    haze=160,
    clouds=1.0,
)
_RAIN = replace(
    _OVERCAST,
    zenith=(0.46, 0.50, 0.56),
    low_sky=(0.72, 0.75, 0.79),
    sun=(0.03, 0.03, 0.03),
    ambient=(0.57, 0.60, 0.66),
    haze=95,
    clouds=0.9,
    night=True,
    wet=0.5,
)
_DUSK = replace(
    _NOON,
    zenith=(0.15, 0.20, 0.42),
    low_sky=(0.93, 0.57, 0.45),
    sun=(0.16, 0.09, 0.07),
    ambient=(0.42, 0.38, 0.50),
    reach=0.65,
    haze=200,
    clouds=0.6,
    night=True,
    wet=0.25,
)
_SKIES = (_NOON, _MORNING, _GOLDEN, _OVERCAST, _RAIN, _DUSK)
_CHANCES = (0.28, 0.16, 0.18, 0.18, 0.09, 0.11)


def random_light(rng: np.random.Generator) -> Light:
    """Choose a sky, and shift its colours, its sun and its haze a little."""
    light = _SKIES[rng.choice(len(_SKIES), p=_CHANCES)]
    strength = rng.uniform(0.85, 1.15)
    tint = rng.uniform(0.95, 1.05, 3)
    return replace(
        light,
        zenith=_times(light.zenith, tint * rng.uniform(0.9, 1.08)),
        low_sky=_times(light.low_sky, tint),
        sun=_times(light.sun, tint * strength),
        ambient=_times(light.ambient, tint * rng.uniform(0.92, 1.08)),
        side=int(rng.choice([-1, 1])),
        behind=float(rng.uniform(0.15, 1)),
        reach=light.reach * float(rng.uniform(0.7, 1.3)),
        haze=light.haze * float(rng.uniform(0.8, 1.4)),
        clouds=light.clouds * float(rng.uniform(0.5, 1.2)),
        wet=light.wet * float(rng.uniform(0.6, 1.2)),
    )


def _times(colour: Colour, factor: Floats) -> Colour:
    """A colour times a factor per channel."""
    red, green, blue = (np.asarray(colour) * factor).tolist()
    return red, green, blue
