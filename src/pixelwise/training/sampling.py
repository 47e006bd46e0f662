"""Which examples a step sees: a pure function of the seed and the number of the step."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["Drawn", "draw_batch"]

Drawn = list[tuple[int, int]]
"""Pairs of (epoch, index of the example)."""


def draw_batch(step: int, *, count: int, batch_size: int, seed: int, moved: int = 0) -> Drawn:
    """The examples of one step.

    The epochs' shuffled orders follow one another in an endless row, and step k takes places k * batch_size and on:
    each example is seen once an epoch, no batch is short, and a resumed training begins at any step without having
    drawn the ones before.

    Args:
        step: Number of the batch.
        count: How many examples there are.
        batch_size: How many are drawn.
        seed: Of the orders.
        moved: By how many places the row is moved, where batches before had another size.

    >>> [index for _, index in draw_batch(0, count=2, batch_size=4, seed=0)][:2] in ([0, 1], [1, 0])
    True
    """
    first = step * batch_size + moved
    places = range(first, first + batch_size)
    return [(place // count, int(_order(place // count, count, seed)[place % count])) for place in places]


@lru_cache(maxsize=4)
def _order(epoch: int, count: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng((seed, epoch)).permutation(count)
