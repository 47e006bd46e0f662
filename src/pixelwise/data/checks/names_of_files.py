"""Names that another disk cannot tell apart, or cannot hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree
from pixelwise.data.wording import counted

__all__ = ["CHECK"]

_FORBIDDEN = re.compile(r'^\s|\s$|[<>:"|?*\\\x00-\x1f]')


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for names that differ in case or blanks only, one for names that not every disk can hold."""
    groups: dict[tuple[Path, str], list[Path]] = {}
    for image in dict.fromkeys(pair.image for pair in survey.pairs):  # which two splits may list
        plain = re.sub(r"\s+", "", unicodedata.normalize("NFC", image.stem).casefold())
        groups.setdefault((image.parent, plain), []).append(image)
    same = [file for files in groups.values() if len(files) > 1 for file in files]
    if same:
        yield Finding(
            Severity.HARMS,
            f"{len(same)} images have names that differ from another's only in case or blanks, such as "
            f"{same[0].name!r} and {same[1].name!r}.",
            "On Windows and macOS one overwrites the other when they are copied; the two may be one picture.",
            "Rename or remove one of each, with its mask.",
            tuple(same),
        )
    odd = [pair.image for pair in survey.pairs if _FORBIDDEN.search(pair.image.stem) or _FORBIDDEN.search(pair.name)]
    if odd:
        yield Finding(
            Severity.NOTE,
            f"{counted(len(odd), 'image')} {agree(len(odd), 'has', 'have')} blanks at the ends of "
            f"{agree(len(odd), 'its name', 'their names')}, or signs that not every disk can hold.",
            "The data cannot be copied to every other machine.",
            "Rename them, with their masks.",
            tuple(odd),
        )


CHECK = Check(run, "names that other disks cannot tell apart or hold")
