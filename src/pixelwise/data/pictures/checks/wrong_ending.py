"""Pictures whose ending says another kind than their content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree
from pixelwise.data.checks.wrong_ending import is_wrong_ending
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey
from pixelwise.data.wording import counted, ended
from pixelwise.errors import some_of

__all__ = ["CHECK"]


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them."""
    wrong = {file: said.kind for file, said in survey.files.items() if is_wrong_ending(file, said.kind)}
    if wrong:
        kinds = Counter(f"{file.suffix} is {kind}" for file, kind in wrong.items())
        counts = some_of(f"{what} ({count})" for what, count in kinds.most_common())
        yield Finding(
            Severity.NOTE,
            ended(
                f"{counted(len(wrong), 'picture')} {agree(len(wrong), 'has', 'have')} the ending of another kind of "
                f"file: {counts}"
            ),
            "pixelwise reads them by their content; other programs may refuse them.",
            "Rename them, or save them anew.",
            tuple(wrong),
        )


CHECK = PictureCheck(run, "files whose ending says another kind than their content")
