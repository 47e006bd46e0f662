"""Images that show nothing: black, of one colour, or with a channel that is the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, images_of, of_all
from pixelwise.data.swapped import find_swapped

__all__ = ["CHECK"]

_FLAT = 1.5  # shades of standard deviation
_DARK = 8.0
_STEADY = 0.5
_NEARLY_ALL = 0.9
_FEW_SHADES = 16.0  # of 256
_COLORS = ("red", "green", "blue")


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for flat images, one for a steady channel, one for shades that are hardly used."""
    looks = survey.looks
    if find_swapped(survey.entries, survey.root) is not None:
        return  # masks in the place of images are dark
    flat = [pair for pair, look in looks.items() if max(look.deviation) < _FLAT]
    if flat:
        black = sum(max(looks[pair].mean) < _DARK for pair in flat)
        shown = "black" if black == len(flat) else "of one colour" + f", {black} of them black" * bool(black)
        everything = len(flat) == len(looks)
        yield Finding(
            Severity.RUINS if everything else Severity.HARMS,
            f"{of_all(len(flat), len(looks), 'images')} {agree(len(flat), 'is', 'are')} {shown}.",
            "Nothing can be learnt from an image that shows nothing, but its mask is demanded all the same.",
            "Export these images again, or take them out with their masks.",
            images_of(flat),
        )
        if everything:
            return
    rest = {pair: look for pair, look in looks.items() if max(look.deviation) >= _FLAT}
    for channel, name in enumerate(_COLORS):
        steady = [pair for pair, look in rest.items() if look.deviation[channel] < _STEADY]
        if rest and len(steady) >= _NEARLY_ALL * len(rest):
            value = float(np.median([looks[pair].mean[channel] for pair in steady]))
            yield Finding(
                Severity.HARMS,
                f"The {name} channel is the same everywhere (about {value:.0f}) in {len(steady)} of {len(rest)} "
                "images.",
                "A third of what a pretrained encoder looks at tells nothing.",
                "Export the images with all channels; if they are grey, save them as grey.",
                images_of(steady),
            )
    dark = [pair for pair, look in rest.items() if look.span[1] < _FEW_SHADES]
    if rest and len(dark) >= _NEARLY_ALL * len(rest):
        brightest = max(looks[pair].span[1] for pair in dark)
        yield Finding(
            Severity.HARMS,
            f"{of_all(len(dark), len(rest), 'images')} use the shades 0 to {brightest:.0f} of 255 only.",
            "To the network they are nearly black; perhaps a deeper image was cut to 8 bits.",
            "Save them again with the range of brightness that matters spread over 0 to 255.",
            images_of(dark),
        )


CHECK = Check(run, "images that are black, of one colour, nearly black, or have a dead channel", looks=True)
