"""A plan in a few lines: what training would do, and why."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from pixelwise.data.dataset import Dataset
from pixelwise.data.pictures import Pictures
from pixelwise.planning.length import end_in_words, is_end
from pixelwise.planning.plan import Plan
from pixelwise.tasks import TASKS

__all__ = ["Fact", "picture_summary", "summary"]

_MOST_WEIGHTS = 12  # classes whose weights are listed


@dataclass(frozen=True)
class Fact:
    """One thing that a plan says.

    Attributes:
        title: What it is about, in a word or two.
        value: What was decided.
        why: The reason; empty where it is the usual.
    """

    title: str
    value: str
    why: str = ""


def summary(plan: Plan, dataset: Dataset) -> list[Fact]:
    """Network, resolution, views, batch, loss, weights and learning rate of a plan, and what else was decided."""
    told = _Told(plan)
    network, why_network = told.take("model ")
    resolution, why_resolution = told.take("images at ")
    views, why_views = told.take("views of ")
    loss, why_loss = told.take("cross-entropy", "task ")
    rate, why_rate = told.take("learning rate ")
    why_length = told.take_end()
    training = plan.training
    facts = [
        Fact("network", network.removeprefix("model ") or plan.model.name, why_network),
        Fact("resolution", resolution or "images as they are", why_resolution),
        Fact("views", views.removeprefix("views of ") or _views(plan), why_views),
        Fact("length", _length(plan, len(dataset.splits["train"]), "images"), why_length),
        Fact("loss", loss or plan.task.name, why_loss),
        *_weights(plan, dataset),
        Fact(
            "learning rate",
            f"{training.learning_rate:g} at its peak, the encoder's {training.encoder_rate:g} of it",
            why_rate if rate else "",
        ),
        Fact("augmentation", _augmentation(plan)),
    ]
    return [*facts, *told.rest()]


def picture_summary(plan: Plan, pictures: Pictures) -> list[Fact]:
    """Network, images, views, batch, loss and learning rate of a plan for pictures, and what else was decided."""
    told = _Told(plan)
    network, why_network = told.take("model ")
    views, why_views = told.take("views of ")
    loss, why_loss = told.take("loss ")
    why_length = told.take_end()
    made = plan.task.arguments.get("degrade")
    facts = [
        Fact("network", network.removeprefix("model ") or plan.model.name, why_network),
        *([Fact("images", f"made of the pictures while training: {made}")] if made else []),
        Fact("views", views.removeprefix("views of ") or _views(plan), why_views),
        Fact("length", _length(plan, len(pictures.splits["train"]), "pictures"), why_length),
        Fact("loss", loss.removeprefix("loss ") or _usual_loss(plan), why_loss),
        Fact("learning rate", f"{plan.training.learning_rate:g} at its peak"),
    ]
    return [*facts, *told.rest()]


def _usual_loss(plan: Plan) -> str:
    """The loss of a task for which none was asked; translation has its own, which are not asked for by name."""
    parameters = inspect.signature(TASKS[plan.task.name].build).parameters
    return str(parameters["loss"].default) if "loss" in parameters else plan.task.name


class _Told:
    """What a plan has decided and a summary has not said yet."""

    def __init__(self, plan: Plan) -> None:
        self._left = list(plan.decisions)

    def take(self, *beginnings: str) -> tuple[str, str]:
        """The first decision that begins so, with its reason; nothing where there is none."""
        for decision in self._left:
            if decision[0].startswith(beginnings):
                self._left.remove(decision)
                return decision
        return "", ""

    def take_end(self) -> str:
        """Why the training is as long as it is."""
        ends = [decision for decision in self._left if is_end(decision[0])]
        self._left = [decision for decision in self._left if decision not in ends]
        return ends[0][1] if ends else ""

    def rest(self) -> list[Fact]:
        """Whatever is left."""
        return [Fact("besides", what, why) for what, why in self._left]


def _views(plan: Plan) -> str:
    stage = plan.training.stages[-1]
    return f"{stage.height} × {stage.width}"


def _length(plan: Plan, count: int, nouns: str) -> str:
    """Steps and epochs."""
    training = plan.training
    batches = f"batches of {training.batch_size}"
    if training.epochs is None:
        return f"{training.budget_seconds:g} s, in {batches}"
    steps = round(training.epochs * count / training.batch_size)
    return f"{steps:,} steps: {end_in_words(training.epochs, None)} of {count} {nouns} in {batches}"


def _weights(plan: Plan, dataset: Dataset) -> list[Fact]:
    """The weight of each class."""
    weights = plan.task.arguments.get("class_weights")
    if not weights:
        return []
    listed = [f"{name} {weight:.2f}" for name, weight in zip(dataset.classes.names, weights, strict=True)]
    more = f" and {len(listed) - _MOST_WEIGHTS} more" if len(listed) > _MOST_WEIGHTS else ""
    return [Fact("class weights", ", ".join(listed[:_MOST_WEIGHTS]) + more)]


def _augmentation(plan: Plan) -> str:
    """What changes the views."""
    training = plan.training
    parts = ["mirrored"] if training.flip else []
    parts += [f"turned by up to {training.rotation:g}°"] if training.rotation else []
    parts += [f"colours changed by {training.color:g}"] if training.color else []
    parts += [f"bent by {training.elastic:g} pixels"] if training.elastic else []
    return ", ".join(parts) or "none"
