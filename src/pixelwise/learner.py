"""What a notebook holds in its hand: data, a network, and everything that is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from pixelwise.artifact import load as load_artifact
from pixelwise.artifact import save as save_artifact
from pixelwise.data.augment import draw_view, render_views
from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError, SettingError
from pixelwise.inference import Prediction, Predictor
from pixelwise.inference.prediction import paint
from pixelwise.inference.predictor import ImageLike
from pixelwise.models import ImageModel
from pixelwise.nn import Norm
from pixelwise.ops.spread import evenly
from pixelwise.planning import Plan, change_training, make_plan, parse_duration
from pixelwise.reports.evaluate import Evaluation, evaluate
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import contact_sheet
from pixelwise.training.display import Display, Lines
from pixelwise.training.loop import Training
from pixelwise.training.optimizer import freeze
from pixelwise.training.views import MaskViews, augmentation_of
from pixelwise.workflow import announce_weights, build, describe, settle_precision

__all__ = ["Learner", "unet_learner"]

_SEEDS_APART = 1000  # between two fits of a learner, so that the second does not repeat the first of another seed


class Learner:
    """A network in training on a data set.

    After each fit, one that was interrupted too, `model` holds the moving average of the weights, which is what
    `validate`, `predict` and `export` use and what the next fit begins with. Each fit sees the images in its own order
    and views.

    Args:
        data: What `open_data` returned.
        model: Name of a network, as in `pixelwise list models`; None takes the default.
        encoder: Name of a timm backbone; None takes the default.
        pretrained: Whether the encoder begins with its pretrained weights.
        arguments: Further arguments of the network, such as `{"self_attention": True}`.
        seed: Of everything that is drawn.
        display: Is told what happens; None prints lines.

    Attributes:
        data: As given.
        plan: All settings, with reasons. To change how it is trained, set a copy with another `training`.
        model: The network.
        history: Step, loss and learning rate of every few steps, fit after fit.

    Raises:
        SettingError: If a name or an argument is not known.
        WeightsError: If pretrained weights cannot be had.
    """

    def __init__(
        self,
        data: Dataset,
        model: str | None = None,
        encoder: str | None = None,
        *,
        pretrained: bool = True,
        arguments: dict[str, Any] | None = None,
        seed: int = 0,
        display: Display | None = None,
    ) -> None:
        self.data = data
        plan = make_plan(data, model=model, encoder=encoder, pretrained=pretrained, seed=seed)
        settings = plan.model.model_copy(update={"arguments": {**plan.model.arguments, **(arguments or {})}})
        self._plan: Plan = plan.model_copy(update={"model": settings})
        parts = build(self._plan, in_channels=data.channels)
        self.model: ImageModel = parts.model
        self.history: list[dict[str, float]] = []
        self._task = parts.task
        self._weights = parts.weights
        self._display: Display = display or Lines()
        self._examples: Examples | None = None
        self._fits = 0
        announce_weights(parts.weights, self._display)

    @property
    def plan(self) -> Plan:
        """All settings, with reasons."""
        return self._plan

    @plan.setter
    def plan(self, plan: Plan) -> None:
        for name in ("model", "task", "image_scale"):
            if getattr(plan, name) != getattr(self._plan, name):
                raise SettingError(
                    f"The learner's network and data are made as its plan said, so {name} cannot be changed any more; "
                    f"only training can. Make another Learner."
                )
        self._plan = plan

    def fit_one_cycle(self, epochs: float, learning_rate: float | None = None) -> None:
        """Train for some epochs on one cycle of the learning rate.

        Args:
            epochs: How often each image is seen.
            learning_rate: Peak rate of everything but the encoder; None takes the plan's.

        Raises:
            SettingError: If a number is not above zero.
        """
        self._fit(learning_rate, epochs=epochs, budget_seconds=None)

    def fit(self, budget: str, learning_rate: float | None = None) -> None:
        """Train for a wall time such as `7m`, on one cycle that ends when it does."""
        self._fit(learning_rate, epochs=None, budget_seconds=parse_duration(budget))

    def fine_tune(self, epochs: float, learning_rate: float | None = None, freeze_epochs: float = 1) -> None:
        """Train the new layers alone first, then everything at half the rate, as fastai's method of this name.

        Args:
            epochs: Epochs with all layers.
            learning_rate: Peak rate of the first part; None takes the plan's.
            freeze_epochs: Epochs with a frozen encoder before them.
        """
        rate = self.plan.training.learning_rate if learning_rate is None else learning_rate
        self.freeze()
        try:
            self._fit(rate, epochs=freeze_epochs, budget_seconds=None)
        finally:
            self.unfreeze()
        self._fit(rate / 2, epochs=epochs, budget_seconds=None)

    def freeze(self) -> None:
        """Keep the encoder's weights as they are; its batch norms follow the data.

        Raises:
            SettingError: If the network has no encoder.
        """
        if self.model.encoder is None:
            raise SettingError(f"The model '{self.plan.model.name}' has no encoder that could be frozen.")
        freeze(self.model.encoder)

    def unfreeze(self) -> None:
        """Train all weights."""
        freeze(self.model, frozen=False)

    def validate(self, split: str = "val") -> Evaluation:
        """Score the model on a split.

        Raises:
            DataError: If the data have no such split.
        """
        return evaluate(self.predictor(), self._pairs(split), self.data.classes, split=split)

    def predict(self, image: ImageLike) -> Prediction:
        """Predict one image of any size: a path, a Pillow image, or a uint8 array `(H, W, 3)`."""
        return self.predictor()(image)

    def predictor(self) -> Predictor:
        """The model as it is now, made ready for use."""
        return Predictor(self.model, describe(self.plan, self.data, self._weights, None))

    def show_batch(self, count: int = 4) -> Image.Image:
        """What the network will see: augmented training images with their masks, as one picture."""
        examples = self._training_examples()
        settings = self.plan.training
        augmentation = augmentation_of(settings, settings.stages[-1])
        indices = evenly(range(len(examples)), count)
        views = [draw_view(augmentation, seed=settings.seed, epoch=0, index=index) for index in indices]
        images, targets, _ = render_views(examples.fetch(indices), views, augmentation, torch.device("cpu"))
        arrays = (images.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
        masks = targets.numpy().astype(np.uint8)
        painted = [paint(image, mask, self.data.classes) for image, mask in zip(arrays, masks, strict=True)]
        return Image.fromarray(np.vstack([np.hstack(list(arrays)), np.hstack(painted)]))

    def show_results(self, count: int = 4, split: str = "val") -> Image.Image:
        """Image, truth, prediction and errors of some images of a split, as one picture."""
        predictor = self.predictor()
        pairs = evenly(self._pairs(split), count)
        examples = [Example.of(predictor, pair, self.data.classes) for pair in pairs]
        return Image.fromarray(contact_sheet(examples, self.data.classes))

    def export(self, path: str | Path, evaluation: Evaluation | None = None) -> Predictor:
        """Write the model to one file and return it, loaded from there.

        Args:
            path: File to write, `.safetensors`.
            evaluation: What `validate` returned, to be written into the file.
        """
        save_artifact(path, self.model, describe(self.plan, self.data, self._weights, evaluation))
        return Predictor(*load_artifact(path))

    def _fit(self, rate: float | None, *, epochs: float | None, budget_seconds: float | None) -> None:
        changes: dict[str, object] = {"epochs": epochs, "budget_seconds": budget_seconds}
        if rate is not None:
            changes["learning_rate"] = rate
        changes["seed"] = self.plan.training.seed + _SEEDS_APART * self._fits
        settings = change_training(self.plan, **changes).training
        if settings.precision == "auto":
            self.plan = settle_precision(self.plan, self._display)
            settings = settings.model_copy(update={"precision": self.plan.training.precision})
        self._fits += 1
        training = Training(
            self.model, self._task, MaskViews(self._training_examples()), settings, seconds=budget_seconds
        )
        try:
            for moment in training.moments():
                self.history.append({"step": moment.step, "loss": moment.loss, "learning_rate": moment.learning_rate})
                self._display.moment(moment, moment.seconds_left, None)
        finally:
            self.model.load_state_dict(training.average.model.state_dict())

    def _training_examples(self) -> Examples:
        if self._examples is None:
            self._examples = Examples(self._pairs("train"), self.data.classes, self.plan.image_scale)
            self._examples.keep_in_memory()
        return self._examples

    def _pairs(self, split: str) -> Sequence[Pair]:
        if split not in self.data.splits:
            raise DataError(f"{self.data.root} has no split '{split}'; there are: {', '.join(self.data.splits)}.")
        return self.data.splits[split]


def unet_learner(  # noqa: PLR0913 - these are fastai's settings
    data: Dataset,
    encoder: str | None = None,
    *,
    pretrained: bool = True,
    blur: bool = False,
    self_attention: bool = False,
    bottle: bool = False,
    last_cross: bool = True,
    norm_type: Norm | None = None,
    seed: int = 0,
) -> Learner:
    """All best practice in one line, as fastai's function of this name: a DynamicUnet on a pretrained encoder.

    Args:
        data: What `open_data` returned.
        encoder: Name of a timm backbone, such as `resnet34`; None takes the default, whose weights are installed.
        pretrained: Whether the encoder begins with its pretrained weights.
        blur: Whether a mean over 2 × 2 pixels follows each upsampling of the decoder, against checkerboards.
        self_attention: Whether the third block from the end attends to the whole image; its memory grows with the
            square of the number of pixels.
        bottle: Whether the residual block at full size is half as wide inside.
        last_cross: Whether the image is joined to the features at full size, with that residual block after it.
        norm_type: Norm of the decoder's convolutions: "batch", "instance", "weight", "spectral" or None.
        seed: Of everything that is drawn.

    Raises:
        SettingError: If the encoder is not known or does not serve.
        WeightsError: If its weights cannot be had.
    """
    arguments = {
        "blur": blur,
        "self_attention": self_attention,
        "bottle": bottle,
        "last_cross": last_cross,
        "norm_type": norm_type,
    }
    return Learner(data, model="dynamic_unet", encoder=encoder, pretrained=pretrained, arguments=arguments, seed=seed)
