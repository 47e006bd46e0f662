"""Targets that should be sharp, and are blurred or were enlarged."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_SOFT = 0.02  # detail of photographs: 0.05 to 0.3; of those that were enlarged twice: 0.004 to 0.02
_FEW = 0.1  # share up to which they hardly matter


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them, where targets have to be sharp."""
    if not survey.wants_detail:
        return
    for side in survey.sides():
        known = {pair: look.detail for pair, look in side.looks.items() if look.detail is not None}
        soft = {pair: amount for pair, amount in known.items() if amount < _SOFT}
        if side.is_wanted and soft:
            count = len(soft)
            yield Finding(
                Severity.HARMS if count > _FEW * len(known) else Severity.NOTE,
                f"{of_all(count, len(known), 'targets')} {agree(count, 'has', 'have')} no fine detail: "
                f"{agree(count, 'it was', 'they were')} enlarged or blurred.",
                "What should come out is not sharp, so that the network learns to leave pictures soft.",
                "Make them smaller until they are sharp at the size of a pixel, by half or more, or take them out.",
                tuple(side.files[pair] for pair in sorted(soft, key=lambda pair: soft[pair])),
            )


CHECK = PictureCheck(run, "targets that were enlarged or blurred", looks=True)
