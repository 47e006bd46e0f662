"""Holding out a share of images such that it is the same share of those of each class.

Iterative stratification, after Sechidis, Tsoumakas and Vlahavas: "On the Stratification of Multi-Label Data", 2011,
https://doi.org/10.1007/978-3-642-23808-6_10: the class that the fewest images are left of is served first, since a
common class can still be made up for by others.

Differs from the paper: of the images of a class the first in a given order are held out, as many as come nearest the
wanted number, so that a file more or less changes little; ties are settled by that order, never by chance; images may
come in groups that stay whole; a class that enough groups show is on both sides even if its share would round to none;
and single groups change sides in the end if that brings the number of images nearer to what was asked for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST", "held_out"]

FEWEST = 3  # groups that show a class from which on it is on both sides: one to measure it on, two to learn it from
_FEWEST_TO_SHARE = 2  # groups of a class of which not all are held out
_NOTHING = 1e-6  # images; below it are rounding errors


def held_out(images: NDArray[np.integer], showing: NDArray[np.integer], wanted: float) -> NDArray[np.bool_]:
    """Which groups to hold out.

    Args:
        images: `(G,)`, how many images each group has, in the order in which groups are drawn.
        showing: `(G, K)`, how many images of each group show each class; K may be 0.
        wanted: How many images to hold out.

    Returns:
        `(G,)`. Where no class is known, the first groups that come nearest the number.
    """
    draw = _Draw(np.column_stack([showing, images]).astype(np.float64), wanted)
    left = np.ones(len(images), np.bool_)
    remaining = draw.groups.copy()
    while remaining.any():
        label = int(np.argmin(np.where(remaining > 0, remaining, len(images) + 1)))
        places = np.flatnonzero(left & draw.is_in[:, label])
        draw.serve(label, places)
        left[places] = False
        remaining -= draw.is_in[places].sum(axis=0)
    draw.settle_number()
    return draw.chosen


class _Draw:
    """Which groups are held out so far.

    Args:
        counts: `(G, K + 1)`, images of each group that show each class; last, all of its images.
        wanted: How many images to hold out.

    Attributes:
        chosen: `(G,)`, whether a group is held out.
        held: `(K + 1,)`, images of each class that are held out.
        groups_held: `(K + 1,)`, groups of each class that are held out.
    """

    def __init__(self, counts: NDArray[np.float64], wanted: float) -> None:
        self.counts = counts
        self.is_in = counts > 0
        self.totals = counts.sum(axis=0)
        self.groups = self.is_in.sum(axis=0)
        self.desired = self.totals * (wanted / max(1.0, self.totals[-1]))
        self.chosen = np.zeros(len(counts), np.bool_)
        self.held = np.zeros(counts.shape[1])
        self.groups_held = np.zeros(counts.shape[1], np.int64)

    def serve(self, label: int, places: NDArray[np.integer]) -> None:
        """Hold out those of some groups that bring a class nearer to what is wanted of it."""
        for place in places:
            distance = self.held[label] - self.desired[label]
            if abs(distance + self.counts[place, label]) < abs(distance) and not self._takes_all(place):
                self._move(place)
        if self.groups_held[label] == 0 and self.groups[label] >= FEWEST:
            free = [place for place in places if not self._takes_all(place)]
            if free:
                self._move(min(free, key=lambda place: float(self.counts[place, label])))

    def settle_number(self) -> None:
        """Let groups change sides as long as that brings the number of images nearer; the least harmful one first."""
        sizes, usual = self.counts[:, -1], np.maximum(1.0, self.totals)
        own = np.square(self.counts) @ (1 / usual)
        while True:
            distance = self.held - self.desired
            signs = np.where(self.chosen, -1.0, 1.0)
            movable = abs(distance[-1] + signs * sizes) < abs(distance[-1]) - _NOTHING
            if movable.any():
                movable &= ~self._keeps_class()
            if not movable.any():
                return
            # how much the sum over the classes of distance² / images grows
            harm = 2 * signs * (self.counts @ (distance / usual)) + own
            self._move(np.argmin(np.where(movable, harm, np.inf)))

    def _takes_all(self, place: np.integer) -> bool:
        """Whether holding a group out would leave nothing of a class to learn from."""
        is_last = (self.groups - self.groups_held == 1) & (self.groups >= _FEWEST_TO_SHARE)
        return bool(is_last[self.is_in[place]].any())

    def _keeps_class(self) -> NDArray[np.bool_]:
        """`(G,)`: whether a group is the last of a class on its side."""
        last_held = (self.groups_held == 1) & (self.groups >= FEWEST)
        last_left = (self.groups - self.groups_held == 1) & (self.groups >= _FEWEST_TO_SHARE)
        kept: NDArray[np.bool_] = np.where(self.chosen, self.counts @ last_held > 0, self.counts @ last_left > 0)
        return kept

    def _move(self, place: np.integer) -> None:
        """Let a group change sides."""
        sign = -1 if self.chosen[place] else 1
        self.held += sign * self.counts[place]
        self.groups_held += sign * self.is_in[place]
        self.chosen[place] = not self.chosen[place]
