"""Masks that are mirrored or upside down against their images, all of them or those of turned photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.checks._alignment import Aligned, agreement_here, borders_of, evidence, to_align
from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import masks_of
from pixelwise.data.pairs import Pair

__all__ = ["CHECK"]

Labels = NDArray[np.integer]
_WAYS: dict[str, Callable[[Labels], Labels]] = {
    "mirrored left to right": lambda labels: labels[:, ::-1],
    "upside down": lambda labels: labels[::-1],
    "turned by 180°": lambda labels: labels[::-1, ::-1],
    "mirrored about the diagonal": lambda labels: labels.T,
    "turned by 90° clockwise": lambda labels: labels.T[::-1],
    "turned by 90° anticlockwise": lambda labels: labels.T[:, ::-1],
}


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all masks, or one for those of photographs that the camera turned."""
    turned = [pair for pair in survey.looks if survey.scanned[pair].orientation != 1]
    others = [pair for pair in survey.looks if survey.scanned[pair].orientation == 1]
    for pairs, whose in ((others, ""), (turned, " of photographs that the camera noted to turn (EXIF)")):
        found = _way(survey, pairs)
        if found is not None:
            yield _finding(*found, whose)


def _way(survey: Survey, pairs: Sequence[Pair]) -> tuple[str, list[Aligned]] | None:
    """How masks are turned against their images, if they evidently are."""
    aligned = to_align(survey, pairs)
    own = [agreement_here(one, one.borders) for one in aligned]
    gains: dict[str, float] = {}
    for way, turn in _WAYS.items():
        turned = [_turned(survey, one, turn) for one in aligned]
        theirs = [
            0.0 if borders is None else agreement_here(one, borders)
            for one, borders in zip(aligned, turned, strict=True)
        ]
        if evidence(theirs, own):
            gains[way] = float(np.mean(theirs))
    return (max(gains, key=lambda way: gains[way]), aligned) if gains else None


def _turned(survey: Survey, one: Aligned, turn: Callable[[Labels], Labels]) -> NDArray[np.float32] | None:
    """The borders of a mask that is turned; None where it would have another shape."""
    outline = survey.looks[one.pair].outline
    labels = turn(outline.labels) if outline is not None else None
    return borders_of(labels) if labels is not None and labels.shape == one.borders.shape else None


def _finding(way: str, aligned: Sequence[Aligned], whose: str) -> Finding:
    """What to say of masks that are turned."""
    return Finding(
        Severity.HARMS,
        f"The masks{whose} seem to be {way} against their images: turned back, their borders would lie on the edges of "
        f"nearly all of the {len(aligned)} images looked at.",
        "The network learns objects where there are none.",
        "Lay some masks over their images, and turn all of these masks back.",
        masks_of([one.pair for one in aligned]),
        len(aligned),
    )


CHECK = Check(run, "masks that are mirrored or turned against their images", looks=True)
