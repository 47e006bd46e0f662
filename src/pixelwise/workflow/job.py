"""One training from its checkpoint, or its beginning, to its artifact."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from pixelwise.artifact import save as save_artifact
from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.pairs import Pair
from pixelwise.errors import RunError
from pixelwise.inference import Predictor
from pixelwise.ops.precision import Precision
from pixelwise.reports.evaluate import Evaluation, evaluate
from pixelwise.training.checkpoint import load_checkpoint, save_checkpoint
from pixelwise.training.display import Display
from pixelwise.training.loop import Moment, Training
from pixelwise.training.run import Run
from pixelwise.workflow.building import Parts, describe

__all__ = ["Job", "Outcome"]

_LOOKS = 10  # at the validation images in one training
_LOOK_IMAGES = 16  # in one of them
_LOOK_SHARE = 0.03  # of the time, at most
_SPARE_SECONDS = 4.0  # of a budget, for writing the report


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

    Args:
        run: The run folder; a checkpoint in it is gone on from.
        dataset: The data.
        parts: The model and the task.
        examples: The training split, decoded.
        display: Is told what happens.
        started: When the command began (`time.monotonic()`), for a budget.
    """

    def __init__(
        self, run: Run, dataset: Dataset, parts: Parts, examples: Examples, display: Display, started: float
    ) -> None:
        self._run = run
        self._dataset = dataset
        self._parts = parts
        self._display = display
        self._validation = dataset.splits.get("val", ())
        self._look_seconds = 0.0
        self._next_look = 1
        settings = run.plan.training
        stored = load_checkpoint(run.checkpoints)
        available = None
        if settings.budget_seconds is not None and stored is None:
            available = self._time_for_training(settings.budget_seconds, started)
        self.training = Training(parts.model, parts.task, examples, settings, seconds=available)
        if stored is not None:
            tensors, facts = stored
            if settings.budget_seconds is None:
                facts = {**facts, "available": None}
            self.training.restore(tensors, facts)
            self._next_look = int(self.training.progress * _LOOKS) + 1
            display.say(f"Going on from step {self.training.step} ({self.training.progress:.0%} done).")
        run.forget_after(self.training.step)

    def train(self) -> Outcome:
        """Train to the end, score and write the artifact; or pause where the user interrupts.

        Raises:
            RunError: If the training had come to its end before.
        """
        if self.training.progress >= 1.0 and (self._run.folder / "report.html").exists():
            raise RunError(
                f"The training in {self._run.folder} is finished. To train it further, give more epochs: "
                f"pixelwise resume {self._run.folder} --epochs N"
            )
        saved = time.monotonic()
        miou: float | None = None
        with _interruptible() as is_interrupted:
            for moment in self.training.moments(should_stop=is_interrupted):
                looked = self._look_if_due(moment)
                miou = miou if looked is None else looked
                self._run.log({**asdict(moment), "miou": looked})
                self._display.moment(moment, self._seconds_left(moment), miou)
                if time.monotonic() - saved >= self._run.plan.training.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
        is_finished = self.training.progress >= 1.0
        self._save()
        evaluation = self._score() if is_finished else None
        if evaluation is not None:
            self._write_artifact(evaluation)
        return Outcome(self._run, evaluation, is_finished, self.training.progress)

    def predictor(self) -> Predictor:
        """The averaged model as it is now."""
        description = describe(self._run.plan, self._dataset, self._parts.weights, None)
        precision: Precision = "bf16" if self._run.plan.training.precision == "bf16" else "fp32"
        return Predictor(self.training.average.model, description, device=self.training.device, precision=precision)

    def _look_if_due(self, moment: Moment) -> float | None:
        """The mIoU on a few validation images, every tenth of the training, if that costs little of its time."""
        if not self._validation or moment.progress < self._next_look / _LOOKS or moment.progress >= 1:
            return None
        self._next_look = int(moment.progress * _LOOKS) + 1
        if self._look_seconds > _LOOK_SHARE * moment.seconds:
            return None
        begun = time.monotonic()
        evaluation = evaluate(self.predictor(), self._few(_LOOK_IMAGES), self._dataset.classes, split="val")
        self._look_seconds += time.monotonic() - begun
        return evaluation.scores.miou

    def _few(self, most: int) -> tuple[Pair, ...]:
        """Validation images evenly spread over the split."""
        count = min(most, len(self._validation))
        return tuple(self._validation[i * len(self._validation) // count] for i in range(count))

    def _seconds_left(self, moment: Moment) -> float:
        return moment.seconds * (1 - moment.progress) / max(moment.progress, 1e-6)

    def _time_for_training(self, budget: float, started: float) -> float:
        """What a budget leaves after what is done and what has to follow: scoring and the report.

        Raises:
            RunError: If nothing is left.
        """
        scoring = 0.0
        if self._validation:
            model, description = self._parts.model, describe(self._run.plan, self._dataset, None, None)
            predictor = Predictor(model, description)
            sample = self._few(3)
            evaluate(predictor, sample[:1], self._dataset.classes, split="val")  # the first one is slow
            begun = time.monotonic()
            evaluate(predictor, sample, self._dataset.classes, split="val")
            scoring = (time.monotonic() - begun) / len(sample) * len(self._validation)
        left = budget - (time.monotonic() - started) - scoring - _SPARE_SECONDS
        if left <= 0:
            raise RunError(
                f"A budget of {budget:.0f} s leaves no time to train: reading the data and scoring "
                f"{len(self._validation)} validation images takes {budget - left:.0f} s. Give a longer one."
            )
        return left

    def _score(self) -> Evaluation | None:
        """The final model on all validation images."""
        if not self._validation:
            return None
        return evaluate(
            self.predictor(),
            self._validation,
            self._dataset.classes,
            split="val",
            progress=lambda done, total, _: self._display.working("Scoring the validation images", done, total),
        )

    def _save(self) -> None:
        """The checkpoint for a resume, and the model as it is, which can be used at once."""
        self._write_artifact(None)
        save_checkpoint(self._run.checkpoints, *self.training.state())

    def _write_artifact(self, evaluation: Evaluation | None) -> None:
        description = describe(self._run.plan, self._dataset, self._parts.weights, evaluation)
        save_artifact(self._run.artifact, self.training.average.model, description)


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
