"""The learning rate over a training, as a function of how much of it is done."""

from __future__ import annotations

import math

__all__ = ["one_cycle"]

_START = 1 / 25  # of the peak, as fastai's div
_END = 1e-5  # fastai's div_final


def one_cycle(progress: float, warmup: float = 0.25) -> float:
    """Share of the peak rate at `progress` of the training: up on half a cosine, then down on another.

    The 1cycle policy of L. N. Smith (https://arxiv.org/abs/1708.07120) in the shape that fastai gave it. It is a
    function of progress, not of a step number, so that a training with a deadline ends at the lowest rate whenever
    that comes.

    Args:
        progress: 0 at the first step, 1 after the last.
        warmup: Share of the training in which the rate rises, [0, 1).

    >>> round(one_cycle(0.0), 3), one_cycle(0.25), round(one_cycle(1.0), 5)
    (0.04, 1.0, 1e-05)
    """
    progress = min(max(progress, 0.0), 1.0)
    if progress < warmup:
        return _cosine(_START, 1.0, progress / warmup)
    return _cosine(1.0, _END, (progress - warmup) / (1 - warmup))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
