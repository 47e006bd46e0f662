"""The page of `pixelwise check`: one html file with pictures that needs nothing beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from numpy.typing import NDArray

from pixelwise._version import __version__
from pixelwise.data.checks import Finding, Severity, Survey
from pixelwise.data.classes import Classes
from pixelwise.data.doctor import Diagnosis
from pixelwise.data.overview import class_rows, fix_hint, overview, verdict
from pixelwise.data.pairs import Pair, shown
from pixelwise.errors import DataError
from pixelwise.ops.files import write_atomically
from pixelwise.ops.image_io import read_stored
from pixelwise.ops.spread import evenly
from pixelwise.ops.thumbnail import thumbnail
from pixelwise.planning.summary import Fact
from pixelwise.reports.overlays import as_data_uri, image_thumbnail, index_thumbnail, overlaid, provisional_classes

__all__ = ["write_check_page"]

_LONGEST = 320  # pixels of a thumbnail
_PAIRS = 6  # that are shown of healthy data
_PICTURES = 6  # of a finding
_SMALL = 96  # pixels below which a picture is enlarged without smoothing
_KINDS = {Severity.RUINS: "ruins", Severity.HARMS: "harms", Severity.NOTE: "note"}
_LABELS = {Severity.RUINS: "Ruins training", Severity.HARMS: "Harms training", Severity.NOTE: "Worth knowing"}


@dataclass(frozen=True)
class _Picture:
    """A thumbnail.

    Attributes:
        name: The file, below the folder of the data.
        address: Data URI; empty where the file cannot be shown.
        is_small: Whether it is enlarged.
        plain: The image without the mask; empty where that is not shown beside it.
    """

    name: str
    address: str
    is_small: bool = False
    plain: str = ""


@dataclass(frozen=True)
class _Card:
    """A finding with its pictures."""

    finding: Finding
    kind: str
    label: str
    count: int
    pictures: tuple[_Picture, ...]
    more: int


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
    environment = Environment(
        loader=PackageLoader("pixelwise.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"css": _css, "percent": _percent, "typed": _typed}
    rows = [] if dataset is None else class_rows(survey, dataset)
    page = environment.get_template("check.html.j2").render(
        title=survey.root.resolve().name or str(survey.root),
        folder=str(survey.root),
        verdict=verdict(diagnosis.findings),
        worst=max((_KINDS[finding.severity] for finding in diagnosis.findings[:1]), default="fine"),
        overview=overview(diagnosis.survey),
        rows=rows,
        splits=[] if dataset is None else list(dataset.splits),
        widest=max((share for row in rows for share in row.shares), default=1.0) or 1.0,
        pictures=[] if classes is None or not survey.scanned else _examples(survey, classes),
        void=any(row.color is None for row in rows),
        hint=fix_hint(diagnosis.survey, diagnosis.findings),
        cards=[_card(finding, survey, classes) for finding in diagnosis.findings],
        decisions=() if dataset is None else dataset.decisions,
        is_whole=survey.dataset is not None,
        plan=plan,
        version=__version__,
    )
    write_atomically(Path(path), page.encode("utf-8", "backslashreplace"))


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


def _examples(survey: Survey, classes: Classes) -> list[_Picture]:
    """A few pairs, from all over the data."""
    pairs = evenly([pair for pair in survey.pairs if pair in survey.scanned], _PAIRS)
    return [_of_pair(pair, survey, classes, beside=True) for pair in pairs]


def _card(finding: Finding, survey: Survey, classes: Classes | None) -> _Card:
    """A finding with thumbnails of the first files that it names, one for each pair."""
    by_file = {file: pair for pair in survey.pairs for file in (pair.image, pair.target) if file is not None}
    subjects: dict[object, Path] = {}
    for file in finding.files:
        subjects.setdefault(by_file.get(file, file), file)
        if len(subjects) == _PICTURES:
            break
    pictures = tuple(
        _of_pair(subject, survey, classes, name=file) if isinstance(subject, Pair) else _of_file(file, survey)
        for subject, file in subjects.items()
    )
    count = len(finding.files) if finding.count is None else finding.count
    covered = sum(by_file.get(file, file) in subjects for file in finding.files)
    more = len(finding.files) - covered
    return _Card(finding, _KINDS[finding.severity], _LABELS[finding.severity], count, pictures, more)


def _of_pair(
    pair: Pair, survey: Survey, classes: Classes | None, *, name: Path | None = None, beside: bool = False
) -> _Picture:
    """The image of a pair with its mask laid over it, as far as both can be read."""
    title = shown(name or pair.image, survey.root)
    try:
        image = image_thumbnail(pair, _LONGEST)
    except DataError:
        return _Picture(title, "")
    picture = image
    if classes is not None and pair.target is not None:
        try:
            picture = overlaid(image, index_thumbnail(pair, classes, (image.shape[0], image.shape[1])), classes)
        except DataError:
            picture = image  # its mask cannot be shown; the finding says why
    plain = as_data_uri(image) if beside else ""
    return _Picture(title, as_data_uri(picture), _is_small(image), plain)


def _of_file(file: Path, survey: Survey) -> _Picture:
    """A file that belongs to no pair: as it is, or its values as shades where these would hardly be seen."""
    title = shown(file, survey.root)
    try:
        picture = thumbnail(file, _LONGEST).pixels
        if int(picture.max()) < _SMALL:
            values = read_stored(file).values
            picture = _shades(values) if values.ndim == 2 else picture
    except DataError:
        return _Picture(title, "")
    return _Picture(title, as_data_uri(picture), _is_small(picture))


def _shades(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Whole numbers `(H, W)` as shades, `(h, w, 3)`, each its own."""
    step = max(1, max(values.shape) // _LONGEST)
    known, places = np.unique(values[::step, ::step], return_inverse=True)
    shades = np.linspace(30, 255, len(known)).round().astype(np.uint8)[places].reshape(values[::step, ::step].shape)
    return shades[..., None].repeat(3, axis=2)


def _is_small(picture: NDArray[np.uint8]) -> bool:
    longest: int = max(picture.shape[:2])
    return longest <= _SMALL


def _typed(text: str) -> Markup:
    """A sentence in which what stands between backticks is set as it is typed."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _css(color: Iterable[int]) -> str:
    return "rgb({} {} {})".format(*color)


def _percent(share: float) -> str:
    """`12.3 %`; what is there at all is never 0.00."""
    return "< 0.01 %" if 0 < share < 0.0001 else f"{100 * share:.2f} %"
