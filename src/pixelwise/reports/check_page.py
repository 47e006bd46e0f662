"""The page of `pixelwise check`: one html file with pictures that needs nothing beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pixelwise.data.checks import Survey
from pixelwise.data.classes import Classes
from pixelwise.data.doctor import Diagnosis
from pixelwise.data.overview import class_rows, fix_hint, overview
from pixelwise.data.pairs import Pair, shown
from pixelwise.errors import DataError
from pixelwise.ops.spread import evenly
from pixelwise.planning.summary import Fact
from pixelwise.reports.check_parts import LONGEST, Picture, cards, is_small, write_parts
from pixelwise.reports.overlays import as_data_uri, image_thumbnail, index_thumbnail, overlaid, provisional_classes

__all__ = ["write_check_page"]

_PAIRS = 6  # that are shown of healthy data


def write_check_page(path: str | Path, diagnosis: Diagnosis, plan: Sequence[Fact]) -> None:
    """Write what `pixelwise check` found as one html file without any reference to another.

    Args:
        path: File to write.
        diagnosis: What was read and found.
        plan: What training would decide; empty where that is not known.

    Raises:
        OutputError: If the file cannot be written.
    """
    survey = _as_trained_on(diagnosis.survey)
    dataset = survey.usable or survey.dataset
    classes = _shown_by(survey) if dataset is None else dataset.classes
    rows = [] if dataset is None else class_rows(dataset)
    write_parts(
        path,
        title=survey.root.resolve().name or str(survey.root),
        folder=str(survey.root),
        findings=diagnosis.findings,
        overview=overview(diagnosis.survey),
        rows=rows,
        splits=[] if dataset is None else list(dataset.splits),
        measured=any(row.size is not None for row in rows),
        widest=max((share for row in rows for share in row.shares), default=1.0) or 1.0,
        pictures=[] if classes is None or not survey.scanned else _examples(survey, classes),
        void=any(row.color is None for row in rows),
        hint=fix_hint(diagnosis.survey, diagnosis.findings),
        cards=cards(
            diagnosis.findings,
            survey.root,
            survey.pairs,
            lambda pair, file: _of_pair(pair, survey, classes, name=file),
        ),
        decisions=diagnosis.decisions,
        is_whole=survey.dataset is not None,
        plan=plan,
    )


def _as_trained_on(survey: Survey) -> Survey:
    """With the pairs as training reads them, which knows how to scale images of more than 8 bits."""
    dataset = survey.usable or survey.dataset
    known = {pair: pair for pairs in dataset.splits.values() for pair in pairs} if dataset is not None else {}
    splits = {split: tuple(known.get(pair, pair) for pair in pairs) for split, pairs in survey.splits.items()}
    return replace(survey, splits=splits)


def _shown_by(survey: Survey) -> Classes | None:
    """How masks are shown whose classes are not known."""
    values: Counter[int] = Counter()
    for entry in survey.entries:
        values.update(entry.pixels)
    names = () if survey.names is None else survey.names.names
    numbers = range(len(names)) if survey.names is None or survey.names.values is None else survey.names.values
    return provisional_classes(values, dict(zip(numbers, names, strict=True)))


def _examples(survey: Survey, classes: Classes) -> list[Picture]:
    """A few pairs, from all over the data."""
    pairs = evenly([pair for pair in survey.pairs if pair in survey.scanned], _PAIRS)
    return [_of_pair(pair, survey, classes, beside=True) for pair in pairs]


def _of_pair(
    pair: Pair, survey: Survey, classes: Classes | None, *, name: Path | None = None, beside: bool = False
) -> Picture:
    """The image of a pair with its mask laid over it, as far as both can be read."""
    title = shown(name or pair.image, survey.root)
    try:
        image = image_thumbnail(pair, LONGEST)
    except DataError:
        return Picture(title, "")
    picture = image
    if classes is not None and pair.target is not None:
        try:
            picture = overlaid(image, index_thumbnail(pair, classes, (image.shape[0], image.shape[1])), classes)
        except DataError:
            picture = image  # its mask cannot be shown; the finding says why
    plain = as_data_uri(image) if beside else ""
    return Picture(title, as_data_uri(picture), is_small(image), plain)
