"""One fit from its first step to its last, with those who are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing

from pixelwise.errors import SettingError
from pixelwise.training.callbacks import Callback, Epoch, Fit
from pixelwise.training.loop import Training

__all__ = ["run_fit"]


def run_fit(training: Training, callbacks: Iterable[Callback], validate: Callable[[Fit], Mapping[str, float]]) -> Fit:
    """Train to the end, or until a callback stops it.

    Args:
        training: What runs.
        callbacks: Are told, in this order.
        validate: Called after each epoch; gives the metrics of the validation images, or none if that costs too much.

    Raises:
        RunError: If the training diverges.
        SettingError: If a callback is a class instead of an object.
    """
    fit, told = Fit(training), tuple(map(_made, callbacks))
    for callback in told:
        callback.fit_begins(fit)
    with ExitStack() as ends:
        for callback in reversed(told):  # the last of a stack comes first; each is told, even if one before it raises
            ends.callback(callback.fit_ends, fit)
        _run(fit, told, validate)
    return fit


def _run(fit: Fit, told: Sequence[Callback], validate: Callable[[Fit], Mapping[str, float]]) -> None:
    """From the first step to the last, or to where a callback stops it."""
    training = fit.training
    total, steps, last, epochs = 0.0, 0, training.step, int(training.epoch)
    with closing(training.moments(each_epoch=True)) as moments:
        for moment in moments:
            total += moment.loss * (moment.step - last)
            steps += moment.step - last
            last = moment.step
            has_ended = int(moment.epoch) > epochs or moment.progress >= 1
            if has_ended:
                metrics = validate(fit)
                fit.epochs.append(Epoch(moment.epoch, total / steps, metrics, moment.learning_rate, training.seconds))
                total, steps, epochs = 0.0, 0, int(moment.epoch)
            for callback in told:
                callback.moment(fit, moment)
                if has_ended:
                    callback.epoch_ends(fit, fit.epochs[-1])
            if fit.stopped is not None:
                return


def _made(callback: Callback) -> Callback:
    """The callback, which must be an object."""
    if isinstance(callback, type):
        name = callback.__name__
        raise SettingError(f"callbacks holds the class {name} instead of an object; write {name}() with brackets.")
    return callback
