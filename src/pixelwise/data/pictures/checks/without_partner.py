"""Pictures of two folders that have no partner of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey
from pixelwise.data.wording import counted

__all__ = ["CHECK"]


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them."""
    count = len(survey.alone)
    if count:
        yield Finding(
            Severity.RUINS,
            f"{counted(count, 'picture')} {agree(count, 'has', 'have')} no partner of the same name, beside "
            f"{counted(len(survey.pairs), 'pair')}.",
            "Training is refused, since what belongs together is told by names alone.",
            "Add what is missing, rename it, or move these files elsewhere.",
            survey.alone,
        )


CHECK = PictureCheck(run, "pictures without a partner of the same name")
