"""The plan of a training: all its settings, and a reason for each that was decided from the data.

The idea of a readable plan that is derived from a fingerprint of the data by rules is nnU-Net's (Isensee et al. 2021,
https://doi.org/10.1038/s41592-020-01008-z); the rules here are for photographs and pretrained encoders.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from pydantic import Field, ValidationError

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.errors import SettingError
from pixelwise.ops.device import gpu_bytes
from pixelwise.planning.geometry import decide_geometry
from pixelwise.planning.length import asked_end, end_in_words, refuse_two_ends
from pixelwise.planning.network import Network, choose_network
from pixelwise.planning.objective import task_arguments, task_of
from pixelwise.planning.training import Frozen, Stage, TrainingSettings
from pixelwise.planning.wording import readable

__all__ = [
    "ModelSettings",
    "Plan",
    "Stage",
    "TaskSettings",
    "TrainingSettings",
    "decide_batch",
    "make_plan",
]

_GPU_BATCHES = ((15 * 1024**3, 16), (7 * 1024**3, 8))  # bytes of a GPU from which on batches have so many views


class ModelSettings(Frozen):
    """Which network, and whether its encoder begins with pretrained weights."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    pretrained: bool = True


class TaskSettings(Frozen):
    """Which task, with its arguments."""

    name: str = "segmentation"
    arguments: dict[str, Any] = Field(default_factory=dict)


class Plan(Frozen):
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


def make_plan(  # noqa: PLR0913 - what a user may ask for
    dataset: Dataset,
    *,
    model: str | None = None,
    encoder: str | None = None,
    pretrained: bool = True,
    loss: str | None = None,
    epochs: float | None = None,
    budget_seconds: float | None = None,
    seed: int = 0,
    device: torch.device | None = None,
) -> Plan:
    """Decide every setting from the data, from what was asked for and from the device that will train.

    Args:
        dataset: The data.
        model: Name of a network; None takes the usual one.
        encoder: Name of a timm backbone, for networks that have one.
        pretrained: Whether an encoder begins with pretrained weights.
        loss: Which losses are summed, such as `ce+dice`; None takes the usual ones.
        epochs: How often each image is seen; None decides it, unless a budget is given.
        budget_seconds: Wall time.
        seed: Of everything that is drawn.
        device: Where it is trained; None takes a GPU where there is one.

    Raises:
        SettingError: If both epochs and a budget are given, a number is out of range, or the model or the loss is not
            known.
        DataError: If the training masks show fewer than two classes.
    """
    refuse_two_ends(epochs, budget_seconds)
    network = choose_network(model, encoder, pretrained=pretrained, task="segmentation")
    decisions = [network.decision]
    scale, stages = decide_geometry(dataset, decisions)
    if epochs is None and budget_seconds is None:
        epochs = _default_epochs(dataset, decisions)
    else:
        decisions.append(asked_end(epochs, budget_seconds))
    name = task_of(network.task, dataset)
    task = TaskSettings(name=name, arguments=task_arguments(name, dataset, loss, decisions))
    rates = _learning_rate(network, decisions) | decide_batch(network, decisions, device)
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


def decide_batch(network: Network, decisions: list[Decision], device: torch.device | None = None) -> dict[str, Any]:
    """On a GPU more views per step, by its memory; on a CPU the usual four.

    The rate grows with the square root of the batch, as Adam's does: Malladi et al. 2022,
    https://arxiv.org/abs/2205.10287.

    Args:
        network: Whose usual rate is for the usual batch.
        decisions: What is decided is added to them.
        device: Where it is trained; None takes a GPU where there is one.

    Returns:
        Settings of the training, by name; none where the usual ones stay.
    """
    memory = gpu_bytes(device)
    if memory is None or memory < _GPU_BATCHES[-1][0]:
        return {}
    batch = next(batch for least, batch in _GPU_BATCHES if memory >= least)
    usual = TrainingSettings.model_fields
    rate = (network.learning_rate or usual["learning_rate"].default) * math.sqrt(batch / usual["batch_size"].default)
    why = f"a GPU with {memory / 1024**3:.0f} GiB; the rate grows with the square root of the batch"
    decisions.append(Decision(f"batches of {batch} at learning rate {rate:.2g}", why))
    return {"batch_size": batch, "learning_rate": rate}


def _default_epochs(dataset: Dataset, decisions: list[Decision]) -> float:
    """About 2,400 steps of 4, but no fewer than 12 epochs and no more than 100."""
    count = len(dataset.splits["train"])
    epochs = float(min(100, max(12, round(2400 * 4 / count))))
    decisions.append(
        Decision(end_in_words(epochs, None), f"{count} training images; --budget or --epochs says otherwise")
    )
    return epochs


def _learning_rate(network: Network, decisions: list[Decision]) -> dict[str, Any]:
    if network.learning_rate is None:
        return {}
    decisions.append(Decision(f"learning rate {network.learning_rate:g}", f"the one that {network.name} is known with"))
    return {"learning_rate": network.learning_rate}
