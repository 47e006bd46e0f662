"""From a plan to a network, and from a network to what its artifact says."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pixelwise.artifact import Component, Description, MeasuredScores, WeightsOrigin
from pixelwise.data.dataset import Dataset
from pixelwise.encoders import Weights, load_pretrained
from pixelwise.errors import SettingError
from pixelwise.models import MODELS, ImageModel
from pixelwise.planning import Plan
from pixelwise.reports.evaluate import Evaluation
from pixelwise.tasks import TASKS, Task

__all__ = ["Parts", "build", "describe"]


@dataclass(frozen=True)
class Parts:
    """What a training is built from.

    Attributes:
        model: The network.
        task: What it is trained to do.
        weights: Where its encoder's weights came from; None if they are random.
    """

    model: ImageModel
    task: Task
    weights: Weights | None


def build(plan: Plan) -> Parts:
    """Build the model and the task of a plan; the weights are the same for the same seed.

    Raises:
        SettingError: If an argument does not fit.
        WeightsError: If pretrained weights cannot be had.
    """
    task = TASKS[plan.task.name].build(**plan.task.arguments)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.training.seed)
        try:
            model = MODELS[plan.model.name].build(out_channels=task.out_channels, **plan.model.arguments)
        except TypeError as error:
            raise SettingError(f"The model '{plan.model.name}' cannot be built: {error}.") from error
        weights = load_pretrained(model.encoder) if plan.model.pretrained and model.encoder is not None else None
    return Parts(model, task, weights)


def describe(plan: Plan, dataset: Dataset, weights: Weights | None, evaluation: Evaluation | None) -> Description:
    """What the artifact says of a model that was trained as planned."""
    last = plan.training.stages[-1]
    return Description(
        model=Component(name=plan.model.name, arguments=plan.model.arguments),
        task=Component(name=plan.task.name, arguments=plan.task.arguments),
        classes=dataset.classes,
        image_scale=plan.image_scale,
        training_size=(last.height, last.width),
        scores=None if evaluation is None else _measured(evaluation),
        fingerprint=dataset.fingerprint(),
        weights=None if weights is None else WeightsOrigin(source=weights.source, licence=weights.licence),
    )


def _measured(evaluation: Evaluation) -> MeasuredScores:
    scores = evaluation.scores
    return MeasuredScores(
        split=evaluation.split,
        values={
            "miou": scores.miou,
            "pixel_accuracy": scores.pixel_accuracy,
            "class_accuracy": scores.class_accuracy,
        },
        protocol=evaluation.protocol,
    )
