"""Images that show the same in two splits: rescaled, compressed anew, brighter, mirrored or turned."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._copies import Copy, byte_copies, copies, keep_together
from pixelwise.data.checks._words import agree, percent
from pixelwise.errors import some_of

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per two splits; exact copies are told by `duplicates`."""
    same = {frozenset((a, b)) for group in byte_copies(survey.looks) for a, b in combinations(group, 2)}
    splits = {split: pairs for split, pairs in survey.final_splits.items() if pairs}
    for first, second in combinations(splits, 2):
        found = copies(survey.looks, splits[first], splits[second])
        found = [copy for copy in found if frozenset((copy.first, copy.second)) not in same]
        if found:
            yield _leak(found, first, second, len(splits[second]), is_drawn=survey.is_drawn)


def _leak(found: list[Copy], first: str, second: str, total: int, *, is_drawn: bool) -> Finding:
    """Images of one split that show the same as some of another."""
    concerned = dict.fromkeys(copy.second for copy in found)
    ways = dict.fromkeys(copy.way for copy in found if copy.way)
    changed = f", some of them {some_of(ways)}" if ways else ""
    files = dict.fromkeys(file for copy in found for file in (copy.second.image, copy.first.image))
    count = len(concerned)
    return Finding(
        Severity.HARMS,
        f"{count} of {total} images of {second} ({percent(count / total)}) {agree(count, 'shows', 'show')} nearly the "
        f"same picture as one of {first}{changed}.",
        f"What is scored on {second} was seen in {first}: the score flatters.",
        keep_together(first, second, "images", is_drawn=is_drawn),
        tuple(files),
        count,
    )


CHECK = Check(run, "images of two splits that show nearly the same, mirrored or turned ones too", looks=True)
