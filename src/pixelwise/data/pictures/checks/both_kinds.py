"""The same picture among both kinds of unpaired pictures."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._copies import copies
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._targets import looks_of
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_FEW = 0.02  # share of the smaller kind up to which it hardly matters
_SAME = 0.9  # share from which on both kinds are one


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them."""
    if survey.layout != "domains":
        return
    first, second = survey.sides()
    looks, others = looks_of(first), looks_of(second)
    found = [copy for copy in copies({**looks, **others}, list(looks), list(others)) if not copy.way]
    if not found:
        return
    count, total = len({copy.second for copy in found}), len(others)
    smaller = max(1, min(len(looks), total))
    severity = Severity.HARMS if count > _FEW * smaller else Severity.NOTE
    yield Finding(
        Severity.RUINS if count > _SAME * smaller else severity,
        f"{of_all(count, total, second.nouns)} {agree(count, 'is', 'are')} among those of the other kind too.",
        "The critic is told that the same picture is of both kinds, and what tells them apart is blurred.",
        "Decide which kind each belongs to, and take it out of the other.",
        tuple(dict.fromkeys(file for copy in found for file in (copy.second.image, copy.first.image))),
        count,
    )


CHECK = PictureCheck(run, "pictures that are among both kinds", looks=True)
