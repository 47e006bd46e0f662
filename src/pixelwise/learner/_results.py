"""The ways to look at what a learner sees and has learnt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.dataset import Dataset
from pixelwise.encoders import EncoderName, encoder_name
from pixelwise.errors import SettingError
from pixelwise.inference import Prediction, Predictor
from pixelwise.inference.prediction import paint
from pixelwise.inference.predictor import ImageLike
from pixelwise.inference.tta import TTA
from pixelwise.learner._kept import Kept
from pixelwise.learner._sheet import sheet_of
from pixelwise.learner._told import refuse_no_arguments
from pixelwise.learner.pictures import TaskPictures
from pixelwise.ops.given import refuse_no_count
from pixelwise.ops.keywords import known_keywords
from pixelwise.ops.spread import evenly
from pixelwise.ops.thumbnail import as_rgb
from pixelwise.planning import make_plan
from pixelwise.reports.evaluate import Evaluation, evaluate
from pixelwise.reports.examples import Example, read_truth
from pixelwise.reports.figures import contact_sheet
from pixelwise.reports.interpretation import Interpretation
from pixelwise.training.display import Display
from pixelwise.workflow import Masks, measured, temperature_of

__all__ = ["Results"]

_LEARNT_FROM = "train"


class Results(Kept[Dataset]):
    """Everything of a learner that leaves its weights alone; see `Learner`."""

    @known_keywords
    def __init__(
        self,
        data: Dataset,
        model: str | None = None,
        encoder: EncoderName | None = None,
        *,
        pretrained: bool = True,
        loss: str | None = None,
        arguments: dict[str, Any] | None = None,
        seed: int = 0,
        display: Display | None = None,
    ) -> None:
        _refuse_unopened(data)
        refuse_no_arguments(arguments, "arguments", "{'self_attention': True}")
        name = None if encoder is None else encoder_name(encoder)
        plan = make_plan(data, model=model, encoder=name, pretrained=pretrained, loss=loss, seed=seed)
        super().__init__(data, Masks(data), plan, arguments, display)

    @known_keywords
    def validate(self, split: str = "val", *, tta: TTA | bool = False) -> Evaluation:
        """Score the model on a split.

        Args:
            split: Its name.
            tta: Whether to average over mirrored and scaled views of each image, or which ones.

        Raises:
            DataError: If the data have no such split.
        """
        return evaluate(self.predictor(), self._pairs(split), self.data.classes, split=split, tta=tta)

    @known_keywords
    def predict(self, image: ImageLike, *, tta: TTA | bool = False) -> Prediction:
        """Predict one image of any size: a path, a Pillow image, or a uint8 array `(H, W, 3)`."""
        return self.predictor().mask(image, tta=tta)

    @known_keywords
    def get_preds(
        self, split: str = "val", *, tta: TTA | bool = False
    ) -> Iterator[tuple[Prediction, NDArray[np.uint8] | None]]:
        """Predict the images of a split, one after the other: prediction, and true class indices `(H, W)`.

        Each prediction has the size of its image; the truth that of its mask, or None where there is none. Where
        classes overlap, both are `(K, H, W)`: 1 where a pixel belongs to a class, else 0, and 255 where it is left out.

        Raises:
            DataError: If the data have no such split.
        """
        pairs, predictor = self._pairs(split), self.predictor()
        return (
            (
                predictor.mask(pair.read_image(), tta=tta),
                None if pair.target is None else read_truth(pair, self.data.classes),
            )
            for pair in pairs
        )

    @known_keywords
    def tta(
        self, split: str = "val", views: TTA | None = None
    ) -> Iterator[tuple[Prediction, NDArray[np.uint8] | None]]:
        """`get_preds` with test-time augmentation: mirrored and at several scales, each view undone before the mean."""
        return self.get_preds(split, tta=views or True)

    @known_keywords
    def interpret(self, split: str = "val") -> Interpretation:
        """Which classes are taken for which, and which images are worst.

        Raises:
            DataError: If the data have no such split.
        """
        predictor, pairs = self.predictor(), self._pairs(split)
        return Interpretation(predictor, pairs, evaluate(predictor, pairs, self.data.classes, split=split))

    @known_keywords
    def show_batch(self, count: int = 4) -> Image.Image:
        """What the network will see: augmented views of training images, with their masks below, as one picture."""
        refuse_no_count(count, "count", "it is how many images are shown")
        views, settings = self._training_views(), self.plan.training
        drawn = [(0, index) for index in evenly(range(len(views)), count)]
        batch = views.batch(drawn, settings.stages[-1], settings, torch.device("cpu"), 0.0)
        arrays = (batch.image.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
        images, masks = [as_rgb(array) for array in arrays], batch.target.numpy().astype(np.uint8)
        painted = [paint(image, mask, self.data.classes) for image, mask in zip(images, masks, strict=True)]
        return sheet_of([images, painted])

    @known_keywords
    def show_results(self, count: int = 4, split: str = "val") -> Image.Image:
        """Image, truth, prediction and errors of some images of a split, as one picture."""
        refuse_no_count(count, "count", "it is how many images are shown")
        predictor = self.predictor()
        pairs = evenly(self._pairs(split), count)
        examples = [Example.of(predictor, pair, self.data.classes) for pair in pairs]
        return Image.fromarray(contact_sheet(examples, self.data.classes))

    @known_keywords
    def export(self, path: str | Path, evaluation: Evaluation | None = None) -> Predictor:
        """Write the model to one file and return it, loaded from there, in the learner's precision.

        Args:
            path: File to write, `.safetensors`.
            evaluation: What `validate` returned of the model as it is now. Its scores are written into the file, and
                its images, if they are five or more that were not learnt from, calibrate the probabilities of the model
                that is written; masks stay as they are.

        Raises:
            OutputError: If the file cannot be written.
            SettingError: If its name is that of another format.
        """
        if evaluation is None:
            return self._exported(path, self._described())
        # a model is surer of what it has learnt than of other images
        is_held_out = evaluation.split != _LEARNT_FROM
        temperature = temperature_of(evaluation, self.plan) if is_held_out else 1.0
        return self._exported(path, self._described(measured(evaluation), temperature))


def _refuse_unopened(data: object) -> None:
    """Refuse data that have not been opened as images with masks."""
    if isinstance(data, str | Path):
        raise SettingError(
            f"A learner takes opened data instead of a path; write pw.Learner(pw.open_data({str(data)!r}))."
        )
    if isinstance(data, TaskPictures):
        raise SettingError("These data are pictures; write pw.PictureLearner(data) instead of pw.Learner(data).")
    if not isinstance(data, Dataset):
        raise SettingError(
            f"A learner takes what pw.open_data returns, not an object of the type {type(data).__name__}."
        )
