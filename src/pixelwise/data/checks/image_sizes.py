"""Images that are much larger than the rest, or too small to hold anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, images_of, of_all

__all__ = ["CHECK"]

_LARGER = 4.0  # times the median of the longer side
_SMALLEST = 32  # pixels: a usual encoder makes one cell of it


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for large images, one for tiny ones."""
    entries = survey.entries
    if not entries:
        return
    median = float(np.median([max(entry.image_size) for entry in entries]))
    large = [entry for entry in entries if max(entry.image_size) >= _LARGER * median]
    if large:
        longest = max(max(entry.image_size) for entry in large)
        yield Finding(
            Severity.NOTE,
            f"{of_all(len(large), len(entries), 'images')} {agree(len(large), 'is', 'are')} at least {_LARGER:.0f} "
            f"times as long as the median of {median:.0f} pixels (up to {longest}).",
            "All images are trained on at one scale, so that things in these look larger, and memory is spent on them.",
            "Scale these images and their masks (by nearest neighbour) down, or cut them into tiles.",
            images_of(entry.pair for entry in large),
        )
    tiny = [entry for entry in entries if min(entry.image_size) < _SMALLEST]
    if tiny:
        least = min(min(entry.image_size) for entry in tiny)
        yield Finding(
            Severity.HARMS,
            f"{of_all(len(tiny), len(entries), 'images')} {agree(len(tiny), 'is', 'are')} less than {_SMALLEST} pixels "
            f"high or wide (down to {least}).",
            "A usual encoder sees such an image as a single cell.",
            "Look whether previews were saved instead of the images.",
            images_of(entry.pair for entry in tiny),
        )


CHECK = Check(run, "images that are much larger than the rest, or tiny")
