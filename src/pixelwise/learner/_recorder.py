"""Writing fits down: what was measured in them, and the schedules that they followed."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from pixelwise.learner._looks import Looks
from pixelwise.planning import TrainingSettings
from pixelwise.training.callbacks import Callback, Epoch, Fit
from pixelwise.training.display import Display
from pixelwise.training.loop import Moment
from pixelwise.training.schedule import momentum_at, rate_at

__all__ = ["Recorder", "Schedule"]

_MOST_POINTS = 1000  # of a fit


@dataclass
class Schedule:
    """What rate and momentum followed in one fit.

    Attributes:
        number: Of the fit.
        settings: Which schedule it was.
        steps: Those after which it was looked at, from 0 on.
        progress: Share of the fit that was done then, [0, 1].
        peaks: Rate of the head at its peak from each of these steps to the next one, which a callback may change.
    """

    number: int
    settings: TrainingSettings
    steps: list[int] = field(default_factory=lambda: [0])
    progress: list[float] = field(default_factory=lambda: [0.0])
    peaks: list[float] = field(default_factory=list)

    def rows(self) -> list[dict[str, float]]:
        """Rate of the head and momentum from the first step to the last, and a row without numbers, which is a gap."""
        last = self.steps[-1]
        rows: list[dict[str, float]] = []
        if last == 0:
            return rows
        for step in np.linspace(0, last, min(last, _MOST_POINTS) + 1).tolist():
            progress = float(np.interp(step, self.steps, self.progress))
            place = min(bisect_right(self.steps, step), len(self.peaks)) - 1
            rate = self.peaks[place] * rate_at(self.settings, progress)
            rows.append(self._row(step, rate, momentum_at(self.settings, progress)))
        return [*rows, self._row(last, math.nan, math.nan)]

    def _row(self, step: float, rate: float, momentum: float) -> dict[str, float]:
        return {"fit": self.number, "step": step, "learning_rate": rate, "momentum": momentum}


class Recorder(Callback):
    """Writes a fit into the learner's history and its schedule, and tells the display of it."""

    def __init__(self, history: list[dict[str, float]], schedule: Schedule, display: Display, looks: Looks) -> None:
        self._history = history
        self._schedule = schedule
        self._display = display
        self._looks = looks

    def moment(self, fit: Fit, moment: Moment) -> None:
        """Write a row."""
        self._schedule.steps.append(moment.step)
        self._schedule.progress.append(moment.progress)
        self._schedule.peaks.append(fit.training.settings.learning_rate)
        self._history.append(
            {
                "fit": self._schedule.number,
                "step": moment.step,
                "epoch": moment.epoch,
                "loss": moment.loss,
                "learning_rate": moment.learning_rate,
                "momentum": momentum_at(fit.training.settings, moment.progress),
            }
        )
        self._display.moment(moment, moment.seconds_left, self._looks.newest)

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """Add the scores to the row."""
        self._history[-1].update(epoch.metrics)
