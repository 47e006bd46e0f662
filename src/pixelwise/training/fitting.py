"""One fit from its first step to its last, with those who are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from difflib import get_close_matches
from typing import TypeAlias

from pixelwise.errors import SettingError
from pixelwise.training.callbacks import Callback, Epoch, Fit
from pixelwise.training.loop import Training

__all__ = ["Callbacks", "made_callbacks", "run_fit"]

Callbacks: TypeAlias = Callback | Iterable[Callback]
"""Those who are told of a fit: one, or several."""

_HOOKS = ("fit_begins", "moment", "epoch_ends", "fit_ends")
_NEAR = 0.8  # how alike a name is to that of a hook, [0, 1], from where on it is taken for it
_FASTAI = {
    "before_fit": "fit_begins",
    "after_epoch": "epoch_ends",
    "after_validate": "epoch_ends",
    "after_train": "epoch_ends",
    "after_fit": "fit_ends",
} | dict.fromkeys(("before_batch", "after_pred", "after_loss", "after_step", "after_batch"), "moment")
_ABSENT = ("before_epoch", "before_train", "before_validate", "before_backward", "after_backward", "before_step")


def run_fit(training: Training, callbacks: Callbacks, validate: Callable[[Fit], Mapping[str, float]]) -> Fit:
    """Train to the end, or until a callback stops it.

    Args:
        training: What runs.
        callbacks: Are told, in this order.
        validate: Called after each epoch; gives the metrics of the validation images, or none if that costs too much.

    Raises:
        RunError: If the training diverges.
        SettingError: If a callback is none, or would never be told of what it waits for.
    """
    fit, told = Fit(training), made_callbacks(callbacks)
    for callback in told:
        callback.fit_begins(fit)
    with ExitStack() as ends:
        for callback in reversed(told):  # the last of a stack comes first; each is told, even if one before it raises
            ends.callback(callback.fit_ends, fit)
        _run(fit, told, validate)
    return fit


def made_callbacks(callbacks: Callbacks) -> tuple[Callback, ...]:
    """The callbacks, one or several, which must be objects whose hooks are called as they should be.

    Raises:
        SettingError: If one is none, or has a method that looks like a hook and is none.
    """
    if isinstance(callbacks, Callback | type | str) or not isinstance(callbacks, Iterable):
        callbacks = (callbacks,)
    return tuple(map(_made, callbacks))


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


def _made(callback: object) -> Callback:
    """The callback, which must be an object and misspell no hook."""
    if isinstance(callback, type):
        name = callback.__name__
        raise SettingError(f"callbacks holds the class {name} instead of an object; write {name}() with brackets.")
    if not isinstance(callback, Callback):
        raise SettingError(
            f"callbacks holds {callback!r:.60}, which is no callback; give objects such as KeepBest('miou')."
        )
    kind = type(callback)
    for name in dir(kind):
        if not name.startswith("_") and not hasattr(Callback, name) and callable(getattr(kind, name)):
            _refuse_hook(kind.__name__, name)
    return callback


def _refuse_hook(kind: str, name: str) -> None:
    """Raise where a method would wait in vain, since its name is only like that of a hook, or is one of fastai's."""
    near = [_FASTAI[name]] if name in _FASTAI else get_close_matches(name, _HOOKS, n=1, cutoff=_NEAR)
    if near:
        raise SettingError(f"{kind}.{name} would never be called; the hook is called {near[0]} here.")
    if name in _ABSENT:
        raise SettingError(f"{kind}.{name} would never be called; the hooks here are {', '.join(_HOOKS)}.")
