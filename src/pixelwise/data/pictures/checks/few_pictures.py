"""Too few pictures to learn from, or to score on."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._held_out import FEW_TO_LEARN, FEW_TO_SCORE, hold_out_more
from pixelwise.data.checks._words import agree
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey, Side

__all__ = ["CHECK"]

_FEW_OF_A_KIND = 20  # from which a critic learns what the pictures of a kind have in common
_FEW_TO_COMPARE = 5  # of a kind: below it the distance between two sets is chance


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """For each kind of pictures, one finding for train and one for val."""
    if survey.usable is None:
        return
    of_kinds = survey.layout == "domains"
    for side in survey.sides():
        if of_kinds or side.is_wanted:
            yield from _few(
                survey, side, *((_FEW_OF_A_KIND, _FEW_TO_COMPARE) if of_kinds else (FEW_TO_LEARN, FEW_TO_SCORE))
            )


def _few(survey: PictureSurvey, side: Side, to_learn: int, to_score: int) -> Iterator[Finding]:
    train, val = side.splits.get("train", ()), side.splits.get("val", ())
    if len(train) < to_learn:
        yield Finding(
            Severity.HARMS,
            f"There {agree(len(train), 'is', 'are')} only {_number(len(train), side.nouns)} to train on.",
            "The network will know them by heart and little else.",
            f"Add more: from about {5 * to_learn} on, results begin to hold.",
            tuple(side.files[pair] for pair in train),
            len(train),
        )
    if val and len(val) < to_score:
        yield Finding(
            Severity.HARMS,
            f"There {agree(len(val), 'is', 'are')} only {_number(len(val), side.nouns)} to score on.",
            "The score hangs on single pictures, and two trainings cannot be told apart by it.",
            hold_out_more(
                len(train),
                len(val),
                "add more pictures",
                is_drawn=survey.is_drawn,
                validation=survey.wanted.validation,
                enough=to_score,
            ),
            tuple(side.files[pair] for pair in val),
            len(val),
        )


def _number(count: int, nouns: str) -> str:
    """`1 picture of kind A`."""
    return f"{count} {nouns if count != 1 else nouns.replace('s', '', 1)}"


CHECK = PictureCheck(run, "too few pictures to learn from or to score on, of either kind")
