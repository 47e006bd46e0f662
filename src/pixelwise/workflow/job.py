"""One training from its checkpoint, or its beginning, to its artifact."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from pixelwise.artifact import save as save_artifact
from pixelwise.encoders import Weights
from pixelwise.errors import ProcessError, RunError, SettingError
from pixelwise.inference import Predictor
from pixelwise.models import ImageModel
from pixelwise.ops.files import remove, writable_folder
from pixelwise.ops.image_io import write_png
from pixelwise.ops.precision import Precision
from pixelwise.ops.spread import evenly
from pixelwise.reports.plots import plot_history
from pixelwise.training.checkpoint import Checkpoint, forget_checkpoints_after, save_checkpoint
from pixelwise.training.display import Display
from pixelwise.training.loggers import Logs, make_loggers
from pixelwise.training.loop import Moment, Training
from pixelwise.training.run import Run
from pixelwise.training.views import Views
from pixelwise.workflow.building import Parts
from pixelwise.workflow.helping import Beginning, others_begin, others_train
from pixelwise.workflow.interruption import interruptible
from pixelwise.workflow.outcome import Outcome
from pixelwise.workflow.pace import Pace
from pixelwise.workflow.subject import Subject, Verdict
from pixelwise.workflow.timing import ShortBudgetError, seconds_to_score, seconds_to_write

__all__ = ["Job", "Outcome", "origin_of"]

_LOOKS = 10  # at the validation images in one training
_LOOK_IMAGES = 16  # in one of them
_LOOK_SHARE = 0.03  # of the time, at most
_CURVES_SECONDS = 1.0  # that drawing the curves takes, about; they have as large a share
_SPARE_SECONDS = 4.0  # of a budget, for writing the report
_LEAST_SECONDS = 1.0  # to train in


class Job:
    """One run of a training, with its looks at the validation images, its checkpoints and its end.

    Making one checks everything and writes nothing; `train` writes.

    Args:
        run: The run folder; its plan is written when training begins.
        subject: The data, as their task sees them.
        parts: The model and the task.
        views: What is trained on.
        display: Is told what happens.
        started: When the command began (`time.monotonic()`), for a budget.
        checkpoint: What is gone on from; None begins.

    Raises:
        RunError: If the checkpoint belongs to another network, or a budget leaves no time.
    """

    def __init__(
        self,
        run: Run,
        subject: Subject[Any],
        parts: Parts,
        views: Views,
        display: Display,
        started: float,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._run = run
        self._subject = subject
        self._parts = parts
        self._display = display
        self._validation = subject.validation
        self._image_seconds = 0.0  # to score one image, as far as it has been measured
        self._look_seconds = self._curves_seconds = 0.0
        self._pace = Pace(run.plan.training)
        self._logs = Logs(make_loggers(run.log_to), display.say)
        facts = {} if checkpoint is None else checkpoint[1]
        available = self._seconds_at_end(facts, started)
        step = None if checkpoint is None else checkpoint[1]["step"]
        device = parts.device
        others_begin(Beginning(subject, run.plan, run.folder.resolve(), available, device, step))
        self.training = Training(
            parts.model,
            parts.task,
            views,
            run.plan.training,
            seconds=available,
            device=device,
            say=display.say,
        )
        if checkpoint is not None:
            self.training.restore(*checkpoint)
        self._next_look = self._next_sheet = int(self.training.progress * _LOOKS) + 1

    def train(self) -> Outcome:
        """Train to the end, score and write the artifact; or pause where the user interrupts.

        Raises:
            RunError: If the training had come to its end before, or diverges.
            OutputError: If the run folder cannot be written to.
        """
        self._open_folder()
        outcome: Outcome | None = None
        try:
            outcome = self._train()
        finally:
            self._logs.finish(None if outcome is None else outcome.scores)
        return outcome

    def _train(self) -> Outcome:
        saved = time.monotonic()
        score: str | None = None
        with interruptible() as is_interrupted, others_train(), closing(self._moments(is_interrupted)) as moments:
            for moment in map(self._told, moments):
                looked = self._look_if_due(moment)
                score = score if looked is None else f"{looked} at {moment.progress:.0%}"
                self._log({**moment.row(), **({} if looked is None else {looked.key: looked.value})})
                self._display.moment(moment, self._pace.seconds_left(moment), score)
                self._keep_settings()
                for line in filter(None, (self._pace.shortage(moment), *self.training.watch.news())):
                    self._display.say(line)
                self._show_if_due(moment)
                if time.monotonic() - saved >= self._run.plan.training.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
            self._save()
            is_paused = is_interrupted()
        progress = self.training.progress
        unfinished = Outcome(self._run, None, False, progress, self.training.epoch, self.training.device)
        if is_paused or progress < 1.0:
            return unfinished
        try:
            return replace(unfinished, verdict=self._finish(), is_finished=True)
        except KeyboardInterrupt:  # the weights are saved; a resume scores them
            return unfinished

    def predictor(self) -> Predictor:
        """The averaged model as it is now."""
        return self._predictor_of(self.training.average.model)

    def _predictor_of(self, model: ImageModel) -> Predictor:
        description = self._subject.describe(self._run.plan, self._parts.weights, None)
        precision: Precision = "bf16" if self._run.plan.training.precision == "bf16" else "fp32"
        return Predictor(model, description, device=self._parts.device, precision=precision)

    def _moments(self, should_stop: Callable[[], bool]) -> Generator[Moment, None, None]:
        """The training's; where it cannot go on, what came before is saved, unless that is not whole any more."""
        try:
            yield from self.training.moments(should_stop=should_stop)
        except (RunError, SettingError, ProcessError):
            with suppress(RunError):
                if self.training.step:
                    self._save()
            raise

    def _told(self, moment: Moment) -> Moment:
        """The moment as it is told of: the last batch may begin another epoch, which nobody has asked for."""
        epochs = self._run.plan.training.epochs
        epoch = moment.epoch if epochs is None else min(moment.epoch, epochs)
        return replace(moment, epoch=epoch, phase=self._parts.task.phase(moment.progress))

    def _look_if_due(self, moment: Moment) -> Verdict[Any] | None:
        """The score of a few validation images, every tenth of the training, if that costs little of its time."""
        if not self._validation or moment.progress < self._next_look / _LOOKS or moment.progress >= 1:
            return None
        self._next_look = int(moment.progress * _LOOKS) + 1
        pairs = evenly(self._validation, _LOOK_IMAGES)
        if self._look_seconds + len(pairs) * self._image_seconds > _LOOK_SHARE * moment.seconds:
            return None
        begun = time.monotonic()
        verdict = self._subject.judge(self.predictor(), pairs)
        seconds = time.monotonic() - begun
        self._image_seconds = seconds / len(pairs)
        self._look_seconds += seconds
        return verdict

    def _show_if_due(self, moment: Moment) -> None:
        """A sheet of held-out pictures every tenth of the training, where the subject has any."""
        if not self._subject.samples or moment.progress < self._next_sheet / _LOOKS:
            return
        self._next_sheet = int(moment.progress * _LOOKS) + 1
        write_png(writable_folder(self._run.sheets) / f"{moment.step:07d}.png", self._subject.sheet(self.predictor()))
        is_cheap = self._curves_seconds + _CURVES_SECONDS <= _LOOK_SHARE * moment.seconds
        if is_cheap or moment.progress >= 1:
            begun = time.monotonic()
            self._draw_curves()
            self._curves_seconds += time.monotonic() - begun

    def _draw_curves(self) -> None:
        """Losses and scores so far, beside the sheets."""
        history = self._run.history()
        others = {field.name for field in fields(Moment)} - {"loss"}
        keys = [key for key in dict.fromkeys(key for row in history for key in row) if key not in others]
        write_png(self._run.sheets / "curves.png", np.asarray(plot_history(history, keys)))

    def _log(self, row: dict[str, Any]) -> None:
        """Into metrics.jsonl, and whatever else was asked for."""
        self._run.log(row)
        self._logs.log(row)

    def _keep_settings(self) -> None:
        """Write down that a step has become several smaller batches, so that a resume begins with those."""
        if self.training.settings != self._run.plan.training:
            self._run.replan(self._run.plan.model_copy(update={"training": self.training.settings}))

    def _open_folder(self) -> None:
        """Make the folder ready for further training; refuse one whose training has come to its end."""
        if self.training.progress >= 1.0 and self._run.report.exists():
            raise self._run.finished()
        self._run.replan(self._run.plan)
        self._run.forget_after(self.training.step)
        forget_checkpoints_after(self._run.checkpoints, self.training.step)
        remove(self._run.report)  # it would tell of an earlier end
        if self.training.step:
            self._display.say(f"Going on from step {self.training.step} ({self.training.progress:.0%} done).")
        self._logs.start(self._run.folder, self._run.plan.model_dump(mode="json"), self.training.step)

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
        """What a budget leaves after what is done and what has to follow: scoring, files and the report.

        Raises:
            RunError: If nothing is left.
        """
        elapsed = time.monotonic() - started
        scoring = 0.0
        if self._validation:
            begun = time.monotonic()
            predictor = self._predictor_of(self._parts.model)
            scoring = seconds_to_score(lambda pair: self._subject.judge(predictor, [pair]), self._validation)
            self._image_seconds = scoring / len(self._validation)
            elapsed += time.monotonic() - begun
        writing = seconds_to_write(self._parts.model) + len(self._subject.samples) * self._image_seconds
        writing += _CURVES_SECONDS if self._subject.samples else 0.0
        left = budget - elapsed - scoring - writing - _SPARE_SECONDS
        if left < _LEAST_SECONDS:
            why = (
                f"{self._subject.beforehand} took {elapsed:.0f} s, and scoring the {len(self._validation)} validation "
                f"images and writing the model will take about {scoring + writing:.0f} s"
            )
            raise self._subject.too_short(ShortBudgetError(budget, budget - left, why))
        return left

    def _finish(self) -> Verdict[Any] | None:
        """Score the final model on all validation images and calibrate it; write both into the artifact."""
        if not self._validation:
            return None
        verdict = self._subject.judge(
            self.predictor(),
            self._validation,
            progress=lambda done, total, _: self._display.working("Scoring the validation images", done, total),
        )
        verdict = self._subject.calibrated(verdict, self._run.plan)
        self._write_artifact(verdict)
        return verdict

    def _save(self) -> None:
        """The checkpoint for a resume, and the model as it is, which can be used at once."""
        tensors, facts = self.training.state()
        facts["budget_seconds"] = self._run.plan.training.budget_seconds
        facts["data"] = self._run.source.fingerprint
        facts["weights"] = None if self._parts.weights is None else asdict(self._parts.weights)
        self._write_artifact(None)
        save_checkpoint(self._run.checkpoints, tensors, facts)

    def _write_artifact(self, verdict: Verdict[Any] | None) -> None:
        description = self._subject.describe(self._run.plan, self._parts.weights, verdict)
        save_artifact(self._run.artifact, self.training.average.model, description)


def origin_of(checkpoint: Checkpoint) -> Weights | None:
    """Where the pretrained weights came from that the training of a checkpoint began with."""
    weights = checkpoint[1]["weights"]
    return None if weights is None else Weights(**weights)
