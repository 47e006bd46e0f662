"""Masks whose edges were smoothed."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all, percent

__all__ = ["CHECK"]

_LITTLE = 0.005  # of the pixels


def run(survey: Survey) -> Iterator[Finding]:
    """One finding, where pixels are given to the nearest class."""
    data = survey.usable
    if data is None or not data.classes.nearest:
        return
    known = {*data.classes.values, *data.classes.ignore_values}
    total = between = 0
    smoothed = []
    for entry in survey.entries:
        height, width = entry.mask_size
        found = entry.colors if data.classes.colored else entry.pixels
        exact = sum(count for value, count in found.items() if value in known)
        total += height * width
        between += height * width - exact
        if exact < height * width:
            smoothed.append(entry.pair)
    count, of_two = len(smoothed), len(known) == 2
    none = "neither" if of_two else "none"
    yield Finding(
        Severity.HARMS if between >= _LITTLE * total and not of_two else Severity.NOTE,
        f"{of_all(count, len(survey.entries), 'masks')} {agree(count, 'has', 'have')} smoothed edges: "
        f"{percent(between / max(1, total))} of the pixels store {none} of the classes exactly.",
        "Each of them is given to the nearer of the two classes, so that no border moves by more than its edge is wide."
        if of_two
        else "Each of them is given to the nearest class, which between three classes may be a wrong one.",
        "Take the masks from before they were scaled or compressed; scale masks by nearest neighbour only.",
        masks_of(smoothed),
    )


CHECK = Check(run, "masks whose edges were smoothed by scaling or compression")
