"""The plan of a training: all its settings, and a reason for each that was decided from the data.

The idea of a readable plan that is derived from a fingerprint of the data by rules is nnU-Net's (Isensee et al. 2021,
https://doi.org/10.1038/s41592-020-01008-z); the rules here are for photographs and pretrained encoders.
"""

from __future__ import annotations

import math
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.errors import DataError, SettingError
from pixelwise.planning.network import Network, choose_network
from pixelwise.planning.wording import readable

__all__ = ["ModelSettings", "Plan", "Stage", "TaskSettings", "TrainingSettings", "make_plan", "refuse_two_ends"]

_SMALLEST_SIDE = 64  # of a view: at a thirty-second of it, batch norm still has more than one value
_SIDE_MULTIPLE = 32  # views whose sides every usual encoder divides without a rest
_DICE_WEIGHT = 0.5  # beside a cross-entropy of about 0.5: both pull
_LARGEST_SIDE = 1024  # longer images are trained on at a smaller scale


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Stage(_Frozen):
    """A part of the training with views of one size.

    Attributes:
        until: Share of the training at which the stage ends, (0, 1].
        height: Pixels of a view.
        width: Pixels of a view.
        min_scale: Smallest view pixels per image pixel.
        max_scale: Largest.
    """

    until: float = Field(gt=0, le=1)
    height: int = Field(ge=8)
    width: int = Field(ge=8)
    min_scale: float = Field(gt=0)
    max_scale: float = Field(gt=0)

    @model_validator(mode="after")
    def _scales_in_order(self) -> Self:
        if self.min_scale > self.max_scale:
            raise ValueError(f"min_scale {self.min_scale:g} is above max_scale {self.max_scale:g}")
        return self


class ModelSettings(_Frozen):
    """Which network, and whether its encoder begins with pretrained weights."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    pretrained: bool = True


class TaskSettings(_Frozen):
    """Which task, with its arguments."""

    name: str = "segmentation"
    arguments: dict[str, Any] = Field(default_factory=dict)


class TrainingSettings(_Frozen):
    """How the weights are found.

    Attributes:
        epochs: How often each image is seen; None if a budget is given.
        budget_seconds: Wall time of the whole command; None if epochs are given.
        batch_size: Views per step.
        learning_rate: Peak rate of everything but the encoder.
        encoder_rate: The encoder's rate as a share of it.
        weight_decay: Decoupled, of matrices only (no norm, no bias).
        warmup: Share of the training in which the rate rises.
        ema_decay: Decay of the moving average of the weights, per step.
        stages: Sizes of the views, in order.
        rotation: Largest rotation of a view in degrees.
        color: Strength of colour changes.
        flip: Whether views are mirrored.
        elastic: Standard deviation in pixels of the displacements of an elastic deformation of the views.
        precision: `auto` measures on this machine; `fp32`; `bf16`.
        seed: Of everything that is drawn.
        checkpoint_seconds: Time between checkpoints.
    """

    epochs: float | None = Field(default=None, gt=0)
    budget_seconds: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=4, ge=1)
    learning_rate: float = Field(default=3e-3, gt=0)
    encoder_rate: float = Field(default=0.3, ge=0)
    weight_decay: float = Field(default=0.02, ge=0)
    warmup: float = Field(default=0.25, ge=0, lt=1)
    ema_decay: float = Field(default=0.98, ge=0, lt=1)
    stages: tuple[Stage, ...] = Field(min_length=1)
    rotation: float = Field(default=5.0, ge=0, le=180)
    color: float = Field(default=0.25, ge=0)
    flip: bool = True
    elastic: float = Field(default=0.0, ge=0)
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    seed: int = Field(default=0, ge=0)
    checkpoint_seconds: float = Field(default=60.0, ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ends = [stage.until for stage in self.stages]
        if ends != sorted(set(ends)) or ends[-1] != 1.0:
            raise ValueError(f"the stages end at {ends}, but each must end after the one before, and the last at 1.0")
        if self.epochs is not None and self.budget_seconds is not None:
            raise ValueError("both epochs and budget_seconds are given; either ends the training, so set one to null")
        if self.epochs is None and self.budget_seconds is None:
            raise ValueError("neither epochs nor budget_seconds is given, so the training would never end; give one")
        return self


class Plan(_Frozen):
    """Everything that a training needs beside the data.

    Attributes:
        image_scale: Factor by which images are resized before the network sees them.
        decisions: What was decided from the data, and why.
    """

    model: ModelSettings
    task: TaskSettings
    training: TrainingSettings
    image_scale: float = Field(default=1.0, gt=0, le=1)
    decisions: tuple[tuple[str, str], ...] = ()


def make_plan(
    dataset: Dataset,
    *,
    model: str | None = None,
    encoder: str | None = None,
    pretrained: bool = True,
    epochs: float | None = None,
    budget_seconds: float | None = None,
    seed: int = 0,
) -> Plan:
    """Decide every setting from the data and from what was asked for.

    Raises:
        SettingError: If both epochs and a budget are given, a number is out of range, or the model is not known.
        DataError: If the training masks show fewer than two classes.
    """
    refuse_two_ends(epochs, budget_seconds)
    network = choose_network(model, encoder, pretrained=pretrained, task="segmentation")
    decisions = [network.decision]
    scale, stages = _geometry(dataset, decisions)
    if epochs is None and budget_seconds is None:
        epochs = _default_epochs(dataset, decisions)
    task = TaskSettings(name=network.task, arguments=_task_arguments(network.task, dataset, decisions))
    rates = _learning_rate(network, decisions)
    try:
        training = TrainingSettings(epochs=epochs, budget_seconds=budget_seconds, stages=stages, seed=seed, **rates)
    except ValidationError as error:
        raise SettingError(readable(error)) from error
    return Plan(
        model=ModelSettings(name=network.name, arguments=dict(network.arguments), pretrained=pretrained),
        task=task,
        training=training,
        image_scale=scale,
        decisions=tuple((decision.what, decision.why) for decision in decisions),
    )


def refuse_two_ends(epochs: float | None, budget_seconds: float | None) -> None:
    """Refuse a number of epochs together with a budget.

    Raises:
        SettingError: If both are given.
    """
    if epochs is not None and budget_seconds is not None:
        raise SettingError("Both a budget and a number of epochs are given; either ends the training, so give one.")


def _geometry(dataset: Dataset, decisions: list[Decision]) -> tuple[float, tuple[Stage, ...]]:
    """The working scale of the images, and the sizes of the views."""
    height, width = _median_size(dataset)
    scale = min(1.0, _LARGEST_SIDE / max(height, width))
    if scale < 1:
        scale = round(scale, 3)
        decisions.append(
            Decision(
                f"images at {scale:g} of their size", f"the median is {height}x{width}, longer than {_LARGEST_SIDE}"
            )
        )
    scaled = (round(height * scale), round(width * scale))
    stage = Stage(until=1.0, height=_view(scaled[0]), width=_view(scaled[1]), min_scale=0.5, max_scale=1.0)
    decisions.append(
        Decision(
            f"views of {stage.height}x{stage.width} at {stage.min_scale:g} to {stage.max_scale:g} of the image's scale",
            f"images are {scaled[0]}x{scaled[1]}: at the smaller scale a view holds a whole image",
        )
    )
    return scale, (stage,)


def _view(side: int) -> int:
    """At least half of a side, as a multiple of 32."""
    return max(_SMALLEST_SIDE, _SIDE_MULTIPLE * math.ceil(side * 0.5 / _SIDE_MULTIPLE))


def _median_size(dataset: Dataset) -> tuple[int, int]:
    sizes = sorted(dataset.sizes.items(), key=lambda item: item[0][0] * item[0][1])
    half, seen = sum(dataset.sizes.values()) / 2, 0
    for size, count in sizes:
        seen += count
        if seen >= half:
            return size
    return sizes[-1][0]


def _default_epochs(dataset: Dataset, decisions: list[Decision]) -> float:
    """About 2,400 steps of 4, but no fewer than 12 epochs and no more than 100."""
    count = len(dataset.splits["train"])
    epochs = float(min(100, max(12, round(2400 * 4 / count))))
    decisions.append(Decision(f"{epochs:g} epochs", f"{count} training images; --budget or --epochs says otherwise"))
    return epochs


def _learning_rate(network: Network, decisions: list[Decision]) -> dict[str, Any]:
    if network.learning_rate is None:
        return {}
    decisions.append(Decision(f"learning rate {network.learning_rate:g}", f"the one that {network.name} is known with"))
    return {"learning_rate": network.learning_rate}


def _task_arguments(task: str, dataset: Dataset, decisions: list[Decision]) -> dict[str, Any]:
    _refuse_too_few_classes(dataset, decisions)
    if task == "segmentation":
        return _segmentation_arguments(dataset, decisions)
    if dataset.classes.separate:
        raise SettingError(
            f"Keeping near objects apart weighs single pixels, which the task {task} cannot. Leave --separate out, or "
            f"take a model that is trained pixel by pixel, such as the default."
        )
    decisions.append(Decision(f"task {task}", "this model learns a mask for each class, not a class for each pixel"))
    return {"num_classes": len(dataset.classes.names)}


def _segmentation_arguments(dataset: Dataset, decisions: list[Decision]) -> dict[str, Any]:
    classes = dataset.classes
    counts = dataset.class_pixels["train"]
    shares = [count / max(1, sum(counts)) for count in counts]
    weights = [1 / math.log(1.1 + share) for share in shares]
    mean = sum(weight * share for weight, share in zip(weights, shares, strict=True))
    weights = [round(weight / mean, 4) for weight in weights]
    present = [(weight, name) for weight, name, count in zip(weights, classes.names, counts, strict=True) if count]
    low, high = min(present), max(present)
    decisions.append(
        Decision(
            f"cross-entropy with weights from {low[0]:.2f} ({low[1]}) to {high[0]:.2f} ({high[1]}), and Dice",
            "1 / ln(1.1 + share of the class's pixels), so that rare classes count (ENet, arXiv:1606.02147)",
        )
    )
    if classes.separate:
        decisions.append(
            Decision(
                "background between near objects weighs more, by up to 10",
                "so that objects that touch are kept apart: 10 exp(-(d1 + d2)² / (2 · 5²)), d1 and d2 the distances to "
                "the two nearest (U-Net, arXiv:1505.04597)",
            )
        )
    return {
        "num_classes": len(classes.names),
        "binary": classes.binary,
        "class_weights": weights,
        "dice_weight": _DICE_WEIGHT,
    }


def _refuse_too_few_classes(dataset: Dataset, decisions: list[Decision]) -> None:
    """Refuse training masks that tell nothing apart; state the classes that they do not show."""
    counts = dict(zip(dataset.classes.names, dataset.class_pixels["train"], strict=True))
    seen = [name for name, count in counts.items() if count]
    if len(seen) < 2:
        what = f"only the class '{seen[0]}'" if seen else "no class at all, only ignored pixels"
        raise DataError(
            f"The {len(dataset.splits['train'])} training masks of {dataset.root} show {what}; at least two classes "
            f"are needed. Check the masks, what is ignored (--ignore), and what is held out (--validation)."
        )
    unseen = [name for name, count in counts.items() if not count]
    if unseen:
        names, which = (
            (f"class {unseen[0]} is", "it") if len(unseen) == 1 else (f"classes {', '.join(unseen)} are", "they")
        )
        decisions.append(Decision(f"{names} in no training mask", f"{which} cannot be learnt"))
