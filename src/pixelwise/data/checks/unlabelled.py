"""Pixels that are ignored: too many in all, or nearly all of a mask."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all, percent
from pixelwise.errors import some_of

__all__ = ["CHECK"]

_MOST_IN_ALL = 0.5
_MOST_IN_A_MASK = 0.95


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all pixels, one for the masks that are nearly unlabelled."""
    data = survey.usable
    if data is None or not data.classes.ignore_values or data.classes.colored:
        return
    ignored_values = data.classes.ignore_values
    shares = {
        entry.pair: sum(entry.pixels.get(value, 0) for value in ignored_values) / max(1, sum(entry.pixels.values()))
        for entry in survey.entries
        if entry.pixels
    }
    bare = [pair for pair, share in shares.items() if share >= _MOST_IN_A_MASK]
    if bare:
        yield Finding(
            Severity.HARMS,
            f"{of_all(len(bare), len(shares), 'masks')} {agree(len(bare), 'is', 'are')} ignored to at least "
            f"{percent(_MOST_IN_A_MASK)}.",
            "Hardly anything can be learnt from these images, and nothing be scored on them.",
            "Label them, or take image and mask out.",
            masks_of(bare),
        )
    ignored = sum(data.ignored_pixels.values())
    share = ignored / max(1, ignored + sum(map(sum, data.class_pixels.values())))
    if share >= _MOST_IN_ALL:
        values = some_of(ignored_values)
        yield Finding(
            Severity.HARMS,
            f"{percent(share)} of all pixels are ignored (the value {values}).",
            "Only the rest is learnt from; if the value stands for the object or the background, that is never learnt.",
            "If it is a class, give `--ignore none`, and name the classes with `--classes`.",
            masks_of([pair for pair, _ in sorted(shares.items(), key=lambda item: -item[1])]),
        )


CHECK = Check(run, "too few labelled pixels, in all or in single masks")
