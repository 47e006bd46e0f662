"""The learning rate over a training, as a function of how much of it is done.

Each schedule is a function of progress, not of a step number, so that a training with a deadline ends at the rate that
its schedule ends at, whenever that comes. All give shares of the peak rate.
"""

from __future__ import annotations

import math

from pixelwise.planning import TrainingSettings

__all__ = ["constant", "flat_cos", "linear_decay", "momentum_at", "one_cycle", "rate_at", "restarts"]

_START = 1 / 25  # of the peak, as fastai's div
_END = 1e-5  # fastai's div_final
_FLAT_COS = 0.75  # of the training, as fastai's pct_start
_FLAT_LINEAR = 0.5


def rate_at(settings: TrainingSettings, progress: float) -> float:
    """Share of the peak rate at `progress` of a training, [0, 1], by its schedule."""
    if settings.schedule == "one_cycle":
        return one_cycle(progress, settings.warmup, settings.start_rate, settings.end_rate)
    if settings.schedule == "flat_cos":
        return flat_cos(progress, _FLAT_COS if settings.flat is None else settings.flat, settings.end_rate)
    if settings.schedule == "linear_decay":
        return linear_decay(progress, _FLAT_LINEAR if settings.flat is None else settings.flat)
    if settings.schedule == "restarts":
        return restarts(progress, settings.cycles, settings.cycle_growth)
    return constant(progress)


def momentum_at(settings: TrainingSettings, progress: float) -> float:
    """AdamW's first beta at `progress` of a training: constant, or in a cycle opposite to that of the rate."""
    if settings.momentum is None:
        return settings.betas[0]
    start, peak, end = settings.momentum
    return _two_cosines(progress, settings.warmup, start, peak, end)


def one_cycle(progress: float, warmup: float = 0.25, start: float = _START, end: float = _END) -> float:
    """Up on half a cosine, then down on another.

    The 1cycle policy of L. N. Smith (https://arxiv.org/abs/1708.07120) in the shape that fastai gave it.

    Args:
        progress: 0 at the first step, 1 after the last.
        warmup: Share of the training in which the rate rises, [0, 1).
        start: Share of the peak at the beginning.
        end: Share of the peak at the end.

    >>> round(one_cycle(0.0), 3), one_cycle(0.25), round(one_cycle(1.0), 5)
    (0.04, 1.0, 1e-05)
    """
    return _two_cosines(progress, warmup, start, 1.0, end)


def flat_cos(progress: float, flat: float = _FLAT_COS, end: float = _END) -> float:
    """The peak for a share `flat` of the training, then down on half a cosine, as fastai's `fit_flat_cos`.

    >>> flat_cos(0.5), round(flat_cos(0.875), 3), round(flat_cos(1.0), 5)
    (1.0, 0.5, 1e-05)
    """
    progress = _inside(progress)
    return 1.0 if progress < flat else _cosine(1.0, end, (progress - flat) / (1 - flat))


def linear_decay(progress: float, flat: float = _FLAT_LINEAR) -> float:
    """The peak for a share `flat` of the training, then in a straight line to 0.

    Half and half is what CycleGAN is trained with (https://arxiv.org/abs/1703.10593).

    >>> linear_decay(0.5), linear_decay(0.75), linear_decay(1.0)
    (1.0, 0.5, 0.0)
    """
    return min(1.0, (1 - _inside(progress)) / (1 - flat))


def restarts(progress: float, cycles: int, growth: float = 2.0) -> float:
    """Down to 0 on half a cosine, several times, each `growth` times as long as the one before.

    SGDR of Loshchilov and Hutter (https://arxiv.org/abs/1608.03983), as fastai's `fit_sgdr`.

    >>> restarts(0.0, 2), round(restarts(1 / 6, 2), 3), round(restarts(1 / 3, 2), 3), restarts(1.0, 2)
    (1.0, 0.5, 1.0, 0.0)
    """
    progress = _inside(progress)
    lengths = [growth**cycle for cycle in range(cycles)]
    begun = 0.0
    for length in lengths[:-1]:
        end = begun + length / sum(lengths)
        if progress < end - 1e-12:
            return _cosine(1.0, 0.0, (progress - begun) / (end - begun))
        begun = end
    return _cosine(1.0, 0.0, (progress - begun) / (1 - begun))


def constant(progress: float) -> float:
    """The peak, all the time."""
    return 1.0


def _two_cosines(progress: float, first: float, start: float, middle: float, end: float) -> float:
    """From `start` to `middle` in the share `first` of the training, then to `end`."""
    progress = _inside(progress)
    if progress < first:
        return _cosine(start, middle, progress / first)
    return _cosine(middle, end, (progress - first) / (1 - first))


def _inside(progress: float) -> float:
    return min(max(progress, 0.0), 1.0)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
