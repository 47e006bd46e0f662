"""The ways to look at what a learner on pictures sees and has learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pixelwise.artifact import MeasuredScores
from pixelwise.data.dataset import Dataset
from pixelwise.encoders import EncoderName, encoder_name
from pixelwise.errors import SettingError
from pixelwise.inference import Picture, Predictor
from pixelwise.inference.predictor import ImageLike
from pixelwise.inference.tta import TTA
from pixelwise.learner._kept import Kept
from pixelwise.learner._sheet import sheet_of
from pixelwise.learner._told import refuse_no_arguments
from pixelwise.learner.pictures import TaskPictures
from pixelwise.ops.given import refuse_no_count
from pixelwise.ops.keywords import known_keywords
from pixelwise.ops.spread import evenly
from pixelwise.planning import Recipe, check_picture_request, make_picture_plan
from pixelwise.reports.picture_scores import PictureEvaluation, evaluate_pictures, given_image
from pixelwise.reports.samples import sample_sheet
from pixelwise.reports.set_scores import SetEvaluation
from pixelwise.tasks import PictureTask
from pixelwise.training.display import Display
from pixelwise.workflow import picture_subject
from pixelwise.workflow.domains import DomainSubject

__all__ = ["PictureResults"]

_Pixels = NDArray[np.uint8]


class PictureResults(Kept[TaskPictures]):
    """Everything of a learner on pictures that leaves its weights alone; see `PictureLearner`."""

    @known_keywords
    def __init__(  # noqa: PLR0913 - a learner's settings, and those of its task
        self,
        data: TaskPictures,
        model: str | None = None,
        encoder: EncoderName | None = None,
        *,
        pretrained: bool = True,
        loss: str | None = None,
        task: dict[str, Any] | None = None,
        arguments: dict[str, Any] | None = None,
        seed: int = 0,
        display: Display | None = None,
    ) -> None:
        _refuse_unopened(data)
        refuse_no_arguments(task, "task", "{'adversarial': 'nogan'}; which task it is, pw.open_pictures was told")
        refuse_no_arguments(arguments, "arguments", "{'width': 48}")
        _refuse_settled("task", task, ("scale", "degrade"))
        _refuse_settled("arguments", arguments, ("scale",))
        if loss is not None and "loss" in (task or {}):
            raise SettingError(f"The loss is given twice, as loss={loss!r} and in task={task!r}. Leave one out.")
        name = None if encoder is None else encoder_name(encoder)
        asked = {**data.arguments, **({} if loss is None else {"loss": loss}), **(task or {})}
        request = Recipe().completed(model=model, encoder=name, pretrained=pretrained, loss=loss, seed=seed)
        check_picture_request(data.task, asked, request)
        plan = make_picture_plan(
            data.pictures, data.task, asked, model=model, encoder=name, pretrained=pretrained, seed=seed
        )
        super().__init__(data, picture_subject(data.pictures), plan, arguments, display)
        for warning in data.warnings:
            self._display.say(warning)

    @known_keywords
    def validate(self, split: str = "val", *, tta: TTA | bool = False) -> PictureEvaluation | SetEvaluation:
        """Score the model on a split: against the targets, or, where there are none, as a set against real pictures.

        Args:
            split: Its name.
            tta: Whether to average over the picture and its mirror image, or over which views.

        Raises:
            DataError: If the data have no such split, or too few pictures in it.
        """
        pairs, predictor = self._pairs(split), self.predictor()
        if isinstance(self._subject, DomainSubject):
            return self._subject.scorer(split, predictor.device).score(predictor, pairs, split=split, tta=tta)
        return evaluate_pictures(predictor, pairs, split=split, tta=tta)

    @known_keywords
    def predict(self, image: ImageLike, *, tta: TTA | bool = False) -> Picture:
        """Make the picture for one image of any size: a path, a Pillow image, or a uint8 array `(H, W, 3)`."""
        return self.predictor().picture(image, tta=tta)

    @known_keywords
    def get_preds(self, split: str = "val", *, tta: TTA | bool = False) -> Iterator[tuple[Picture, _Pixels | None]]:
        """The pictures that are made for a split, one after the other, each with the true one, if there is one.

        Raises:
            DataError: If the data have no such split.
        """
        pairs, predictor, task = self._pairs(split), self.predictor(), self._picture_task
        for index, pair in enumerate(pairs):
            if pair.target is None:
                yield predictor.picture(pair.read_image(), tta=tta), None
            else:
                image, target = given_image(pair, task.degradations, task.scale, index)
                yield predictor.picture(image, tta=tta), target

    @known_keywords
    def tta(self, split: str = "val", views: TTA | None = None) -> Iterator[tuple[Picture, _Pixels | None]]:
        """`get_preds` with test-time augmentation: the mean of the picture and its mirror image, mirrored back."""
        return self.get_preds(split, tta=views or True)

    @known_keywords
    def show_batch(self, count: int = 4) -> Image.Image:
        """What the network will see: views of training images with their targets below, as one picture.

        Images are enlarged where the task enlarges. Of two kinds without pairs, the other kind is below, and what is in
        a column does not belong together.
        """
        refuse_no_count(count, "count", "it is how many pictures are shown")
        views, settings = self._training_views(), self.plan.training
        drawn = [(0, index) for index in evenly(range(len(views)), count)]
        batch = views.batch(drawn, settings.stages[-1], settings, torch.device("cpu"), 0.0)
        times = self._picture_task.scale
        images = [pixels.repeat(times, axis=0).repeat(times, axis=1) for pixels in _as_pixels(batch.image)]
        return sheet_of([images, _as_pixels(batch.target)])

    @known_keywords
    def show_results(self, count: int = 4, split: str = "val") -> Image.Image:
        """What was given, what is made of it and what should come out, of some pictures of a split, as one picture."""
        refuse_no_count(count, "count", "it is how many pictures are shown")
        return Image.fromarray(sample_sheet(self.predictor(), evenly(self._pairs(split), count)))

    @known_keywords
    def export(self, path: str | Path, evaluation: PictureEvaluation | SetEvaluation | None = None) -> Predictor:
        """Write the model to one file and return it, loaded from there, in the learner's precision.

        Args:
            path: File to write, `.safetensors`.
            evaluation: What `validate` returned of the model as it is now, whose scores are written into the file.

        Raises:
            OutputError: If the file cannot be written.
            SettingError: If its name is that of another format.
        """
        scores = None
        if evaluation is not None:
            scores = MeasuredScores(
                split=evaluation.split, values=dict(evaluation.values), protocol=evaluation.protocol
            )
        return self._exported(path, self._described(scores))

    @property
    def _picture_task(self) -> PictureTask:
        if not isinstance(self._task, PictureTask):
            raise SettingError(f"The task {self.plan.task.name} is not for pictures.")
        return self._task


def _refuse_unopened(data: object) -> None:
    """Refuse data that have not been opened as pictures."""
    if isinstance(data, str | Path):
        raise SettingError(
            f"A learner on pictures takes opened pictures instead of a path; write "
            f"pw.PictureLearner(pw.open_pictures({str(data)!r}, task)) with the name of a task, such as "
            f"'super_resolution'."
        )
    if isinstance(data, Dataset):
        raise SettingError(
            "These data are images with masks; write pw.Learner(data) instead of pw.PictureLearner(data)."
        )
    if not isinstance(data, TaskPictures):
        raise SettingError(
            f"A learner on pictures takes what pw.open_pictures returns, not an object of the type "
            f"{type(data).__name__}."
        )


def _refuse_settled(where: str, given: Mapping[str, Any] | None, names: tuple[str, ...]) -> None:
    """Refuse what has been settled when the pictures were opened: views cut otherwise would show other parts."""
    for name in names:
        if name in (given or {}):
            raise SettingError(
                f"{where} sets {name}, by which the pictures have been opened already. Give it to pw.open_pictures, "
                f"and leave it out here."
            )


def _as_pixels(batch: torch.Tensor) -> list[_Pixels]:
    """`(B, 3, H, W)` in [0, 1] to `(H, W, 3)` uint8 each."""
    return [(picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8) for picture in batch]
