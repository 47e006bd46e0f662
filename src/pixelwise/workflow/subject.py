"""What a training is about: data, as its task sees them. The way from a plan to a run is the same for all of them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pixelwise.artifact import Description, MeasuredScores
from pixelwise.data.dataset import Dataset
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.encoders import Weights
from pixelwise.errors import DataError, RunError
from pixelwise.inference import Predictor
from pixelwise.planning import Plan
from pixelwise.reports.page import Content
from pixelwise.training.display import Display
from pixelwise.training.run import Source
from pixelwise.training.views import Views
from pixelwise.workflow.building import describe
from pixelwise.workflow.timing import ShortBudgetError

__all__ = ["SAMPLES", "Paused", "Subject", "Verdict"]

SAMPLES = 4  # held-out pictures that a training shows

Evaluated = TypeVar("Evaluated")


class Paused(Exception):  # noqa: N818 - nothing is wrong
    """The user has interrupted what comes before a training; a resume goes on with it.

    Attributes:
        progress: Share of the whole that is done, [0, 1].
    """

    def __init__(self, progress: float) -> None:
        super().__init__(f"paused at {progress:.0%}")
        self.progress = progress


@dataclass(frozen=True)
class Verdict(Generic[Evaluated]):
    """What scoring a model on a split has found.

    Attributes:
        key: Name of the score that counts, as in `metrics.jsonl`: `miou`, `psnr_y_crop2`.
        title: Its name for people: `mIoU`, `PSNR`.
        value: Of that score.
        measured: All scores and the protocol, for the model file.
        evaluation: Everything, for the report.
        floor: What an answer scores for which nothing is learnt; nan where that is not known.
        floor_of: Which answer that is, such as `one class for all pixels`, or `the image itself`.
        temperature: What raw scores are divided by; see `Subject.calibrated`.
        is_distance: Whether the smaller value is the better one.
    """

    key: str
    title: str
    value: float
    measured: MeasuredScores
    evaluation: Evaluated
    floor: float = math.nan
    floor_of: str = ""
    temperature: float = 1.0
    is_distance: bool = False

    def __str__(self) -> str:
        """Such as `val mIoU 0.693`."""
        return f"{self.measured.split} {self.title} {self.shown(self.value)}"

    @property
    def beats_floor(self) -> bool:
        """Whether the score is better than that of an answer without learning; true where that is not known."""
        return not (self.value >= self.floor if self.is_distance else self.value <= self.floor)

    def shown(self, value: float) -> str:
        """A value of the score that counts, such as `0.693`, or `28.41` of one that may be large."""
        return f"{value:.{2 if self.value >= 10 else 3}f}"


class Subject(ABC, Generic[Evaluated]):
    """Data, and how they are trained on, scored and described.

    Attributes:
        data: What was found in the folder.
        spent: Seconds of the budget that earlier commands have spent on what comes before the training.
        beforehand: What that is, in words.
    """

    data: Dataset | Pictures
    spent: float = 0.0
    beforehand: str = "starting and reading the data"

    @property
    def validation(self) -> Sequence[Pair]:
        """What the model is scored on; empty where nothing is held out."""
        return self.data.splits.get("val", ())

    @property
    def has_begun(self) -> bool:
        """Whether what comes before the training has left something to go on from."""
        return False

    @property
    def plan_beforehand(self) -> Plan | None:
        """By which something is learnt before the training, as it is written down; None if nothing is."""
        return None

    def begin_budget(self, source: Source) -> Source:
        """Let nothing be spent of a new budget; returns the run's source, which remembers that for a later resume."""
        return source

    @property
    def samples(self) -> Sequence[Pair]:
        """Held-out pictures that a training shows now and then, as they come out by then; none of masks."""
        return ()

    def sheet(self, predictor: Predictor) -> NDArray[np.uint8]:
        """The samples beside what the model makes of them, `(H, W, 3)` uint8.

        Raises:
            DataError: If a file cannot be decoded, or there are no samples.
        """
        raise DataError(f"There are no pictures to show in {self.data.root}.")

    @abstractmethod
    def views(self, plan: Plan, display: Display) -> Views:
        """What is trained on, decoded into memory as far as it fits.

        Raises:
            Paused: If the user interrupts what comes before the training.
            DataError: If a file cannot be decoded.
        """

    @abstractmethod
    def judge(
        self,
        predictor: Predictor,
        pairs: Sequence[Pair],
        *,
        split: str = "val",
        progress: Callable[[int, int, float], None] | None = None,
    ) -> Verdict[Evaluated]:
        """Score a model on pairs of a split.

        Raises:
            DataError: If a file cannot be decoded.
        """

    def too_short(self, error: ShortBudgetError) -> RunError:
        """The error to be raised where the budget leaves no time for the training itself."""
        return error

    def calibrated(self, verdict: Verdict[Evaluated], plan: Plan) -> Verdict[Evaluated]:
        """The verdict on the same model with probabilities that tell how often they are right, where it has any."""
        return verdict

    @abstractmethod
    def content(self, predictor: Predictor, evaluation: Evaluated | None) -> Content:
        """What the page that tells of a training shows of it: scores and examples, where anything was scored."""

    def describe(self, plan: Plan, weights: Weights | None, verdict: Verdict[Evaluated] | None) -> Description:
        """What the model file says of a model that was trained as planned."""
        if verdict is None:
            return describe(plan, self.data, weights, None)
        return describe(plan, self.data, weights, verdict.measured, verdict.temperature)
