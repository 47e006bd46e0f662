"""Folders of images and masks that bear each other's names."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.swapped import find_swapped

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """What `find_swapped` says."""
    found = find_swapped(survey.entries, survey.root)
    if found is not None:
        what, cure = found
        yield Finding(
            Severity.RUINS,
            what,
            "Training is refused: photographs would be taken for classes.",
            cure,
            tuple(pair.image.parent for pair in survey.pairs[:1]),
        )


CHECK = Check(run, "folders of images and masks that bear each other's names")
