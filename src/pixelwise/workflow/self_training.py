"""Images without masks made use of: a teacher labels them, and a student learns from both kinds.

Self-training as in Xie et al. 2020, "Self-training with Noisy Student", https://arxiv.org/abs/1911.04252, and for
pixels in Zoph et al. 2020, https://arxiv.org/abs/2006.06882: the teacher sees images as they are, the student views.
The student begins where the teacher began, not where it ended, as there and in Yang et al. 2022, "ST++",
https://arxiv.org/abs/2106.05095.

A run folder gets `teacher/`, itself a run folder, and `pseudo_labels/`: masks, and a list of them that is written last.
So wherever a training is stopped, a resume finds out how far it had come.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.repeated import splits_of_copies
from pixelwise.errors import DataError, RunError, SettingError
from pixelwise.inference import load
from pixelwise.ops.files import write_atomically
from pixelwise.planning import Plan, apply_overrides, change_training, duration_text
from pixelwise.reports.evaluate import Evaluation
from pixelwise.training.checkpoint import load_checkpoint
from pixelwise.training.display import Display
from pixelwise.training.mixed_views import MixedViews
from pixelwise.training.run import Run, Source
from pixelwise.training.views import MaskViews
from pixelwise.workflow.going_on import job_of
from pixelwise.workflow.held_out import keep_splits
from pixelwise.workflow.job import Outcome
from pixelwise.workflow.masks import Masks
from pixelwise.workflow.pseudo_labels import (
    PseudoLabels,
    label_classes,
    label_images,
    labelled_pairs,
    read_labels,
    unlabelled_images,
    write_labels,
)
from pixelwise.workflow.subject import Paused, Subject, Verdict
from pixelwise.workflow.timing import ShortBudgetError, smallest_budget

__all__ = ["SelfTraining", "keep_better"]

_TEACHER_SHARE = 0.5  # of a budget
_LABELLING_SHARE = 0.2  # of a budget, at most
_LEAST_SHARE = 1 - _TEACHER_SHARE - _LABELLING_SHARE  # what is left for the student, at least
_PREFIX = "Unlabelled images: "  # of decisions on them


class SelfTraining(Masks):
    """Images with masks, and others without.

    Args:
        data: What was found in the folder with masks.
        source: How it was opened; its `unlabelled` says where the others are.
        device: Where the teacher is trained and labels; None takes a GPU where there is one.
        overrides: Settings that a resume changes, in a teacher that has begun, too.

    Attributes:
        labels: The pseudo-labels; None until there are views.

    Raises:
        DataError: If there are no images without masks, or none to compare teacher and student on; also if all of the
            former are among the labelled data.
        SettingError: If classes overlap.
        RunError: If the images without masks are others than when the training began.
    """

    beforehand = "training the teacher and labelling"

    def __init__(
        self, data: Dataset, source: Source, device: torch.device | None = None, overrides: Sequence[str] = ()
    ) -> None:
        super().__init__(data)
        if source.unlabelled is None:
            raise ValueError("source.unlabelled is None: there is nothing to label")
        if data.classes.multilabel:
            raise SettingError(
                "Unlabelled images serve classes that exclude one another; those of this folder overlap. Leave "
                "--unlabelled out, or give --no-multilabel."
            )
        if not self.validation:
            raise DataError(
                f"{data.root} has no validation split, on which teacher and student could be compared. Hold out a part "
                f"of the images: --validation 0.2."
            )
        images = unlabelled_images(source.unlabelled)
        self._copies, self._seen = splits_of_copies(images, data.splits), len(images)
        if len(self._copies) == len(images):
            raise DataError(
                f"All images in {source.unlabelled.folder} ({len(images)}) are among the data in {data.root}, byte for "
                f"byte, and have masks there. --unlabelled takes images without masks."
            )
        self.labels: PseudoLabels | None = None
        self._teacher_verdict: Verdict[Evaluation] | None = None
        self._device, self._overrides = device, tuple(overrides)
        self._place = source.unlabelled
        self._folder = self._place.run / "pseudo_labels"
        self._source = source.model_copy(update={"unlabelled": None, "fingerprint": data.digest})
        self._labelled = Masks(data)  # the teacher's subject, whose decoded images the student takes over
        self._before = self._seconds_so_far()
        self.spent = max(0.0, self._before - self._place.spent)

    def __getstate__(self) -> dict[str, Any]:
        """What another process is told: neither decoded images nor the verdict, which only the first one asks for."""
        return {**super().__getstate__(), "_teacher_verdict": None}

    @property
    def teacher(self) -> Path:
        """The run folder of the teacher."""
        return self._place.run / "teacher"

    @property
    def has_begun(self) -> bool:
        """Whether there is a teacher."""
        return Run.is_at(self.teacher)

    @property
    def plan_beforehand(self) -> Plan | None:
        """The teacher's, as far as it has begun."""
        return Run(self.teacher).plan if self.has_begun else None

    def begin_budget(self, source: Source) -> Source:
        """Let what teacher and labels have taken so far not count."""
        self.spent, place = 0.0, self._place.model_copy(update={"spent": self._before})
        return source.model_copy(update={"unlabelled": place})

    def views(self, plan: Plan, display: Display) -> MaskViews:
        """Views of both kinds of images; the teacher is trained and labels the others first, unless that is done.

        Raises:
            Paused: If the user interrupts.
            DataError: If a labelled file, or every unlabelled one, cannot be decoded.
        """
        labels = read_labels(self._folder) or self._label(plan, display)
        pairs = labelled_pairs(self._place, self._folder, labels, self.data.scaling)
        examples = Examples(pairs, label_classes(self.data.classes), plan.image_scale)
        try:
            examples.keep_in_memory(lambda done, total: display.working("Decoding the unlabelled images", done, total))
            labelled = self._labelled.views(plan, display)
        except KeyboardInterrupt as error:
            raise Paused(_TEACHER_SHARE + _LABELLING_SHARE) from error
        display.say(f"The student learns from the labelled images and from {labels}.")
        self.labels = labels
        return MixedViews(labelled, MaskViews(examples, self.data.class_pixels["train"]))

    def too_short(self, error: ShortBudgetError) -> RunError:
        """The error of a budget that the teacher has used up, with the ways on from there."""
        model = self.teacher / Run(self.teacher).artifact.name
        done = 0.0 if self.labels is None else self.labels.seconds - (self._before - self.spent)  # of this budget
        return RunError(
            f"{error} Nothing is lost: the student begins with pixelwise resume {self._place.run} --budget "
            f"{smallest_budget(max(0.0, error.needed - done))}, and the teacher's model lies in {model}."
        )

    def teacher_verdict(self) -> Verdict[Evaluation]:
        """On the teacher, from the validation split."""
        return self._teacher_verdict or self.judge(load(self.teacher, device=self._device), self.validation)

    def about_copies(self) -> list[tuple[str, str]]:
        """What is decided about unlabelled images that are among the labelled data: what, and why."""
        if not self._copies:
            return []
        counts = Counter(self._copies.values())
        where = ", ".join(f"{split} {counts[split]}" for split in self.data.splits if counts[split])
        why = (
            f"they are among the labelled data, byte for byte ({where}); scores on images that were learnt from flatter"
        )
        return [(f"{_PREFIX}{len(self._copies)} of {self._seen} are left out", why)]

    def _seconds_so_far(self) -> float:
        """What the teacher has taken in earlier commands, and the labels if all are there."""
        labels = read_labels(self._folder)
        if labels is not None:
            return labels.seconds
        rows = Run(self.teacher).history() if self.has_begun else []
        return max((row["seconds"] for row in rows), default=0.0)

    def _label(self, plan: Plan, display: Display) -> PseudoLabels:
        """Train the teacher and let it label."""
        begun = time.monotonic()
        for what, why in self.about_copies():
            display.say(f"{what}: {why}.")
        verdict = self._teacher_verdict = self._teach(plan, display)
        budget = plan.training.budget_seconds
        try:
            labels = label_images(
                load(self.teacher, device=self._device),
                self._place,
                self._folder,
                display,
                score=verdict.value,
                seed=plan.training.seed,
                seconds=None if budget is None else _LABELLING_SHARE * budget,
                left_out=self._copies,
            )
        except KeyboardInterrupt as error:
            raise Paused(_TEACHER_SHARE) from error
        labels = labels.model_copy(update={"seconds": round(self._before + time.monotonic() - begun, 3)})
        write_labels(self._folder, labels)
        return labels

    def _teach(self, plan: Plan, display: Display) -> Verdict[Evaluation]:
        """Train the teacher on the labelled images, or go on with that."""
        display.say("The teacher learns from the labelled images.")
        is_new = not self.has_begun
        run = self._new_teacher(plan) if is_new else self._begun_teacher(plan)
        started, checkpoint = time.monotonic(), load_checkpoint(run.checkpoints, display.say)
        try:
            job = job_of(run, self._labelled, display, started, checkpoint, device=self._device)
        except BaseException as error:  # a budget that is too short, or Ctrl-C: nothing has been trained
            if is_new:
                run.discard()
            if isinstance(error, ShortBudgetError):
                raise _too_short(plan, error) from error
            raise
        try:
            outcome = job.train()
        except SettingError:
            if is_new and job.training.step == 0:  # views or batches that are too small for the network
                run.discard()
            raise
        if outcome.verdict is None:
            raise Paused(_TEACHER_SHARE * outcome.progress)
        display.say(f"The teacher has {outcome.verdict}.")
        return outcome.verdict

    def _new_teacher(self, plan: Plan) -> Run:
        run = Run.create(self.teacher, self._source, change_training(plan, **_ends_of_teacher(plan)))
        keep_splits(run, self._labelled.data)
        return run

    def _begun_teacher(self, plan: Plan) -> Run:
        """The run that is there, with what a resume changes; its own precision and division of batches stay."""
        run = Run(self.teacher)
        run.plan = change_training(apply_overrides(run.plan, self._overrides), **_ends_of_teacher(plan))
        return run


def keep_better(outcome: Outcome, subject: Subject[Any], display: Display) -> Outcome:
    """Leave the student as the model of the run, or its teacher if that is clearly better, and say which.

    Clearly means: above the 95 % interval of the student's score. Where labels are few, so are validation images, and a
    student that scores a little lower on them is more often the better one.

    Args:
        outcome: Of any training; that of one without a teacher is returned as it is.
        subject: Its data.
        display: Is told which.
    """
    if not isinstance(subject, SelfTraining) or subject.labels is None or outcome.verdict is None:
        return outcome
    labels, student = subject.labels, outcome.verdict
    low, high = student.evaluation.interval
    is_kept = labels.score <= (student.value if math.isnan(high) else high)
    who = "student" if is_kept else "teacher"
    interval = "" if math.isnan(high) else f" (95 % interval {low:.3f} to {high:.3f})"
    comparison = f"the student has {student}{interval}, the teacher {labels.score:.3f}"
    taught = f"the teacher gave each of them a probability of at least: {labels.bounds_in_words()}"
    learnt = (f"{_PREFIX}{labels} are learnt from", taught), (f"{_PREFIX}the {who} is kept", comparison)
    _decide(outcome.run, (*subject.about_copies(), *learnt))
    display.say(f"The {who} is kept: {comparison}.")
    if is_kept:
        return outcome
    write_atomically(outcome.run.artifact, (subject.teacher / outcome.run.artifact.name).read_bytes())
    return replace(outcome, verdict=subject.teacher_verdict())


def _ends_of_teacher(plan: Plan) -> dict[str, object]:
    """What ends the teacher's training: as many epochs, or its share of the budget."""
    budget = plan.training.budget_seconds
    return {
        "epochs": plan.training.epochs,
        "budget_seconds": None if budget is None else _TEACHER_SHARE * budget,
    }


def _too_short(plan: Plan, error: ShortBudgetError) -> RunError:
    """The error of a teacher's budget, in terms of the whole one."""
    return RunError(
        f"A budget of {duration_text(plan.training.budget_seconds or 0)} leaves no time to train a teacher, who gets "
        f"half of it: {error.why}. Give at least --budget {smallest_budget(error.needed / _LEAST_SHARE)}."
    )


def _decide(run: Run, decisions: Sequence[tuple[str, str]]) -> None:
    """Add decisions to a run's plan, in place of those of an earlier end."""
    others = [decision for decision in run.plan.decisions if not decision[0].startswith(_PREFIX)]
    run.replan(run.plan.model_copy(update={"decisions": (*others, *decisions)}))
