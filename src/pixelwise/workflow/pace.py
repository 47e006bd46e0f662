"""How fast a training goes: when it will end, and whether its budget suffices to see each image."""

from __future__ import annotations

import math
from collections.abc import Callable

from pixelwise.planning import Stage, TrainingSettings, duration_text
from pixelwise.training.moment import Moment
from pixelwise.workflow.timing import smallest_budget

__all__ = ["Pace"]


class Pace:
    """Measured from the first moment of a process on, since the first steps take longer than others.

    A step is taken to last as long as its views have pixels, so that stages with views of other sizes count as such.

    Args:
        settings: Of the training; what ends it counts.
    """

    def __init__(self, settings: TrainingSettings) -> None:
        self._budget = settings.budget_seconds
        self._stages = settings.stages
        self._first: Moment | None = None
        self._is_judged = self._budget is None

    def seconds_left(self, moment: Moment) -> float:
        """Until the end of the training; nan while it cannot be told."""
        if self._budget is not None:
            return moment.seconds_left
        self._first = self._first or moment
        done = self._sum(self._first.progress, moment.progress, _pixels)
        left = self._sum(moment.progress, 1.0, _pixels)
        return (moment.seconds - self._first.seconds) * left / done if done else math.nan

    def shortage(self, moment: Moment) -> str | None:
        """Once, as soon as it can be told: what to say of a budget that ends before each image has been seen."""
        if self._is_judged or self._budget is None:
            return None
        self._first = self._first or moment
        if moment.epoch <= self._first.epoch or moment.progress >= 1:
            return None
        self._is_judged = True
        done = self._sum(self._first.progress, moment.progress, _views_per_second)
        left = self._sum(moment.progress, 1.0, _views_per_second)
        expected = moment.epoch + (moment.epoch - self._first.epoch) * left / done
        pace = (expected - moment.epoch) / moment.seconds_left
        if expected >= 1:
            return None
        enough = smallest_budget(self._budget + (1 - expected) / pace)
        return (
            f"This budget is short: about {expected:.2g} epochs in the time that is left for training "
            f"({moment.seconds_left:.0f} s), so that most images are seen once or never. One epoch takes about "
            f"{duration_text(1 / pace)}: --budget {enough} would do."
        )

    def _sum(self, begin: float, end: float, of_stage: Callable[[Stage], float]) -> float:
        """A value of the stages, summed over a part of the training."""
        total, start = 0.0, 0.0
        for stage in self._stages:
            total += max(0.0, min(end, stage.until) - max(begin, start)) * of_stage(stage)
            start = stage.until
        return total


def _pixels(stage: Stage) -> float:
    """What a step costs."""
    return float(stage.height * stage.width)


def _views_per_second(stage: Stage) -> float:
    """How much a second brings, against other stages."""
    return 1 / _pixels(stage)
