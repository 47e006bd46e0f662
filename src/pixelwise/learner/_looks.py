"""Scoring the validation images between epochs, as long as that costs little."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pixelwise.data.pairs import Pair
from pixelwise.inference import Predictor
from pixelwise.models import ImageModel
from pixelwise.training.callbacks import Fit
from pixelwise.workflow import Subject
from pixelwise.workflow.timing import seconds_to_score

__all__ = ["METRICS", "Looks"]

METRICS = ("miou", "pixel_accuracy", "class_accuracy")  # what the validation images of masks are scored by

_SHARE = 0.1  # of a fit's time, at most


class Looks:
    """Scores all validation images after an epoch.

    Args:
        subject: The data, as their task sees them.
        predictor: Makes the network at that time ready for use.
        always: Whether it is done after every epoch; otherwise only where it takes no more than a tenth of the time of
            the fit.

    Attributes:
        newest: The newest score and the epoch after which it was taken, such as `val mIoU 0.693 at epoch 4.0`; None
            before the first.
    """

    def __init__(self, subject: Subject[Any], predictor: Callable[[ImageModel], Predictor], *, always: bool) -> None:
        self._subject = subject
        self._predictor = predictor
        self._always = always
        self._pairs: Sequence[Pair] = subject.validation
        self._spent = 0.0
        self._expected: float | None = None
        self.newest: str | None = None

    def __call__(self, fit: Fit) -> Mapping[str, float]:
        """The scores by name; none where that would cost too much, or nothing is held out."""
        if not self._pairs:
            return {}
        begun = time.monotonic()
        predictor = self._predictor(fit.model)
        if not (self._always or self._is_cheap(predictor, fit)):
            return {}
        verdict = self._subject.judge(predictor, self._pairs)
        self._expected = time.monotonic() - begun
        self._spent += self._expected
        self.newest = f"{verdict} at epoch {fit.training.epoch:.1f}"
        return {name: value for name, value in verdict.measured.values.items() if value is not None}

    def _is_cheap(self, predictor: Predictor, fit: Fit) -> bool:
        if self._expected is None:
            begun = time.monotonic()
            self._expected = seconds_to_score(lambda pair: self._subject.judge(predictor, [pair]), self._pairs)
            self._spent += time.monotonic() - begun
        return self._spent + self._expected <= _SHARE * fit.training.seconds
