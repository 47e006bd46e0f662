"""What a resume changes in the plan of a run: found wrong before data are read, and told with what was before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch

from pixelwise.data.told import said_together
from pixelwise.errors import RunError, some_of
from pixelwise.ops.ranks import world_size
from pixelwise.planning import (
    Plan,
    apply_overrides,
    build_component,
    change_training,
    differences,
    refuse_batch,
    refuse_two_ends,
    refuse_without_pixel_weights,
)
from pixelwise.planning.length import ENDS, end_in_words, is_end
from pixelwise.planning.network import networks_of
from pixelwise.tasks import TASKS
from pixelwise.training.run import Run, Source

__all__ = ["Told", "refuse_another_beginning", "refuse_too_few_epochs", "replanned"]

Told = tuple[tuple[str, str], ...]
"""Decisions: what, and why."""


def replanned(
    run: Run, *, epochs: float | None = None, budget_seconds: float | None = None, overrides: Sequence[str] = ()
) -> tuple[Plan, Told]:
    """The plan of a run as a resume changes it; nothing is written.

    Args:
        run: The run.
        epochs: New number of epochs in all; replaces a budget.
        budget_seconds: Wall time from now on; replaces a number of epochs.
        overrides: Settings to change, as `training.learning_rate=3e-4`.

    Returns:
        The plan, and those of its decisions that are new: each change with what was before.

    Raises:
        SettingError: If a change is not known or does not fit, or both ends are given.
        RunError: If it would make another network, or the training is finished and would not become longer.
    """
    refuse_two_ends(epochs, budget_seconds)
    is_longer = epochs is not None or budget_seconds is not None
    plan = run.plan
    if is_longer:
        plan = change_training(plan, epochs=epochs, budget_seconds=budget_seconds)
    plan = apply_overrides(plan, overrides)
    changes = differences(run.plan, plan)
    _refuse_other_network(run, plan, changes)
    has_new_end = not changes.keys().isdisjoint(ENDS)
    if run.report.exists() and not has_new_end and budget_seconds is None:
        raise run.finished()
    refuse_batch(plan.training, world_size(), unlabelled=run.source.unlabelled is not None)
    told = _told(run.plan, plan, changes, has_end=is_longer or has_new_end)
    stale = tuple(f"{place} = " for place in changes)
    kept = [one for one in run.plan.decisions if not one[0].startswith(stale)]
    if is_longer or has_new_end:
        kept = [one for one in kept if not is_end(one[0])]
    return plan.model_copy(update={"decisions": (*kept, *told)}), told


def refuse_another_beginning(run: Run, plan: Plan) -> None:
    """Refuse other weights to begin with for a training that has begun.

    Args:
        run: The run, with its plan as it was.
        plan: As it shall be.

    Raises:
        RunError: If that is asked for.
    """
    if plan.model.pretrained != run.plan.model.pretrained:
        raise RunError(
            f"model.pretrained says which weights a training begins with, and that in {run.folder} has begun. Leave it "
            f"out, or train anew: pixelwise train {run.source.root}"
        )


def refuse_too_few_epochs(run: Run, plan: Plan, step: int) -> None:
    """Refuse a new number of epochs that a training has had already.

    Args:
        run: The run, with its plan as it was.
        plan: As it shall be.
        step: Of the checkpoint that is gone on from.

    Raises:
        RunError: If it has; it says how many they are, and what to give.
    """
    wanted = plan.training.epochs
    if wanted is None or wanted == run.plan.training.epochs:
        return
    done = max((row["epoch"] for row in run.history() if row["step"] <= step), default=0.0)
    if wanted <= done:
        raise RunError(
            f"The training in {run.folder} has had {end_in_words(float(f'{done:.3g}'), None)} by now, and --epochs "
            f"counts from its beginning, so that {wanted:g} would end it at once. For {wanted:g} more, give --epochs "
            f"{math.ceil(done + wanted)}."
        )


def _told(before: Plan, after: Plan, changes: Mapping[str, tuple[str, str]], *, has_end: bool) -> Told:
    """Each change with what was before, what ends the training first."""
    told = [
        (f"{place} = {new}", f"asked for on a resume, instead of {old}")
        for place, (old, new) in changes.items()
        if place not in ENDS
    ]
    if not has_end:
        return tuple(told)
    old, new = (end_in_words(plan.training.epochs, plan.training.budget_seconds) for plan in (before, after))
    counted = "" if after.training.budget_seconds is None else ", from which it counts"
    return ((new, f"asked for on a resume{counted}" + ("" if new == old else f", instead of {old}")), *told)


def _refuse_other_network(run: Run, plan: Plan, changes: Mapping[str, tuple[str, str]]) -> None:
    """Refuse changes by which the weights of a run would have no place, or its task cannot be.

    Raises:
        SettingError: If model or task cannot be built.
        RunError: If they would be others.
    """
    places = [place for place in changes if place.startswith(("model.", "task."))]
    if not places:
        return
    loss = plan.task.arguments.get("loss")
    if isinstance(loss, str) and _keeps_apart(run.source):
        refuse_without_pixel_weights(loss)
    if plan.model.name != run.plan.model.name or _shapes(plan) != _shapes(run.plan):
        or_loss = "" if loss is None else " or task.arguments.loss=…"
        raise RunError(
            f"{some_of(places)} would make another network than that of {run.folder}, and its weights would have no "
            f"place there. A resume changes only how the training goes on: --epochs, --budget, and --set with "
            f"training.…{or_loss}. For another network train anew: pixelwise train {run.source.root}"
        )


def _keeps_apart(source: Source) -> bool:
    """Whether near objects are kept apart, as was asked for or as `dataset.yaml` says."""
    told = None if source.pictures else said_together(source.root, binary=source.binary, separate=source.separate)
    return told is not None and told.separate


def _shapes(plan: Plan) -> dict[str, torch.Size]:
    """The shapes of all that a plan trains, by name; none where a network cannot be built without memory."""
    task = build_component("task", plan.task.name, TASKS[plan.task.name].build, plan.task.arguments)
    networks = networks_of(plan.model.name, plan.model.arguments, task)
    return {
        f"{name}.{key}": tensor.shape
        for name, network in networks.items()
        for key, tensor in network.state_dict().items()
    }
