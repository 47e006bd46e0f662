"""Where else a training is told of, beside its own metrics.jsonl: one file per program that draws curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pixelwise.catalog import Catalog
from pixelwise.training.loggers._base import Logger
from pixelwise.training.loggers._logs import Logs

__all__ = ["LOGGERS", "Logger", "Logs", "make_loggers"]

LOGGERS: Catalog[Callable[[], Logger]] = Catalog(__name__, "logger")
"""What `--log` takes."""


def make_loggers(names: Iterable[str]) -> dict[str, Logger]:
    """The loggers of these names, which have written nothing yet.

    Raises:
        SettingError: If there is none of a name, or its package is not installed.
    """
    return {name: LOGGERS[name]() for name in names}
