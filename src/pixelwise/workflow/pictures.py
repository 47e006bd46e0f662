"""Trainings whose targets are pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelwise.artifact import MeasuredScores
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import PictureExamples, Pictures, read_pictures
from pixelwise.errors import DataError, SettingError
from pixelwise.inference import Predictor
from pixelwise.ops.spread import evenly
from pixelwise.planning import Plan, build_component
from pixelwise.reports.page import Content
from pixelwise.reports.picture_page import picture_content
from pixelwise.reports.picture_scores import PictureEvaluation, evaluate_pictures
from pixelwise.reports.samples import sample_sheet
from pixelwise.tasks import TASKS, PictureTask, Task
from pixelwise.training.display import Display
from pixelwise.training.picture_views import PictureViews
from pixelwise.training.run import Source
from pixelwise.workflow.domains import DomainSubject
from pixelwise.workflow.subject import SAMPLES, Subject, Verdict

__all__ = ["PictureSubject", "floor_of_pictures", "open_source_pictures", "picture_subject"]

_TITLES = {"psnr": "PSNR", "ssim": "SSIM"}


class PictureSubject(Subject[PictureEvaluation]):
    """Pictures that come out of pictures.

    Args:
        data: What was found in the folder.
    """

    def __init__(self, data: Pictures) -> None:
        self.data: Pictures = data

    @property
    def samples(self) -> Sequence[Pair]:
        """A few of the validation pictures."""
        return evenly(self.validation, SAMPLES)

    def sheet(self, predictor: Predictor) -> NDArray[np.uint8]:
        """What was given, made and wanted."""
        return sample_sheet(predictor, self.samples)

    def views(self, plan: Plan, display: Display) -> PictureViews:
        """The training pictures, in memory if they fit.

        Raises:
            DataError: If a file cannot be decoded, or colours are to be learnt and no target has any.
        """
        examples = PictureExamples(self.data.splits["train"], alone=self.data.layout == "alone")
        kept = examples.keep_in_memory(
            lambda done, total: display.working("Decoding the training pictures", done, total)
        )
        if not kept:
            display.say("Not all decoded pictures fit into memory: the others are decoded again in every epoch.")
        task = _task_of(plan)
        if task.gives_color:
            _refuse_grey(examples, self.data)
        return PictureViews(examples, task.scale, task.degradations, is_turned=task.is_turned)

    def judge(
        self,
        predictor: Predictor,
        pairs: Sequence[Pair],
        *,
        split: str = "val",
        progress: Callable[[int, int, float], None] | None = None,
    ) -> Verdict[PictureEvaluation]:
        """The mean over all pictures of the task's first score."""
        evaluation = evaluate_pictures(predictor, pairs, split=split, progress=progress)
        name = evaluation.metrics[0]
        title = _TITLES.get(name.partition("_")[0], name)
        scores = MeasuredScores(split=split, values=dict(evaluation.values), protocol=evaluation.protocol)
        return Verdict(
            name, title, evaluation.values[name], scores, evaluation, *floor_of_pictures(evaluation, predictor.task)
        )

    def content(self, predictor: Predictor, evaluation: PictureEvaluation | None) -> Content:
        """Scores beside those of the images themselves, and examples."""
        return picture_content(predictor, self.validation, evaluation)


def open_source_pictures(
    source: Source, seed: int, progress: Callable[[int, int], None] | None = None
) -> PictureSubject | DomainSubject:
    """Open the pictures of a run as they were opened when it began.

    Raises:
        DataError: If they cannot be used.
        SettingError: If the run was not begun on pictures.
    """
    if source.pictures is None:
        raise SettingError(f"{source.root} was opened as images with masks, not as pictures.")
    pictures = read_pictures(
        source.root,
        source.pictures.layout,
        scale=source.pictures.scale,
        image_is_left=source.pictures.image_is_left,
        validation=source.validation,
        seed=seed,
        progress=progress,
    )
    return picture_subject(pictures)


def picture_subject(pictures: Pictures) -> PictureSubject | DomainSubject:
    """Pictures as their task sees them: pairs, or two kinds."""
    return DomainSubject(pictures) if pictures.layout == "domains" else PictureSubject(pictures)


def _refuse_grey(examples: PictureExamples, data: Pictures) -> None:
    """Refuse to learn colours from targets that have none; the first that has some ends the search."""
    targets = (examples[index].target for index in range(len(examples)))
    if all(target is None or (target == target[..., :1]).all() for target in targets):
        raise DataError(
            f"All {len(examples)} targets to train on in {data.root} are without colour, so there are no colours to "
            f"learn. Give pictures in colour as targets."
        )


def floor_of_pictures(evaluation: PictureEvaluation, task: Task) -> tuple[float, str]:
    """What pictures have to beat, and what that is of: the images as they were given.

    Where pictures are to look real, for which they may end further from their targets, it is a single colour if that is
    less.
    """
    name = "bicubic enlargement" if task.scale > 1 else "the image itself"
    given = evaluation.baseline[evaluation.metrics[0]], name
    if isinstance(task, PictureTask) and task.aims_at_looks:
        return min((evaluation.of_one_color, "a single colour for each picture"), given)
    return given


def _task_of(plan: Plan) -> PictureTask:
    task = build_component("task", plan.task.name, TASKS[plan.task.name].build, plan.task.arguments)
    if not isinstance(task, PictureTask):
        raise SettingError(f"The task {plan.task.name} is not for pictures.")
    return task
