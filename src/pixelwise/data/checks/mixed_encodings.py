"""Masks that store the same classes in different ways: 0 and 1 beside 0 and 255, numbers beside colours."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import masks_of
from pixelwise.data.scan import ScannedPair

__all__ = ["CHECK"]

_HIGHS = (1, 255, 65535)


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for either kind of mixture."""
    entries = survey.entries
    colored = [entry for entry in entries if entry.num_colors]
    plain = [entry for entry in entries if not entry.colors]
    if colored and plain:
        few, others = sorted((colored, plain), key=len)
        kind = "colours" if few is colored else "one number per pixel"
        rest = "one number per pixel" if few is colored else "colours"
        yield Finding(
            Severity.RUINS,
            f"{len(few)} of {len(entries)} masks hold {kind}, the other {len(others)} {rest}.",
            "Training is refused, since it is not known which colour is which number.",
            "Save all masks in one way: with one number per class, as grey or palette PNG.",
            masks_of([entry.pair for entry in few]),
        )
        return
    by_high: dict[int, list[ScannedPair]] = {high: [] for high in _HIGHS}
    for entry in entries:
        values = {value for value in entry.pixels if value}
        if len(values) > 1 or (values and not values <= set(_HIGHS)):
            return
        for value in values:
            by_high[value].append(entry)
    used = {high: several for high, several in by_high.items() if several}
    if len(used) > 1:
        few = min(used.values(), key=len)
        counts = ", ".join(f"0 and {high} ({len(several)})" for high, several in used.items())
        yield Finding(
            Severity.HARMS,
            f"The masks store the object in {len(used)} ways: {counts}.",
            "The numbers are taken for different classes, or 255 for pixels to be ignored, so that objects are lost.",
            "Save all masks in one way, such as 0 and 255; or give `--binary`, which takes all above 0 as the object.",
            masks_of([entry.pair for entry in few]),
        )


CHECK = Check(run, "masks that store the same classes in different ways")
