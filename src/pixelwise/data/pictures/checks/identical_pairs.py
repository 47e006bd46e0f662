"""Pairs whose image is its target: nothing is to be learnt from them."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._words import in_all
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_FEW = 0.05  # share of the pairs that may teach to leave alone what is well


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them."""
    if survey.layout not in ("pairs", "halves"):
        return
    same = [pair for pair in survey.pairs if _is_same(pair, survey)]
    if not same:
        return
    total = len(survey.pairs)
    everything = len(same) == total
    yield Finding(
        Severity.RUINS if everything else Severity.HARMS if len(same) > _FEW * total else Severity.NOTE,
        f"{in_all(len(same), total, 'pairs')} image and target are the same picture.",
        "There is nothing to learn." if everything else "The network learns from them to change nothing.",
        "Look whether one folder was copied over the other."
        if everything
        else "Take them out, unless they are meant: pictures that shall stay as they are.",
        tuple(file for pair in same for file in dict.fromkeys((pair.image, pair.target)) if file is not None),
        len(same),
    )


def _is_same(pair: Pair, survey: PictureSurvey) -> bool:
    """Whether both pictures are equal: pixel by pixel where they were decoded, else byte for byte."""
    look = survey.looks.get(pair)
    if look is not None:
        return look.difference == 0
    first, second = survey.files.get(pair.image), survey.files.get(pair.target or pair.image)
    if pair.target in (None, pair.image) or first is None or second is None or first != second:
        return False
    try:
        return pair.target is not None and pair.image.read_bytes() == pair.target.read_bytes()
    except OSError:
        return False


CHECK = PictureCheck(run, "pairs whose image is its target")
