"""Folders of images and masks that bear each other's names."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.swapped import refuse_swapped
from pixelwise.errors import DataError

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """What `refuse_swapped` says."""
    try:
        refuse_swapped(survey.entries, survey.root)
    except DataError as error:
        what, _, cure = str(error).rpartition("). ")
        yield Finding(
            Severity.RUINS,
            f"{what}).",
            "Training is refused: photographs would be taken for classes.",
            cure,
            tuple(pair.image.parent for pair in survey.pairs[:1]),
        )


CHECK = Check(run, "folders of images and masks that bear each other's names")
