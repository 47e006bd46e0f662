"""A mock training at a growing learning rate, which shows where a network learns and where it breaks.

L. N. Smith: "Cyclical Learning Rates for Training Neural Networks", https://arxiv.org/abs/1506.01186; the schedule, the
smoothing and the end are those of fastai 2.8.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable

import torch

from pixelwise.errors import RunError
from pixelwise.models import ImageModel
from pixelwise.planning import TrainingSettings
from pixelwise.tasks import Task
from pixelwise.training.loop import Moment, Training
from pixelwise.training.views import Views

__all__ = ["sweep_rates"]

_SMOOTHING = 0.98  # share of the running mean that is kept in each step
_DIVERGED = 4.0  # times the smallest smoothed loss
_LEAST_STEPS = 6


def sweep_rates(
    model: ImageModel,
    task: Task,
    views: Views,
    settings: TrainingSettings,
    *,
    between: tuple[float, float] = (1e-7, 10.0),
    num_it: int = 100,
    stop_div: bool = True,
    tell: Callable[[Moment], None] = lambda moment: None,
) -> tuple[list[float], list[float]]:
    """Train a copy of the model, the rate growing by equal factors from step to step.

    Nothing else is touched: neither the model, its buffers and its gradients, nor the generators. Layer groups keep
    their shares of the rate.

    Args:
        model: The network to copy.
        task: What it is trained to do.
        views: What it is trained on.
        settings: How; schedule and length are the sweep's.
        between: The first rate, and that after the last step.
        num_it: Number of steps, at least 6.
        stop_div: Whether to end when the smoothed loss is four times its minimum.
        tell: Is told after every step how far the sweep is; the last time, wherever it ends, that it is done.

    Returns:
        The rate of each step, and the smoothed loss after it; both as long as there were steps, or, where the loss
        ceased to be a number, as long as there would have been, with nan from there on.
    """
    num_it = max(num_it, _LEAST_STEPS)
    last = settings.stages[-1].model_copy(update={"until": 1.0})
    epochs = num_it * settings.views_per_step / len(views)
    changes = {"epochs": epochs, "budget_seconds": None, "stages": (last,), "momentum": None}
    training = Training(copy.deepcopy(model), task, views, settings.model_copy(update=changes))
    start, end = between
    rates = [start * (end / start) ** (step / num_it) for step in range(num_it)]
    losses: list[float] = []
    running, best = torch.zeros(()), math.inf
    devices = [training.device] if training.device.type == "cuda" else []
    begun = time.monotonic()
    with torch.random.fork_rng(devices=devices):
        for step, rate in enumerate(rates):
            loss = _loss_of_step(training, rate)
            is_number = math.isfinite(loss)
            if is_number:
                running = torch.lerp(torch.tensor(loss), running, _SMOOTHING)
                losses.append((running / (1 - _SMOOTHING ** (step + 1))).item())
                best = min(best, losses[-1])
            ends = not is_number or (stop_div and losses[-1] > _DIVERGED * best) or step + 1 == num_it
            progress = 1.0 if ends else (step + 1) / num_it
            tell(Moment(step + 1, training.epoch, progress, loss, rate, time.monotonic() - begun))
            if not is_number:
                return rates, losses + [math.nan] * (num_it - len(losses))
            if ends:
                break
    return rates[: len(losses)], losses


def _loss_of_step(training: Training, rate: float) -> float:
    try:
        return training.train_step(rate).item()
    except RunError:  # the loss is no number, which is where a sweep ends
        return math.nan
