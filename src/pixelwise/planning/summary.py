"""A plan in a few lines: what training would do, and why."""

from __future__ import annotations

from dataclasses import dataclass

from pixelwise.data.dataset import Dataset
from pixelwise.planning.plan import Plan

__all__ = ["Fact", "summary"]

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
    """Network, resolution, crop, batch, loss, weights and learning rate of a plan, and what else was decided."""
    left = list(plan.decisions)

    def taken(*beginnings: str) -> tuple[str, str]:
        for decision in left:
            if decision[0].startswith(beginnings):
                left.remove(decision)
                return decision
        return "", ""

    network, why_network = taken("model ")
    resolution, why_resolution = taken("images at ")
    views, why_views = taken("views of ")
    loss, why_loss = taken("cross-entropy", "task ")
    rate, why_rate = taken("learning rate ")
    ends = [decision for decision in left if decision[0].endswith(" epochs")]
    why_length = ends[0][1] if ends else ""
    left = [decision for decision in left if decision not in ends]
    training = plan.training
    facts = [
        Fact("network", network.removeprefix("model ") or plan.model.name, why_network),
        Fact("resolution", resolution or "images as they are", why_resolution),
        Fact("crop", views.removeprefix("views of ") or _views(plan), why_views),
        Fact("length", _length(plan, len(dataset.splits["train"])), why_length),
        Fact("loss", loss or plan.task.name, why_loss),
        *_weights(plan, dataset),
        Fact(
            "learning rate",
            f"{training.learning_rate:g} at its peak, the encoder's {training.encoder_rate:g} of it",
            why_rate if rate else "",
        ),
        Fact("augmentation", _augmentation(plan)),
    ]
    return [*facts, *(Fact("besides", what, why) for what, why in left)]


def _views(plan: Plan) -> str:
    stage = plan.training.stages[-1]
    return f"{stage.height}x{stage.width}"


def _length(plan: Plan, count: int) -> str:
    """Epochs and steps."""
    training = plan.training
    batches = f"batches of {training.batch_size}"
    if training.epochs is None:
        return f"{training.budget_seconds:g} s, in {batches}"
    steps = round(training.epochs * count / training.batch_size)
    return f"{training.epochs:g} epochs of {count} images in {batches}: {steps:,} steps"


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
