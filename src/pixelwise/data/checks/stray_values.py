"""Values that only a few pixels of a few masks hold, as a slip of a tool leaves them behind."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import masks_of, percent
from pixelwise.data.wording import counted

__all__ = ["CHECK"]

_LARGEST_SHARE = 2e-5  # of all pixels
_MOST_MASKS = 0.1  # of all masks
_FEWEST_MASKS = 10


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per value, where classes have no names."""
    data, entries = survey.usable, survey.entries
    if data is None or survey.names is not None or len(entries) < _FEWEST_MASKS:
        return
    classes = data.classes
    if classes.colored or classes.nearest or classes.any_positive or classes.num_classes <= 2:
        return
    total = sum(sum(entry.pixels.values()) for entry in entries)
    for value in classes.values:
        holding = [entry for entry in entries if value in entry.pixels]
        pixels = sum(entry.pixels[value] for entry in holding)
        if holding and pixels <= _LARGEST_SHARE * total and len(holding) <= max(1, _MOST_MASKS * len(entries)):
            yield Finding(
                Severity.HARMS,
                f"The value {value} is held by {counted(pixels, 'pixel')} of {len(holding)} of {len(entries)} masks "
                f"({percent(pixels / total)} of all).",
                "It is taken for a class of its own, which cannot be learnt and pulls the mean IoU down.",
                f"Mend these pixels if they are a slip, or leave them out with `--ignore {value}`.",
                masks_of([entry.pair for entry in holding]),
            )


CHECK = Check(run, "values that only a few pixels of a few masks hold")
