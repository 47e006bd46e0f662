"""Masks in JPEG files."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all
from pixelwise.data.scan import is_lossy

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding, whether or not the numbers could be guessed."""
    lossy = [entry.pair for entry in survey.entries if is_lossy(entry.pair.target)]
    if not lossy:
        return
    refused = survey.undecided is not None and "JPEG" in survey.undecided
    yield Finding(
        Severity.RUINS if refused else Severity.HARMS,
        f"{of_all(len(lossy), len(survey.entries), 'masks')} {agree(len(lossy), 'is a JPEG file', 'are JPEG files')}.",
        "JPEG alters numbers, above all at the edges of objects: "
        + ("training is refused." if refused else "each pixel there is given to the nearest class."),
        "Take the masks from before they became JPEG, as PNG.",
        masks_of(lossy),
    )


CHECK = Check(run, "masks in JPEG files, whose compression alters numbers")
