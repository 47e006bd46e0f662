"""The page of `pixelwise check --task …` for pictures: one html file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.pairs import Pair, shown
from pixelwise.data.pictures import picture_source
from pixelwise.data.pictures.doctor import PictureDiagnosis
from pixelwise.data.pictures.overview import picture_overview
from pixelwise.data.pictures.survey import PictureSurvey
from pixelwise.errors import DataError
from pixelwise.ops.spread import evenly
from pixelwise.ops.thumbnail import displayed, thumbnail
from pixelwise.planning.summary import Fact
from pixelwise.reports.check_parts import LONGEST, Picture, cards, is_small, write_parts
from pixelwise.reports.overlays import as_data_uri

__all__ = ["write_pictures_page"]

_PAIRS = 6  # that are shown of healthy data


def write_pictures_page(path: str | Path, diagnosis: PictureDiagnosis, plan: Sequence[Fact]) -> None:
    """Write what was found among pictures as one html file without any reference to another.

    Args:
        path: File to write.
        diagnosis: What was read and found.
        plan: What training would decide; empty where that is not known.

    Raises:
        OutputError: If the file cannot be written.
    """
    survey = diagnosis.survey
    write_parts(
        path,
        findings=diagnosis.findings,
        title=survey.root.resolve().name or str(survey.root),
        folder=str(survey.root),
        overview=picture_overview(survey),
        rows=[],
        splits=[],
        widest=1.0,
        pictures=_examples(survey),
        void=False,
        hint="",
        cards=cards(
            diagnosis.findings,
            survey.root,
            [] if survey.layout == "pairs" else survey.pairs,  # each file by itself, since it matters which is meant
            lambda _, file: _one(file, survey.root),
        ),
        decisions=() if survey.usable is None else survey.usable.decisions,
        is_whole=survey.pictures is not None,
        plan=plan,
    )


def _examples(survey: PictureSurvey) -> list[Picture]:
    """What goes in beside what should come out, from all over the data; or one of each kind."""
    if survey.layout == "domains":
        kinds = [[pair for several in splits.values() for pair in several] for splits in (survey.splits, survey.others)]
        both = zip(*(evenly(kind, _PAIRS) for kind in kinds), strict=False)
        return [_beside(first, second, survey.root) for first, second in both]
    pairs = evenly([pair for pair in survey.pairs if not {pair.image, pair.target} & survey.unreadable.keys()], _PAIRS)
    if survey.layout == "alone":
        return [_one(pair.image, survey.root) for pair in pairs]
    return [_beside(pair, None, survey.root) for pair in pairs]


def _one(file: Path, root: Path) -> Picture:
    """A file that holds one picture, or both halves of a pair."""
    title = shown(file, root)
    try:
        picture = thumbnail(file, LONGEST).pixels
    except DataError:
        return Picture(title, "")
    return Picture(title, as_data_uri(picture), is_small(picture))


def _beside(first: Pair, second: Pair | None, root: Path) -> Picture:
    """An image beside its target, or beside a picture of the other kind."""
    title = shown(first.image, root) if second is None else f"{shown(first.image, root)}, {shown(second.image, root)}"
    try:
        image = _small(first.read_image())
        other = _small(picture_source(first).target(first) if second is None else second.read_image())
    except DataError:
        return Picture(title, "")
    return Picture(title, as_data_uri(other), is_small(image), as_data_uri(image))


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return displayed(pixels, LONGEST)
