"""Pairs whose sizes do not fit: another scale than asked for, several scales, files that cannot be halved."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._words import in_all
from pixelwise.data.pictures.fitting import cure_of_sizes, is_fitting, shown_sizes
from pixelwise.data.pictures.survey import PictureSurvey
from pixelwise.data.wording import ended

__all__ = ["CHECK"]


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for pairs of two files, or for files of two halves."""
    if survey.layout == "halves":
        yield from _odd(survey)
    if survey.layout != "pairs":
        return
    scale = survey.wanted.scale
    sizes = {
        pair: (survey.files[pair.image].size, survey.files[pair.target].size)
        for pair in survey.pairs
        if pair.target is not None and pair.image in survey.files and pair.target in survey.files
    }
    wrong = {pair: both for pair, both in sizes.items() if not is_fitting(both, scale)}
    if wrong:
        wanted = "as large as its image" if scale == 1 else f"{scale} times as large as its image"
        yield Finding(
            Severity.RUINS,
            ended(f"{in_all(len(wrong), len(sizes), 'pairs')} the target is not {wanted}: {shown_sizes(wrong)}"),
            "Training is refused, since it cannot be told which pixels belong together.",
            cure_of_sizes(survey.wanted.task, scale, sizes),
            tuple(file for pair in wrong for file in (pair.image, pair.target) if file is not None),
            len(wrong),
        )


def _odd(survey: PictureSurvey) -> Iterator[Finding]:
    """Files of an odd width."""
    odd = [pair.image for pair in survey.pairs if pair.image in survey.files and survey.files[pair.image].size[1] % 2]
    if odd:
        yield Finding(
            Severity.RUINS,
            f"{of_all(len(odd), len(survey.pairs), 'files')} {agree(len(odd), 'has', 'have')} an odd width, so that "
            f"{agree(len(odd), 'it', 'they')} cannot be halved.",
            "Training is refused.",
            "Cut a column off, or, if the two pictures lie in files of their own, put them into folders called input "
            "and target.",
            tuple(odd),
        )


CHECK = PictureCheck(run, "pairs of another scale than asked for or of several scales, and halves of an odd width")
