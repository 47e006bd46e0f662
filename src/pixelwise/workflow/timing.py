"""How long scoring will take, and the smallest budget that leaves time to train."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from torch import nn

from pixelwise.data.pairs import Pair
from pixelwise.errors import RunError
from pixelwise.ops.spread import evenly
from pixelwise.planning import duration_text

__all__ = ["ShortBudgetError", "seconds_to_score", "seconds_to_write", "smallest_budget"]

_SAMPLE = 3  # images that are scored to see how long it takes
_SIZES = 500  # images whose size is looked at, since there may be very many
_SLOW_SECONDS = 1.0  # an image that takes longer is not scored a second time
_BYTES_A_SECOND = 100e6  # that are collected, hashed and written, on a busy machine
_WRITTEN = 6  # times the size of a network: weights, their average and two moments of each; the model file twice
_TRAINING_SECONDS = 10.0  # that a budget should leave at least


class ShortBudgetError(RunError):
    """A budget leaves no time to train.

    Args:
        budget: Seconds that were given.
        needed: Seconds that go to what is no training.
        why: What these are, as a clause.

    Attributes:
        needed: As given.
        why: As given.
    """

    def __init__(self, budget: float, needed: float, why: str) -> None:
        super().__init__(
            f"A budget of {duration_text(budget)} leaves no time to train: {why}. Give at least "
            f"--budget {smallest_budget(needed)}."
        )
        self.needed = needed
        self.why = why


def seconds_to_score(score: Callable[[Pair], object], pairs: Sequence[Pair]) -> float:
    """Estimate how long scoring all pairs takes, from a few of them.

    The first image of each size takes longer than the later ones, because the kernels for it are prepared then. So that
    surplus is counted once per size, and the rest by the pixel.
    """
    sample = evenly(pairs, _SAMPLE)
    _seconds(score, sample[0])  # once, for everything that any first image needs
    first, again, pixels, seen = [], [], 0, {sample[0].image_size()}
    for pair in sample:
        size = pair.image_size()
        taken = _seconds(score, pair)
        repeated = _seconds(score, pair) if size not in seen and taken < _SLOW_SECONDS else taken
        if size not in seen:
            first.append(taken - repeated)
        seen.add(size)
        again.append(repeated)
        pixels += math.prod(size)
    looked_at = evenly(pairs, _SIZES)
    sizes = [pair.image_size() for pair in looked_at]
    surplus = max(0.0, sum(first) / len(first)) * len(set(sizes)) if first else 0.0
    by_pixels = sum(again) / pixels * sum(map(math.prod, sizes))
    return (by_pixels + surplus) * len(pairs) / len(looked_at)


def seconds_to_write(network: nn.Module) -> float:
    """Estimate how long writing the last checkpoint of a network takes, and its model file before and after scoring.

    >>> round(seconds_to_write(nn.Linear(5000, 5000, bias=False)))
    6
    """
    return _WRITTEN * sum(tensor.nbytes for tensor in network.parameters()) / _BYTES_A_SECOND


def smallest_budget(seconds: float) -> str:
    """A budget that suffices where `seconds` are needed beside the training, rounded up, as `--budget` takes it.

    >>> smallest_budget(136)
    '3m'
    """
    needed = 1.1 * seconds + _TRAINING_SECONDS
    step = 10 if needed < 60 else 30 if needed < 600 else 60
    return duration_text(math.ceil(needed / step) * step)


def _seconds(score: Callable[[Pair], object], pair: Pair) -> float:
    """What reading and scoring one image takes."""
    begun = time.monotonic()
    score(pair)
    return time.monotonic() - begun
