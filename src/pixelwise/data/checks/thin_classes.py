"""Classes so thin or so small that they vanish at the scale at which they are learnt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, percent
from pixelwise.data.scan import ScannedPair
from pixelwise.data.working_size import working_scale
from pixelwise.errors import some_of

__all__ = ["CHECK"]

_THINNEST = 1.0  # pixels
_FEWEST_PIXELS = 9.0


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for thin classes, one for small ones."""
    data = survey.usable
    if data is None or data.classes.any_positive or data.classes.nearest or data.classes.multilabel:
        return
    scale = working_scale(data)
    thin: dict[str, float] = {}
    small: dict[str, float] = {}
    files = []
    for name, value in zip(data.classes.names, data.classes.values, strict=True):
        showing = [entry for entry in survey.entries if value in _pixels(entry, colored=data.classes.colored)]
        widths = [width for entry in showing if (width := _width(entry, value)) is not None]
        areas = [_pixels(entry, colored=data.classes.colored)[value] for entry in showing]
        if widths and float(np.median(widths)) * scale < _THINNEST:
            thin[name] = float(np.median(widths))
        elif areas and float(np.median(areas)) * scale**2 < _FEWEST_PIXELS:
            small[name] = float(np.median(areas))
        else:
            continue
        files += [entry.pair for entry in showing]
    if not thin and not small:
        return
    at = f" at {percent(scale)} of the size, at which these images are trained on" if scale < 1 else ""
    count = len(thin) + len(small)
    words = [f"{name} ({width:.0f} pixels wide)" for name, width in thin.items()]
    words += [f"{name} ({area:.0f} pixels per mask)" for name, area in small.items()]
    yield Finding(
        Severity.HARMS,
        f"{count} of {data.classes.num_classes} classes {agree(count, 'is', 'are')} no thicker than a pixel or a few "
        f"pixels small{at}: {some_of(words, most=5)}; median over the masks that show "
        f"{agree(count, 'it', 'them')}.",
        "Such things vanish between the pixels, and hardly any network finds them.",
        "Cut the images into tiles before training, or train with `--set image_scale=1`."
        if scale < 1
        else "Draw them wider, or join them with another class; look whether they are slips of the tool.",
        masks_of(list(dict.fromkeys(files))),
        count,
    )


def _pixels(entry: ScannedPair, *, colored: bool) -> dict[int, int]:
    """Pixels per number that the classes know."""
    return entry.colors if colored else entry.pixels


def _width(entry: ScannedPair, value: int) -> float | None:
    """How thick a class is in a mask, in pixels, where it was measured."""
    if entry.outline is None:
        return None
    if entry.palette and value not in entry.pixels:
        red, green, blue = value >> 16 & 255, value >> 8 & 255, value & 255
        value = next((index for index, color in entry.palette.items() if color == (red, green, blue)), value)
    return entry.outline.thickness.get(value)


CHECK = Check(run, "classes that are thinner than a pixel, or a few pixels small, when trained on")
