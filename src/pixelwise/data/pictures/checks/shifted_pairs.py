"""Pairs whose pictures do not lie one upon the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._words import in_all
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them; pairs that do not show the same raise none."""
    shifts = {pair: look.shift for pair, look in survey.looks.items() if look.shift != (0, 0)}
    if not shifts:
        return
    (down, across), most = Counter(shifts.values()).most_common(1)[0]
    count = len(shifts)
    by = f"{_way(down, 'down', 'up')}{', ' if down and across else ''}{_way(across, 'to the right', 'to the left')}"
    each = "" if count == 1 else ", all alike" if most == count else f", {most} of them alike"
    yield Finding(
        Severity.HARMS,
        f"{in_all(count, len(survey.looks), 'pairs')} the target lies beside its image: by {by}{each}.",
        "The network learns to move pictures, or, where the shifts differ, to blur them.",
        "Cut the rims off so that both begin with the same pixel, or take these pairs out.",
        tuple(file for pair in shifts for file in dict.fromkeys((pair.image, pair.target)) if file is not None),
        count,
    )


def _way(number: int, onwards: str, back: str) -> str:
    """`3 pixels down`; empty where there is none."""
    if not number:
        return ""
    return f"{abs(number)} {agree(abs(number), 'pixel', 'pixels')} {onwards if number > 0 else back}"


CHECK = PictureCheck(run, "pairs whose pictures do not lie one upon the other", looks=True)
