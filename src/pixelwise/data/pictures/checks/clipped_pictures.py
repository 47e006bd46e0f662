"""Photographs whose bright or dark parts were cut off: large parts of them are exactly 0 or 255."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._words import in_all
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_MUCH = 0.25  # share of the numbers of a picture


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for the targets of tasks that need photographs."""
    if survey.wanted.task not in ("super_resolution", "restoration"):
        return
    for side in survey.sides():
        clipped = {pair: look.clipped for pair, look in side.looks.items() if look.clipped > _MUCH}
        if side.is_wanted and clipped:
            yield Finding(
                Severity.NOTE,
                f"{in_all(len(clipped), len(side.looks), side.nouns)} more than a quarter of the values are 0 or "
                f"255 (up to {100 * max(clipped.values()):.0f} %).",
                f"Where {agree(len(clipped), 'it was', 'they were')} cut off there is nothing to learn, and the scores "
                "look better than they are; of text and drawings it is natural.",
                "Export photographs again with less contrast or exposure.",
                tuple(side.files[pair] for pair in sorted(clipped, key=lambda pair: -clipped[pair])),
            )


CHECK = PictureCheck(run, "photographs whose bright or dark parts were cut off", looks=True)
