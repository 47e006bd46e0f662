"""What the pages of `pixelwise check` for masks and for pictures share: findings with thumbnails, and the frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from pixelwise._version import __version__
from pixelwise.data.checks import Finding, Severity
from pixelwise.data.overview import verdict
from pixelwise.data.pairs import Pair, shown
from pixelwise.errors import DataError
from pixelwise.ops.files import write_atomically
from pixelwise.ops.image_io import read_stored
from pixelwise.ops.thumbnail import thumbnail
from pixelwise.reports.overlays import as_data_uri
from pixelwise.reports.page import css, templates_with

__all__ = ["LONGEST", "Card", "Picture", "cards", "is_small", "write_parts"]

LONGEST = 320  # pixels of a thumbnail
_PICTURES = 6  # of a finding
_SMALL = 96  # pixels below which a picture is enlarged without smoothing
_KINDS = {Severity.RUINS: "ruins", Severity.HARMS: "harms", Severity.NOTE: "note"}
_LABELS = {Severity.RUINS: "Ruins training", Severity.HARMS: "Harms training", Severity.NOTE: "Worth knowing"}


@dataclass(frozen=True)
class Picture:
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
class Card:
    """A finding with its pictures."""

    finding: Finding
    kind: str
    label: str
    count: int
    pictures: tuple[Picture, ...]
    more: int


def write_parts(path: str | Path, *, findings: Sequence[Finding], **content: object) -> None:
    """Write the page as one html file without any reference to another.

    Args:
        path: File to write.
        findings: What was found, the worst first.
        **content: What the template shows, by name.

    Raises:
        OutputError: If the file cannot be written.
    """
    templates = templates_with({"css": css, "percent": _percent, "typed": _typed})
    page = templates.get_template("check.html.j2").render(
        verdict=verdict(findings),
        worst=max((_KINDS[finding.severity] for finding in findings[:1]), default="fine"),
        version=__version__,
        **content,
    )
    write_atomically(Path(path), page.encode("utf-8", "backslashreplace"))


def cards(
    findings: Iterable[Finding], root: Path, pairs: Sequence[Pair], picture_of: Callable[[Pair, Path], Picture]
) -> list[Card]:
    """Findings with thumbnails of the first files that each names, one for each pair.

    Args:
        findings: What was found.
        root: The folder of the data.
        pairs: All pairs.
        picture_of: Draws a pair, of which a file was named; files of no pair are shown as they are.
    """
    by_file = {file: pair for pair in pairs for file in (pair.image, pair.target) if file is not None}
    return [_card(finding, root, by_file, picture_of) for finding in findings]


def is_small(picture: NDArray[np.uint8]) -> bool:
    """Whether a thumbnail is to be enlarged without smoothing."""
    longest: int = max(picture.shape[:2])
    return longest <= _SMALL


def _card(
    finding: Finding, root: Path, by_file: Mapping[Path, Pair], picture_of: Callable[[Pair, Path], Picture]
) -> Card:
    """A finding with thumbnails of the first files that it names, one for each pair."""
    subjects: dict[object, Path] = {}
    for file in finding.files:
        subjects.setdefault(by_file.get(file, file), file)
        if len(subjects) == _PICTURES:
            break
    pictures = tuple(
        picture_of(subject, file) if isinstance(subject, Pair) else _of_file(file, root)
        for subject, file in subjects.items()
    )
    count = len(finding.files) if finding.count is None else finding.count
    covered = sum(by_file.get(file, file) in subjects for file in finding.files)
    more = len(finding.files) - covered
    return Card(finding, _KINDS[finding.severity], _LABELS[finding.severity], count, pictures, more)


def _of_file(file: Path, root: Path) -> Picture:
    """A file that belongs to no pair: as it is, or its values as shades where these would hardly be seen."""
    title = shown(file, root)
    try:
        picture = thumbnail(file, LONGEST).pixels
        if int(picture.max()) < _SMALL:
            values = read_stored(file).values
            picture = _shades(values) if values.ndim == 2 else picture
    except DataError:
        return Picture(title, "")
    return Picture(title, as_data_uri(picture), is_small(picture))


def _shades(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Whole numbers `(H, W)` as shades, `(h, w, 3)`, each its own."""
    step = max(1, max(values.shape) // LONGEST)
    known, places = np.unique(values[::step, ::step], return_inverse=True)
    shades = np.linspace(30, 255, len(known)).round().astype(np.uint8)[places].reshape(values[::step, ::step].shape)
    return shades[..., None].repeat(3, axis=2)


def _typed(text: str) -> Markup:
    """A sentence in which what stands between backticks is set as it is typed."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _percent(share: float) -> str:
    """`12.3 %`; what is there at all is never 0.00."""
    return "< 0.01 %" if 0 < share < 0.0001 else f"{100 * share:.2f} %"
