"""One number that stands for different colours in different masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import masks_of
from pixelwise.data.scan import ScannedPair

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all masks whose palette contradicts the commonest one."""
    colors: dict[int, Counter[tuple[int, int, int]]] = {}
    for entry in survey.entries:
        for value, color in entry.palette.items():
            colors.setdefault(value, Counter())[color] += 1
    torn = {value: counts for value, counts in colors.items() if len(counts) > 1}
    if not torn:
        return
    usual = {value: counts.most_common(1)[0][0] for value, counts in torn.items()}
    other = [entry for entry in survey.entries if _contradicts(entry, usual)]
    value = min(torn)
    (first, _), (second, _) = torn[value].most_common(2)
    by_color = survey.usable is not None and survey.usable.classes.colored
    yield Finding(
        Severity.HARMS,
        f"{len(other)} of {len(survey.entries)} masks have another palette than the rest: {len(torn)} numbers stand "
        f"for different colours, such as {value} for {first} and {second}.",
        "Numbers and colours contradict each other; the colours are taken as the classes."
        if by_color
        else "The numbers are taken as the classes; where the colours were meant, these masks are wrong.",
        "Save all masks with one palette, in which each class has the same number everywhere.",
        masks_of([entry.pair for entry in other]),
    )


def _contradicts(entry: ScannedPair, usual: dict[int, tuple[int, int, int]]) -> bool:
    """Whether a number has another colour than usual."""
    return any(value in usual and color != usual[value] for value, color in entry.palette.items())


CHECK = Check(run, "one number that stands for different colours in different masks")
