"""Masks of black and white among masks of class numbers: no number in them means what it means in the others."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import masks_of

__all__ = ["CHECK"]

_WHITE = 255
_FEWEST_CLASSES = 3  # that the other masks hold together
_SHARE_OF_WHITE = 0.05  # of a mask: void is seldom as much where a mask holds one class beside it
_MOST = 0.5  # share of the masks: where more are black and white, it is the others that stand out


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all of them."""
    entries = [entry for entry in survey.entries if not entry.num_colors]
    suspicious = [
        entry
        for entry in entries
        if entry.pixels.keys() == {0, _WHITE} and entry.pixels[_WHITE] >= _SHARE_OF_WHITE * sum(entry.pixels.values())
    ]
    others = {value for entry in entries if entry not in suspicious for value in entry.pixels if value != _WHITE}
    if not suspicious or len(suspicious) > _MOST * len(entries) or len(others) < _FEWEST_CLASSES:
        return
    count = len(suspicious)
    verb, kind = ("holds", "it looks like a mask") if count == 1 else ("hold", "they look like masks")
    yield Finding(
        Severity.HARMS,
        f"{count} of {len(entries)} masks {verb} 0 and 255 only, where the others hold {len(others)} classes: {kind} "
        "of an object in white.",
        "All that is black in them is learnt as the class 0, whatever it shows; what is white is refused or left out.",
        "Put masks of class numbers in their place, or take these out with their images; do not ignore 255 for them.",
        masks_of([entry.pair for entry in suspicious]),
    )


CHECK = Check(run, "masks of black and white among masks of class numbers")
