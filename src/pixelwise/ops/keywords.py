"""Keyword arguments under the names that they have elsewhere, in fastai above all: refused with what they are here."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from pixelwise.errors import SettingError, unknown_name

__all__ = ["known_keywords"]

Given = ParamSpec("Given")
Result = TypeVar("Result")

_SAME = (
    ("callbacks", "cbs", "cb"),
    ("epochs", "n_epoch", "n_epochs", "epoch", "num_epochs", "max_epochs"),
    ("lr_max", "lr", "base_lr", "max_lr"),
    ("encoder", "arch", "backbone"),
    ("data", "dls", "dataset"),
    ("loss", "loss_func", "criterion"),
    ("count", "max_n", "n", "nrows", "num_images"),
    ("split", "ds_idx", "ds_name", "dataset_name"),
    ("image", "item", "img"),
    ("metric", "monitor", "metrics"),
    ("validation", "valid_pct", "val_pct", "valid", "val_split"),
    ("classes", "codes", "vocab"),
    ("suggestions", "suggest_funcs"),
    ("start", "start_lr"),
    ("end", "end_lr"),
    ("cycle_len", "cycle_length"),
    ("path", "fname", "file"),
    ("first", "n"),
)  # names of one thing; n is one of two, of which no call has both

_ELSEWHERE = {
    "metrics": "all scores of the task are always measured; a learner's validate() gives them",
    "callbacks": "callbacks are given to each fit",
    "cbs": "they are called callbacks here, and given to each fit",
    "lr": "the learning rate is given to each fit, such as fit_one_cycle(2, 1e-3)",
    "epochs": "they are given to each fit, such as fit_one_cycle(2)",
    "opt_func": "the optimiser is AdamW; change_training(betas=…, weight_decay=…) changes it",
    "wd": "change_training(weight_decay=0.01) sets it",
    "bs": "change_training(batch_size=8) sets it",
    "batch_size": "change_training(batch_size=8) sets it",
    "size": "change_training(stages=[…]) sets the size of the views",
    "item_tfms": "change_training(flip=…) sets the augmentation; for masks rotation=… and color=…, too",
    "batch_tfms": "change_training(flip=…) sets the augmentation; for masks rotation=… and color=…, too",
    "train_bn": "change_training(train_bn=False) sets it",
    "n_out": "it follows from the data",
    "normalize": "images are normalised as the encoder needs it",
    "reset_opt": "each fit makes its own optimiser",
    "with_opt": "each fit makes its own optimiser, of which no file holds anything",
    "fname": "a model is written by learner.save(path)",
}  # what has no place in a call, and where it has one


def known_keywords(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function answer a keyword that it does not have with a SettingError that says what it is called here.

    Its signature and documentation stay what they are, for people, editors and type checkers.

    >>> @known_keywords
    ... def fit(epochs, lr=None, *, callbacks=()): ...
    >>> fit(1, cbs=[])
    Traceback (most recent call last):
    pixelwise.errors.SettingError: fit() has no argument 'cbs'; it is called 'callbacks' here.
    """
    known = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def answering(*arguments: Given.args, **named: Given.kwargs) -> Result:
        for name in named:
            if name not in known:
                called = type(arguments[0]).__name__ if function.__name__ == "__init__" else function.__name__
                raise _unknown(called, name, [one for one in known if one != "self"])
        return function(*arguments, **named)

    return answering


def _unknown(called: str, name: str, known: Iterable[str]) -> SettingError:
    """The error for a keyword that a call does not have."""
    same = {one for names in _SAME if name in names for one in names}
    here = next((one for one in known if one in same), None)
    if here is not None:
        return SettingError(f"{called}() has no argument '{name}'; it is called '{here}' here.")
    if name in _ELSEWHERE:
        return SettingError(f"{called}() has no argument '{name}': {_ELSEWHERE[name]}.")
    return unknown_name(f"argument of {called}()", name, known)
