"""The hours and weathers that a street is seen in."""

from __future__ import annotations

import numpy as np

from pixelwise.data.scenes.canvas import Colour, Light

__all__ = ["random_light"]

# Zenith, low sky, sun, ambient; reach of shadows, haze in metres, clouds, night, wet.
_SKIES: dict[str, tuple[Colour, Colour, Colour, Colour, tuple[float, float], float, float, bool, float]] = {
    "noon": (
        (0.30, 0.54, 0.86), (0.72, 0.85, 0.95), (0.72, 0.68, 0.58), (0.47, 0.52, 0.60), (0.5, 1.0), 330, 0.45, False, 0,
    ),
    "morning": (
        (0.42, 0.63, 0.86), (0.93, 0.90, 0.83), (0.74, 0.62, 0.44), (0.46, 0.50, 0.56), (1.2, 2.0), 150, 0.4, False, 0,
    ),
    "golden": (
        (0.38, 0.50, 0.72), (0.99, 0.79, 0.54), (0.82, 0.54, 0.26), (0.50, 0.49, 0.56), (1.3, 2.2), 190, 0.55, False, 0,
    ),
    "overcast": (
        (0.66, 0.69, 0.73), (0.86, 0.87, 0.88), (0.08, 0.08, 0.08), (0.72, 0.73, 0.76), (0.4, 0.6), 160, 1.0, False, 0,
    ),
    "rain": (
        (0.46, 0.50, 0.56), (0.72, 0.75, 0.79), (0.03, 0.03, 0.03), (0.57, 0.60, 0.66), (0.4, 0.6), 95, 0.9, True, 0.5,
    ),
    "dusk": (
        (0.15, 0.20, 0.42), (0.93, 0.57, 0.45), (0.16, 0.09, 0.07), (0.42, 0.38, 0.50), (0.5, 0.8), 200, 0.6, True, 0.25,
    ),
}  # fmt: skip
_CHANCES = (0.26, 0.16, 0.18, 0.18, 0.10, 0.12)


def random_light(rng: np.random.Generator) -> Light:
    """Draw a sky, and shift its colours, its sun and its haze a little."""
    name = rng.choice(list(_SKIES), p=_CHANCES)
    zenith, low_sky, sun, ambient, (short, long), haze, clouds, night, wet = _SKIES[str(name)]
    strength = rng.uniform(0.85, 1.15)
    tint = rng.uniform(0.95, 1.05, 3)
    return Light(
        zenith=_times(zenith, tint * rng.uniform(0.9, 1.08)),
        low_sky=_times(low_sky, tint),
        sun=_times(sun, tint * strength),
        ambient=_times(ambient, tint * rng.uniform(0.92, 1.08)),
        side=int(rng.choice([-1, 1])),
        behind=float(rng.uniform(0.15, 1)),
        reach=float(rng.uniform(short, long)),
        haze=haze * float(rng.uniform(0.8, 1.4)),
        clouds=clouds * float(rng.uniform(0.5, 1.2)),
        night=night,
        wet=wet * float(rng.uniform(0.6, 1.2)),
    )


def _times(colour: Colour, factor: np.ndarray) -> Colour:
    """A colour times a factor per channel."""
    red, green, blue = (np.asarray(colour) * factor).tolist()
    return red, green, blue
