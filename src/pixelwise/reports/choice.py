"""Which images of an evaluation are worth showing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from pixelwise.reports.examples import Group

__all__ = ["choose"]

_FRAMES_APART = 0.1  # share of a sequence within which two frames are taken to look alike

Place = tuple[str, float]  # sequence, and how far into it, [0, 1)


def choose(names: Sequence[str], scores: Sequence[float], count: int) -> list[tuple[Group, list[int]]]:
    """Choose the best, the middle and the worst images, each from its third of them.

    Names that differ only in the number at their end are a sequence. From each group, images of different sequences
    are taken first, then those far apart in one, then any.

    Args:
        names: Of the images.
        scores: Of the images; those that are nan are left out.
        count: How many of each; fewer where there are not enough images.

    Returns:
        Indices by group: the best first, those in the middle from the better on, the worst first.
    """
    ranked = sorted((i for i, score in enumerate(scores) if not math.isnan(score)), key=lambda i: (-scores[i], i))
    places = _places(names)
    third = max(1, len(ranked) // 3)
    count = min(count, third)
    middle = (len(ranked) - count) // 2
    around = sorted(range(len(ranked)), key=lambda rank: (abs(rank - middle - (count - 1) / 2), rank))[:third]
    median = _different([ranked[rank] for rank in around], places, count)
    return [
        ("best", _different(ranked[:third], places, count)),
        ("median", sorted(median, key=ranked.index)),
        ("worst", _different(ranked[::-1][:third], places, count)),
    ]


def _different(candidates: Sequence[int], places: Sequence[Place], count: int) -> list[int]:
    """The first `count` candidates that are unlike each other, filled up with the first of the others."""
    chosen: list[int] = []
    for is_like in (_share_sequence, _are_near, lambda a, b: False):
        for i in candidates:
            if len(chosen) < count and i not in chosen and not any(is_like(places[i], places[j]) for j in chosen):
                chosen.append(i)
    return sorted(chosen, key=candidates.index)


def _share_sequence(a: Place, b: Place) -> bool:
    return a[0] == b[0]


def _are_near(a: Place, b: Place) -> bool:
    return a[0] == b[0] and round(abs(a[1] - b[1]), 6) < _FRAMES_APART


def _places(names: Sequence[str]) -> list[Place]:
    """The sequence of each image and its place in it."""
    sequences: dict[str, list[int]] = defaultdict(list)
    for i in sorted(range(len(names)), key=names.__getitem__):
        sequences[names[i].rstrip("0123456789")].append(i)
    places: dict[int, Place] = {}
    for sequence, members in sequences.items():
        places |= {i: (sequence, place / len(members)) for place, i in enumerate(members)}
    return [places[i] for i in range(len(names))]
