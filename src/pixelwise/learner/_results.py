"""The ways to look at what a learner sees and has learnt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pixelwise.artifact import Component, Description
from pixelwise.artifact import load as load_artifact
from pixelwise.artifact import save as save_artifact
from pixelwise.data.dataset import Dataset
from pixelwise.data.wording import counted
from pixelwise.encoders import EncoderName, encoder_name
from pixelwise.errors import ArtifactError, SettingError, some_of
from pixelwise.inference import Prediction, Predictor
from pixelwise.inference.prediction import paint
from pixelwise.inference.predictor import ImageLike
from pixelwise.inference.tta import TTA
from pixelwise.learner._core import Core, Found
from pixelwise.learner.pictures import TaskPictures
from pixelwise.ops.spread import evenly
from pixelwise.ops.thumbnail import as_rgb
from pixelwise.planning import make_plan
from pixelwise.reports.evaluate import Evaluation, evaluate
from pixelwise.reports.examples import Example, read_truth
from pixelwise.reports.figures import contact_sheet
from pixelwise.reports.interpretation import Interpretation
from pixelwise.reports.network_table import network_table
from pixelwise.reports.plots import plot_history
from pixelwise.training.display import Display
from pixelwise.workflow import Masks, describe, measured, temperature_of

__all__ = ["Kept", "Results", "named_for_model", "sheet_of"]

_GAP = 4  # pixels between two pictures of a batch
_OTHER_FORMATS = (".pkl", ".pt", ".pth", ".ckpt", ".bin", ".h5", ".onnx")


class Kept(Core[Found]):
    """What a learner tells of its network and its fits, and the file that it is kept in; see `Learner`."""

    def plot_loss(self) -> Image.Image:
        """Training loss, and the first validation score where there is one, over the steps of all fits."""
        return plot_history(self.history, ("loss", self._metrics[0]))

    def plot_schedule(self) -> Image.Image:
        """Learning rate of the head, and momentum, over the steps of all fits, as their schedules say."""
        rows = [row for schedule in self._schedules for row in schedule.rows()]
        return plot_history(rows, ("learning_rate", "momentum"))

    def summary(self) -> str:
        """The layers as a table: name, output shape for a batch of views, parameters, and whether they are trained."""
        last = self.plan.training.stages[-1]
        return network_table(self.model, (self.plan.training.batch_size, self.data.channels, last.height, last.width))

    def save(self, path: str | Path) -> None:
        """Write the model as it is to one file, which `load` and `pw.load` read; the same as `export`.

        Raises:
            OutputError: If the file cannot be written.
            SettingError: If its name is that of another format.
        """
        save_artifact(named_for_model(path), self.model, describe(self.plan, self.data, self._weights, None))

    def load(self, path: str | Path) -> None:
        """Take over the weights of a model file, of the same network for the same classes.

        Raises:
            ArtifactError: If the file is damaged, or holds another network, task or other classes.
        """
        model, description = load_artifact(path)
        own = describe(self.plan, self.data, self._weights, None)
        for name, ours, theirs in (
            ("another network", own.model, description.model),
            ("another task", own.task.name, description.task.name),
            ("other classes", _names(own), _names(description)),
            ("images of another number of channels", own.in_channels, description.in_channels),
            ("another number of channels of the output", self.model.out_channels, model.out_channels),
        ):
            if ours != theirs:
                raise ArtifactError(
                    f"{path} was made for {name} than this learner's: {_in_words(theirs, ours)} instead of "
                    f"{_in_words(ours, theirs)}. Make a learner like the one that saved it, or use the file alone with "
                    f"pixelwise.load."
                )
        self.model.load_state_dict(model.state_dict())


class Results(Kept[Dataset]):
    """Everything of a learner that leaves its weights alone; see `Learner`."""

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
        name = None if encoder is None else encoder_name(encoder)
        plan = make_plan(data, model=model, encoder=name, pretrained=pretrained, loss=loss, seed=seed)
        super().__init__(data, Masks(data), plan, arguments, display)

    def validate(self, split: str = "val", *, tta: TTA | bool = False) -> Evaluation:
        """Score the model on a split.

        Args:
            split: Its name.
            tta: Whether to average over mirrored and scaled views of each image, or which ones.

        Raises:
            DataError: If the data have no such split.
        """
        return evaluate(self.predictor(), self._pairs(split), self.data.classes, split=split, tta=tta)

    def predict(self, image: ImageLike, *, tta: TTA | bool = False) -> Prediction:
        """Predict one image of any size: a path, a Pillow image, or a uint8 array `(H, W, 3)`."""
        return self.predictor().mask(image, tta=tta)

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

    def tta(
        self, split: str = "val", views: TTA | None = None
    ) -> Iterator[tuple[Prediction, NDArray[np.uint8] | None]]:
        """`get_preds` with test-time augmentation: mirrored and at several scales, each view undone before the mean."""
        return self.get_preds(split, tta=views or True)

    def interpret(self, split: str = "val") -> Interpretation:
        """Which classes are taken for which, and which images are worst.

        Raises:
            DataError: If the data have no such split.
        """
        predictor, pairs = self.predictor(), self._pairs(split)
        return Interpretation(predictor, pairs, evaluate(predictor, pairs, self.data.classes, split=split))

    def show_batch(self, count: int = 4) -> Image.Image:
        """What the network will see: augmented views of training images, with their masks below, as one picture."""
        views, settings = self._training_views(), self.plan.training
        drawn = [(0, index) for index in evenly(range(len(views)), count)]
        batch = views.batch(drawn, settings.stages[-1], settings, torch.device("cpu"), 0.0)
        arrays = (batch.image.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
        images, masks = [as_rgb(array) for array in arrays], batch.target.numpy().astype(np.uint8)
        painted = [paint(image, mask, self.data.classes) for image, mask in zip(images, masks, strict=True)]
        return sheet_of([images, painted])

    def show_results(self, count: int = 4, split: str = "val") -> Image.Image:
        """Image, truth, prediction and errors of some images of a split, as one picture."""
        predictor = self.predictor()
        pairs = evenly(self._pairs(split), count)
        examples = [Example.of(predictor, pair, self.data.classes) for pair in pairs]
        return Image.fromarray(contact_sheet(examples, self.data.classes))

    def export(self, path: str | Path, evaluation: Evaluation | None = None) -> Predictor:
        """Write the model to one file and return it, loaded from there, in the learner's precision.

        Args:
            path: File to write, `.safetensors`.
            evaluation: What `validate` returned. Its scores are written into the file, and its images, if they are five
                or more, calibrate the probabilities of the model that is written; masks stay as they are.

        Raises:
            OutputError: If the file cannot be written.
            SettingError: If its name is that of another format.
        """
        description = describe(self.plan, self.data, self._weights, None)
        if evaluation is not None:
            known = {"scores": measured(evaluation), "temperature": temperature_of(evaluation, self.plan)}
            description = description.model_copy(update=known)
        save_artifact(named_for_model(path), self.model, description)
        return self._predictor_of(*load_artifact(path))


def sheet_of(rows: Sequence[Sequence[NDArray[np.uint8]]]) -> Image.Image:
    """Rows of equally many pictures of one size, `(H, W, 3)` each, as one picture."""
    height, width = rows[0][0].shape[:2]
    sheet = Image.new("RGB", (len(rows[0]) * (width + _GAP) - _GAP, len(rows) * (height + _GAP) - _GAP), "white")
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (column * (width + _GAP), row * (height + _GAP)))
    return sheet


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


def named_for_model(path: str | Path) -> str | Path:
    """The path of a model file, which must not promise another format."""
    if Path(path).suffix.lower() in _OTHER_FORMATS:
        raise SettingError(
            f"{path} would be written as safetensors, which its name denies; call it "
            f"{Path(path).with_suffix('.safetensors').name}."
        )
    return path


def _in_words(one: object, other: object) -> str:
    """What one of two different things is, as far as it differs from the other, in a few words."""
    if isinstance(one, Component) and isinstance(other, Component):
        differing = [f"{name}={value}" for name, value in one.arguments.items() if other.arguments.get(name) != value]
        return f"{one.name}({some_of(differing)})" if one.name == other.name else one.name
    if isinstance(one, list) and isinstance(other, list):
        differing = [name for place, name in enumerate(one) if other[place : place + 1] != [name]]
        return f"{counted(len(one), 'name')} ({some_of(differing)})" if differing else counted(len(one), "name")
    return str(one)


def _names(description: Description) -> list[str]:
    """Names of the classes that a model knows."""
    return [] if description.classes is None else list(description.classes.names)
