"""Pictures that cannot be read: empty, cut short, web pages, of more than 8 bits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._faults import FAULTS, fault_of
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_DEEP = ("of more than 8 bits per channel, or of other bands than grey and RGB", "Save them as RGB of 8 bits.")


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding per kind of fault."""
    kinds: dict[str, list[Path]] = {}
    for file, error in survey.unreadable.items():
        kinds.setdefault(fault_of(file, error), []).append(file)
    total = len(survey.files.keys() | survey.unreadable.keys())
    for kind, files in kinds.items():
        what, cure = _DEEP if kind == "depth" else FAULTS[kind]
        partner = ", each with its partner" if survey.layout == "pairs" else ""
        yield Finding(
            Severity.RUINS,
            f"{of_all(len(files), total, 'files')} {agree(len(files), 'is', 'are')} {what}.",
            "Training is refused or breaks off as long as they are there.",
            f"{cure} Or take these files out{partner}.",
            tuple(files),
        )


CHECK = PictureCheck(run, "files that are empty, cut short, web pages, of more than 8 bits, or no pictures")
