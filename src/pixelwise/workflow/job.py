"""One training from its checkpoint, or its beginning, to its artifact."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from pixelwise.artifact import save as save_artifact
from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.encoders import Weights
from pixelwise.errors import RunError
from pixelwise.inference import Predictor
from pixelwise.models import ImageModel
from pixelwise.ops.device import default_device
from pixelwise.ops.files import remove
from pixelwise.ops.precision import Precision
from pixelwise.ops.spread import evenly
from pixelwise.planning import duration_text
from pixelwise.reports.evaluate import Evaluation, evaluate
from pixelwise.training.checkpoint import Checkpoint, save_checkpoint
from pixelwise.training.display import Display
from pixelwise.training.loop import Moment, Training
from pixelwise.training.run import Run
from pixelwise.training.views import MaskViews
from pixelwise.workflow.building import Parts, describe
from pixelwise.workflow.timing import seconds_to_score, smallest_budget

__all__ = ["Job", "Outcome", "origin_of"]

_LOOKS = 10  # at the validation images in one training
_LOOK_IMAGES = 16  # in one of them
_LOOK_SHARE = 0.03  # of the time, at most
_SPARE_SECONDS = 4.0  # of a budget, for writing the report
_LEAST_SECONDS = 1.0  # to train in


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes:
        run: The run folder.
        evaluation: Of the final model on the validation split; None if there is none, or the training was paused.
        is_finished: Whether the training came to its end; otherwise it can be resumed.
        progress: Share that is done.
    """

    run: Run
    evaluation: Evaluation | None
    is_finished: bool
    progress: float


class Job:
    """One run of a training, with its looks at the validation images, its checkpoints and its end.

    Making one checks everything and writes nothing; `train` writes.

    Args:
        run: The run folder; its plan is written when training begins.
        dataset: The data.
        parts: The model and the task.
        examples: The training split, decoded.
        display: Is told what happens.
        started: When the command began (`time.monotonic()`), for a budget.
        checkpoint: What is gone on from; None begins.

    Raises:
        RunError: If the checkpoint belongs to another network, or a budget leaves no time.
    """

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        parts: Parts,
        examples: Examples,
        display: Display,
        started: float,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._run = run
        self._dataset = dataset
        self._parts = parts
        self._display = display
        self._validation = dataset.splits.get("val", ())
        self._image_seconds = 0.0  # to score one image, as far as it has been measured
        self._look_seconds = 0.0
        self._first: Moment | None = None  # of those since the beginning or a resume
        facts = {} if checkpoint is None else checkpoint[1]
        available = self._seconds_at_end(facts, started)
        self.training = Training(parts.model, parts.task, MaskViews(examples), run.plan.training, seconds=available)
        if checkpoint is not None:
            self.training.restore(*checkpoint)
        self._next_look = int(self.training.progress * _LOOKS) + 1

    def train(self) -> Outcome:
        """Train to the end, score and write the artifact; or pause where the user interrupts.

        Raises:
            RunError: If the training had come to its end before, or diverges.
            OutputError: If the run folder cannot be written to.
        """
        self._open_folder()
        saved = time.monotonic()
        miou: float | None = None
        with _interruptible() as is_interrupted:
            for moment in map(self._whole_epochs, self.training.moments(should_stop=is_interrupted)):
                looked = self._look_if_due(moment)
                miou = miou if looked is None else looked
                self._run.log({**asdict(moment), "miou": looked})
                self._display.moment(moment, self._seconds_left(moment), miou)
                if time.monotonic() - saved >= self._run.plan.training.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
            self._save()
            is_paused = is_interrupted()
        progress = self.training.progress
        if is_paused or progress < 1.0:
            return Outcome(self._run, None, False, progress)
        try:
            return Outcome(self._run, self._finish(), True, progress)
        except KeyboardInterrupt:  # the weights are saved; a resume scores them
            return Outcome(self._run, None, False, progress)

    def predictor(self) -> Predictor:
        """The averaged model as it is now."""
        return self._predictor_of(self.training.average.model)

    def _predictor_of(self, model: ImageModel) -> Predictor:
        description = describe(self._run.plan, self._dataset, self._parts.weights, None)
        precision: Precision = "bf16" if self._run.plan.training.precision == "bf16" else "fp32"
        return Predictor(model, description, device=default_device(), precision=precision)

    def _whole_epochs(self, moment: Moment) -> Moment:
        """The moment as it is told of: the last batch may begin another epoch, which nobody has asked for."""
        epochs = self._run.plan.training.epochs
        return moment if epochs is None else replace(moment, epoch=min(moment.epoch, epochs))

    def _look_if_due(self, moment: Moment) -> float | None:
        """The mIoU on a few validation images, every tenth of the training, if that costs little of its time."""
        if not self._validation or moment.progress < self._next_look / _LOOKS or moment.progress >= 1:
            return None
        self._next_look = int(moment.progress * _LOOKS) + 1
        pairs = evenly(self._validation, _LOOK_IMAGES)
        if self._look_seconds + len(pairs) * self._image_seconds > _LOOK_SHARE * moment.seconds:
            return None
        begun = time.monotonic()
        evaluation = evaluate(self.predictor(), pairs, self._dataset.classes, split="val")
        seconds = time.monotonic() - begun
        self._image_seconds = seconds / len(pairs)
        self._look_seconds += seconds
        return evaluation.scores.miou

    def _seconds_left(self, moment: Moment) -> float:
        """Until the end of the training; nan while it cannot be told, since the first steps take longer than others."""
        if self._run.plan.training.epochs is None:
            return moment.seconds_left
        self._first = self._first or moment
        done = moment.progress - self._first.progress
        return (moment.seconds - self._first.seconds) * (1 - moment.progress) / done if done else math.nan

    def _open_folder(self) -> None:
        """Make the folder ready for further training; refuse one whose training has come to its end."""
        if self.training.progress >= 1.0 and self._run.report.exists():
            raise self._run.finished()
        self._run.replan(self._run.plan)
        self._run.forget_after(self.training.step)
        remove(self._run.report)  # it would tell of an earlier end
        if self.training.step:
            self._display.say(f"Going on from step {self.training.step} ({self.training.progress:.0%} done).")

    def _seconds_at_end(self, facts: Mapping[str, Any], started: float) -> float | None:
        """How long the training takes in all, what is done included; None if epochs end it.

        A budget that is other than the checkpoint's counts from now.
        """
        budget = self._run.plan.training.budget_seconds
        if budget is None:
            return None
        available: float | None = facts.get("available")
        if available is not None and facts["budget_seconds"] == budget:
            return available
        spent: float = facts.get("seconds", 0.0)
        return spent + self._time_for_training(budget, started)

    def _time_for_training(self, budget: float, started: float) -> float:
        """What a budget leaves after what is done and what has to follow: scoring and the report.

        Raises:
            RunError: If nothing is left.
        """
        elapsed = time.monotonic() - started
        scoring = 0.0
        if self._validation:
            begun = time.monotonic()
            scoring = seconds_to_score(self._predictor_of(self._parts.model), self._validation, self._dataset.classes)
            self._image_seconds = scoring / len(self._validation)
            elapsed += time.monotonic() - begun
        left = budget - elapsed - scoring - _SPARE_SECONDS
        if left < _LEAST_SECONDS:
            raise RunError(
                f"A budget of {duration_text(budget)} leaves no time to train: reading the data has taken "
                f"{elapsed:.0f} s, and scoring the {len(self._validation)} validation images will take about "
                f"{scoring:.0f} s. Give at least --budget {smallest_budget(budget - left)}."
            )
        return left

    def _finish(self) -> Evaluation | None:
        """Score the final model on all validation images, and write the scores into the artifact."""
        if not self._validation:
            return None
        evaluation = evaluate(
            self.predictor(),
            self._validation,
            self._dataset.classes,
            split="val",
            progress=lambda done, total, _: self._display.working("Scoring the validation images", done, total),
        )
        self._write_artifact(evaluation)
        return evaluation

    def _save(self) -> None:
        """The checkpoint for a resume, and the model as it is, which can be used at once."""
        tensors, facts = self.training.state()
        facts["budget_seconds"] = self._run.plan.training.budget_seconds
        facts["weights"] = None if self._parts.weights is None else asdict(self._parts.weights)
        self._write_artifact(None)
        save_checkpoint(self._run.checkpoints, tensors, facts)

    def _write_artifact(self, evaluation: Evaluation | None) -> None:
        description = describe(self._run.plan, self._dataset, self._parts.weights, evaluation)
        save_artifact(self._run.artifact, self.training.average.model, description)


def origin_of(checkpoint: Checkpoint) -> Weights | None:
    """Where the pretrained weights came from that the training of a checkpoint began with."""
    weights = checkpoint[1]["weights"]
    return None if weights is None else Weights(**weights)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C or SIGTERM into a question that the training asks; the second ends the process."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: object) -> None:
        asked.set()
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
