"""Files that cannot be read: empty, cut short, web pages, pointers to files that were never fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._faults import FAULTS, fault_of
from pixelwise.data.checks._words import agree, of_all

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per kind of fault."""
    kinds: dict[str, list[Path]] = {}
    for file, error in survey.unreadable.items():
        kinds.setdefault(fault_of(file, error), []).append(file)
    total = 2 * len(survey.pairs)
    for kind, files in kinds.items():
        what, cure = FAULTS[kind]
        yield Finding(
            Severity.RUINS,
            f"{of_all(len(files), total, 'files')} {agree(len(files), 'is', 'are')} {what}.",
            "Training is refused or breaks off as long as they are there.",
            f"{cure} Or take these files out, image and mask.",
            tuple(files),
        )


CHECK = Check(run, "files that are empty, cut short, web pages, or no images")
