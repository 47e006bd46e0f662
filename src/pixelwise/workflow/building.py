"""From a plan to a network, and from a network to what its artifact says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from pixelwise.artifact import Component, Description, MeasuredScores, WeightsOrigin
from pixelwise.data.dataset import Dataset
from pixelwise.data.pictures import Pictures
from pixelwise.encoders import Weights, load_pretrained
from pixelwise.metrics.calibration import FEWEST_IMAGES
from pixelwise.models import MODELS, ImageModel
from pixelwise.ops.device import default_device
from pixelwise.ops.first_calls import make_first_calls
from pixelwise.ops.precision import choose_precision
from pixelwise.planning import Plan, build_component, change_training
from pixelwise.planning.network import refuse_channels
from pixelwise.reports.evaluate import Evaluation
from pixelwise.tasks import TASKS, Task
from pixelwise.training.display import Display

__all__ = [
    "Parts",
    "announce_weights",
    "build",
    "describe",
    "measured",
    "settle_precision",
    "temperature_in_words",
    "temperature_of",
]


@dataclass(frozen=True)
class Parts:
    """What a training is built from.

    Attributes:
        model: The network.
        task: What it is trained to do.
        weights: Where its encoder's weights came from; None if they are random.
        device: Where it will be trained.
    """

    model: ImageModel
    task: Task
    weights: Weights | None
    device: torch.device = field(default_factory=default_device)


def build(plan: Plan, *, in_channels: int = 3, load_weights: bool = True) -> Parts:
    """Build the model and the task of a plan; the weights are the same for the same seed.

    Args:
        plan: All settings.
        in_channels: Channels of the images; three are RGB.
        load_weights: Whether pretrained weights are loaded where the plan says so; a checkpoint replaces them anyway.

    Raises:
        SettingError: If an argument does not fit.
        WeightsError: If pretrained weights cannot be had.
    """
    make_first_calls()  # random weights are computed, too
    task = build_component("task", plan.task.name, TASKS[plan.task.name].build, plan.task.arguments)
    refuse_channels(plan.model.arguments)
    card = MODELS[plan.model.name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.training.seed)
        arguments = {**plan.model.arguments, "out_channels": task.out_channels, "in_channels": in_channels}
        model = build_component("model", plan.model.name, card.build, arguments)
        if task.adds_scores(model):
            model.begin_at_zero()
        weights = None
        if load_weights and plan.model.pretrained and model.encoder is not None:
            weights = load_pretrained(model.encoder, substitute=card.installed_encoder)
    return Parts(model, task, weights)


def settle_precision(plan: Plan, display: Display, device: torch.device | None = None) -> Plan:
    """Replace the precision `auto` of a plan by what this machine is fastest with, and say so."""
    if plan.training.precision != "auto":
        return plan
    device = device or default_device()
    precision, reason = choose_precision(device, backward=True)
    display.say(f"Precision on {device.type}: {precision} ({reason})")
    return change_training(plan, precision=precision)


def announce_weights(weights: Weights | None, display: Display) -> None:
    """Say where pretrained weights came from, and what their licence forbids."""
    if weights is None:
        return
    display.say(f"Encoder weights: {weights.source}, licence {weights.licence}")
    if weights.is_non_commercial:
        display.say(
            "That licence forbids commercial use of these weights, and so of the model that is trained from them. "
            "Another encoder (pixelwise list encoders) or --no-pretrained is free of it."
        )


def describe(
    plan: Plan,
    data: Dataset | Pictures,
    weights: Weights | None,
    scores: MeasuredScores | None,
    temperature: float = 1.0,
) -> Description:
    """What the artifact says of a model that was trained as planned."""
    last = plan.training.stages[-1]
    classes, scaling = (data.classes, data.scaling) if isinstance(data, Dataset) else (None, None)
    return Description(
        model=Component(name=plan.model.name, arguments=plan.model.arguments),
        task=Component(name=plan.task.name, arguments=plan.task.arguments),
        classes=classes,
        in_channels=data.channels,
        scaling=scaling,
        image_scale=plan.image_scale,
        temperature=temperature,
        training_size=(last.height, last.width),
        scores=scores,
        fingerprint=data.fingerprint(),
        weights=None if weights is None else WeightsOrigin(source=weights.source, licence=weights.licence),
    )


def temperature_of(evaluation: Evaluation, plan: Plan) -> float:
    """What brings the probabilities of a model nearest to how often they are right, by what was seen of it.

    It is 1, which changes nothing, where the plan sets a threshold of its own, for that would give other masks then;
    and where several views were averaged, of which a single one tells nothing.
    """
    if evaluation.sample is None or evaluation.tta is not None or _has_threshold(plan.task.arguments):
        return 1.0
    return round(evaluation.sample.temperature(), 3)


def temperature_in_words(description: Description, evaluation: Evaluation) -> str:
    """What temperature a training has given its model, or why none.

    Args:
        description: Of the model.
        evaluation: The one that the temperature was found by.
    """
    if description.temperature != 1:
        return (
            f"Raw scores are divided by a temperature of {description.temperature:g}, found on these images; on "
            f"others, pixelwise evaluate measures the error."
        )
    if _has_threshold(description.task.arguments):
        reason = "the plan sets a threshold of its own, and masks would change"
    elif evaluation.sample is not None and evaluation.sample.labelled_images < FEWEST_IMAGES:
        reason = f"fewer than {FEWEST_IMAGES} validation images have labels, which tells too little"
    else:
        reason = "it would not have lessened the error of images that it was not found on"
    return f"Raw scores are not divided by a temperature: {reason}."


def _has_threshold(arguments: Mapping[str, Any]) -> bool:
    """Whether a task says for itself from which probability on a pixel belongs to a class."""
    return arguments.get("threshold", 0.5) != 0.5 or arguments.get("thresholds") is not None


def measured(evaluation: Evaluation) -> MeasuredScores:
    """What the artifact says of an evaluation."""
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
