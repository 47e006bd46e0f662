"""Trainings on images with masks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.pairs import Pair
from pixelwise.errors import SettingError
from pixelwise.inference import Predictor
from pixelwise.planning import Plan
from pixelwise.reports.evaluate import Evaluation, evaluate, pick_examples
from pixelwise.reports.html import mask_content
from pixelwise.reports.page import Content
from pixelwise.training.display import Display
from pixelwise.training.views import MaskViews
from pixelwise.workflow.building import measured, temperature_in_words, temperature_of
from pixelwise.workflow.subject import Subject, Verdict

__all__ = ["Masks", "floor_of_masks"]


class Masks(Subject[Evaluation]):
    """Images with masks.

    Args:
        data: What was found in the folder.
    """

    def __init__(self, data: Dataset) -> None:
        self.data: Dataset = data
        self._decoded: tuple[float, MaskViews] | None = None  # at which scale, and what

    def __getstate__(self) -> dict[str, Any]:
        """What another process is told: everything but the decoded images."""
        return {**self.__dict__, "_decoded": None}

    def views(self, plan: Plan, display: Display) -> MaskViews:
        """The training images, in memory if they fit; those of the last time if the scale is the same.

        Raises:
            DataError: If a file cannot be decoded.
            SettingError: If the plan is for another number of classes.
        """
        planned, count = plan.task.arguments.get("num_classes"), self.data.classes.num_classes
        if planned != count:
            raise SettingError(
                f"task.arguments.num_classes is {planned}, but {self.data.root} has {count} classes, from which it "
                f"follows. Leave it out."
            )
        if self._decoded is not None and self._decoded[0] == plan.image_scale:
            return self._decoded[1]
        examples = Examples(self.data.splits["train"], self.data.classes, plan.image_scale)
        kept = examples.keep_in_memory(lambda done, total: display.working("Decoding the training images", done, total))
        if not kept:
            display.say("Not all decoded images fit into memory: the others are decoded again in every epoch.")
        views = MaskViews(examples, self.data.class_pixels["train"])
        self._decoded = plan.image_scale, views
        return views

    def judge(
        self,
        predictor: Predictor,
        pairs: Sequence[Pair],
        *,
        split: str = "val",
        progress: Callable[[int, int, float], None] | None = None,
    ) -> Verdict[Evaluation]:
        """The mIoU of one confusion matrix over all pixels."""
        evaluation = evaluate(predictor, pairs, self.data.classes, split=split, progress=progress)
        return Verdict(
            "miou", "mIoU", evaluation.scores.miou, measured(evaluation), evaluation, *floor_of_masks(evaluation)
        )

    def calibrated(self, verdict: Verdict[Evaluation], plan: Plan) -> Verdict[Evaluation]:
        """The verdict on the model with raw scores divided by a temperature, which leaves its masks as they are."""
        sample, temperature = verdict.evaluation.sample, temperature_of(verdict.evaluation, plan)
        if sample is None or temperature == 1:
            return verdict
        evaluation = replace(verdict.evaluation, sample=sample.divided(temperature))
        return replace(verdict, evaluation=evaluation, temperature=temperature)

    def content(self, predictor: Predictor, evaluation: Evaluation | None) -> Content:
        """Scores by class, what is taken for what, and examples."""
        if evaluation is None:
            return mask_content(None)
        examples = pick_examples(predictor, self.validation, self.data.classes, evaluation)
        temperature = temperature_in_words(predictor.description, evaluation)
        return mask_content(evaluation, examples, temperature=temperature)


def floor_of_masks(evaluation: Evaluation) -> tuple[float, str]:
    """The mIoU of the best answer that is the same for all pixels, nan where the truth is such; and which that is.

    Args:
        evaluation: Of any model on the same masks.
    """
    shares = [row.share for row in evaluation.table() if row.share > 0]
    if evaluation.classes.multilabel:
        return (sum(shares) / len(shares) if shares else math.nan), "all classes for all pixels"
    return (max(shares) / len(shares) if len(shares) > 1 else math.nan), "one class for all pixels"
