"""All loggers of a run as one, which a training outlives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pixelwise.errors import SettingError
from pixelwise.training.loggers._base import Logger

__all__ = ["Logs"]


class Logs:
    """Passes on what is logged. A logger that fails, as where a server has gone, is left out from then on, and said so.

    Args:
        loggers: By name.
        say: Is told, in one line, of a logger that fails.
    """

    def __init__(self, loggers: Mapping[str, Logger], say: Callable[[str], None]) -> None:
        self._loggers = dict(loggers)
        self._say = say

    def start(self, folder: Path, settings: Mapping[str, Any], step: int) -> None:
        """Begin, or go on.

        Raises:
            SettingError: If one of them cannot; nothing has been trained by then.
        """
        for name, logger in self._loggers.items():
            try:
                logger.start(folder, settings, step)
            except Exception as error:
                raise SettingError(
                    f"The log in {name} cannot be begun: {_reason(error)}. Mend that, or train without --log {name} "
                    f"(in a run that is resumed: take it out of config.yaml)."
                ) from error

    def log(self, row: Mapping[str, Any]) -> None:
        """Tell all of a row."""
        self._each(self._loggers, lambda logger: logger.log(row))

    def finish(self, scores: Mapping[str, float] | None) -> None:
        """Tell all that the process ends."""
        self._each(self._loggers, lambda logger: logger.finish(scores))

    def _each(self, names: Iterable[str], tell: Callable[[Logger], None]) -> None:
        for name in list(names):
            try:
                tell(self._loggers[name])
            except Exception as error:  # whatever another program raises, the training is worth more
                del self._loggers[name]
                self._say(
                    f"The log in {name} has failed ({_reason(error)}) and is left out from here; the training goes on, "
                    f"and metrics.jsonl has everything."
                )


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
