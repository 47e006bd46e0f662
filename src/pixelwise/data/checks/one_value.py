"""Masks that hold one value only: nothing drawn, or nothing but the object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all
from pixelwise.data.classes import Classes
from pixelwise.data.scan import ScannedPair

__all__ = ["CHECK"]

_MANY = 0.5  # share of the masks


def run(survey: Survey) -> Iterator[Finding]:
    """One finding if all masks are constant, or one for those that are empty and one for other constant ones."""
    entries = [entry for entry in survey.entries if not entry.num_colors]
    constant = [entry for entry in entries if len(entry.pixels) == 1]
    if not constant:
        return
    values = {value for entry in entries for value in entry.pixels}
    is_multilabel = survey.usable is not None and survey.usable.classes.multilabel
    if len(constant) == len(entries) and len(entries) > 1 and not is_multilabel:
        only = f"the value {values.pop()} only" if len(values) == 1 else "one value each"
        yield Finding(
            Severity.RUINS,
            f"All {len(entries)} masks hold {only}.",
            "Training is refused: no mask shows two classes side by side.",
            "Look whether this is the right folder of masks, and whether they were exported with their objects.",
            masks_of([entry.pair for entry in constant]),
        )
    elif survey.usable is not None:
        yield from _some(entries, constant, survey.usable.classes)


def _some(entries: Sequence[ScannedPair], constant: Sequence[ScannedPair], classes: Classes) -> Iterator[Finding]:
    """Empty masks, and those that one other class fills."""
    background = classes.values[0] if classes.binary or classes.names[0].lower() == "background" else None
    background, only = (0, "no class") if classes.multilabel else (background, classes.names[0])
    empty = [entry for entry in constant if background in entry.pixels]
    full = [e for e in constant if e not in empty and not set(e.pixels) <= set(classes.ignore_values)]
    total = len(entries)
    if empty:
        many = len(empty) >= _MANY * total
        yield Finding(
            Severity.HARMS if many else Severity.NOTE,
            f"{of_all(len(empty), total, 'masks')} {agree(len(empty), 'is', 'are')} empty: {only} only.",
            "Right where there is nothing to find; where an object was not drawn, the network learns to overlook it.",
            "Look at some of these images; take out those that were never labelled.",
            masks_of([entry.pair for entry in empty]),
        )
    if full:
        filled = sum(1 for entry in full if classes.binary)
        yield Finding(
            Severity.HARMS if filled or len(full) >= _MANY * total else Severity.NOTE,
            f"{of_all(len(full), total, 'masks')} {agree(len(full), 'is', 'are')} filled by a single class.",
            "The borders of objects, which a network learns from, are missing in them.",
            "Look at these masks: they may be unfinished, or exported with a wrong setting.",
            masks_of([entry.pair for entry in full]),
        )


CHECK = Check(run, "masks that hold one value only, and empty ones")
