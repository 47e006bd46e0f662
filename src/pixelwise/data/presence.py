"""Which classes each mask shows, and how large what it shows is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

import numpy as np

from pixelwise.data.classes import Classes
from pixelwise.data.pairs import Pair
from pixelwise.data.scan import ScannedPair

__all__ = ["numbers_of", "object_sizes", "shown_classes"]


def shown_classes(scanned: Mapping[Pair, ScannedPair], classes: Classes) -> dict[Pair, frozenset[str]]:
    """The classes that each mask shows, be it in a single pixel.

    Args:
        scanned: What each pair holds.
        classes: What the numbers in masks stand for.
    """
    return {pair: frozenset(_names(numbers_of(entry, classes), classes)) for pair, entry in scanned.items()}


def numbers_of(entry: ScannedPair, classes: Classes) -> dict[int, int]:
    """Pixels of a mask per number that the classes know; those of other numbers as the classes round them."""
    found = entry.colors if classes.colored else entry.pixels
    if not classes.nearest:
        return found
    nearest = classes.nearest_known(np.array(list(found)))
    total: Counter[int] = Counter()
    for number, count in zip(nearest.tolist(), found.values(), strict=True):
        total[number] += count
    return total


def object_sizes(entries: Iterable[ScannedPair], classes: Classes) -> tuple[float | None, ...]:
    """How large what each class shows is: the median over the masks that were measured, or over numbered objects.

    Args:
        entries: What masks hold; those without `diameters` say nothing.
        classes: What the numbers in masks stand for.

    Returns:
        Per class the diameter in pixels of a disc of the same area; None where it was not measured, as where classes
        overlap, where edges were smoothed, and of the background of numbered objects.
    """
    if classes.nearest or classes.multilabel:
        return (None,) * classes.num_classes
    found: defaultdict[int, list[float]] = defaultdict(list)
    for entry in entries:
        for value, diameter in entry.diameters.items():
            found[_number(value, entry, classes)].append(diameter)
    if classes.any_positive:
        ignored = {0, *classes.ignore_values}
        objects = [size for value, sizes in found.items() if value not in ignored for size in sizes]
        return None, (median(objects) if objects else None)
    return tuple(median(found[value]) if found[value] else None for value in classes.values)


def _names(numbers: Mapping[int, int], classes: Classes) -> Iterable[str]:
    """The classes of some numbers."""
    if classes.any_positive:
        ignored = {0, *classes.ignore_values}
        shows = (0 in numbers, not numbers.keys() <= ignored)
        return (name for name, is_shown in zip(classes.names, shows, strict=True) if is_shown)
    return (name for i, name in enumerate(classes.names) if classes.pixels_of(i, numbers))


def _number(value: int, entry: ScannedPair, classes: Classes) -> int:
    """A stored value as the classes know it: they may be known by the colours of a palette, or of shades."""
    if not classes.colored or entry.num_colors:
        return value
    red, green, blue = entry.palette.get(value, (value, value, value))
    return red << 16 | green << 8 | blue
