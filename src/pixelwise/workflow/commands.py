"""Train, and go on training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch

from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.understand import open_data
from pixelwise.errors import RunError
from pixelwise.ops.precision import choose_precision
from pixelwise.planning import Plan, apply_overrides
from pixelwise.training.display import Display
from pixelwise.training.run import Run, Source
from pixelwise.workflow.building import Parts, build
from pixelwise.workflow.job import Job, Outcome

__all__ = ["open_source", "resume", "train"]


def train(
    dataset: Dataset, source: Source, plan: Plan, folder: Path, display: Display, started: float | None = None
) -> Outcome:
    """Train as planned and leave a run folder.

    Args:
        dataset: Understood data.
        source: How the data were opened, for a later resume.
        plan: All settings.
        folder: The run folder to make.
        display: Is told what happens.
        started: When the command began (`time.monotonic()`), for a budget; by default now.

    Raises:
        PixelwiseError: For everything that the user can mend.
    """
    started = time.monotonic() if started is None else started
    parts = build(plan)  # before the folder is made, so that a typo leaves nothing behind
    run = Run.create(folder, source.model_copy(update={"fingerprint": dataset.digest}), plan)
    return _carry_out(run, dataset, parts, display, started)


def resume(
    folder: Path, display: Display, *, epochs: float | None = None, overrides: Sequence[str] = ()
) -> tuple[Outcome, Dataset]:
    """Go on with a training that was stopped or killed, or train a finished one for more epochs.

    Args:
        folder: The run folder.
        display: Is told what happens.
        epochs: New number of epochs in all; replaces a budget.
        overrides: Settings of the plan to change, as `training.learning_rate=3e-4`.

    Raises:
        RunError: If there is nothing to resume, or the data have changed.
        SettingError: If an override does not fit.
    """
    run = Run(folder)
    if epochs is not None:
        settings = run.plan.training.model_copy(update={"epochs": epochs, "budget_seconds": None})
        run.replan(run.plan.model_copy(update={"training": settings}))
    if overrides:
        run.replan(apply_overrides(run.plan, overrides))
    dataset = open_source(run.source, seed=run.plan.training.seed)
    if dataset.digest != run.source.fingerprint:
        raise RunError(
            f"The data in {run.source.root} are not those that the training in {folder} began with (other files, "
            f"sizes or masks). Bring them back as they were, or train anew."
        )
    return _carry_out(run, dataset, build(run.plan), display, time.monotonic()), dataset


def open_source(source: Source, seed: int = 0) -> Dataset:
    """Open the data of a run as they were opened when it began."""
    return open_data(
        source.root,
        ignore=source.ignore,
        classes=source.classes,
        binary=source.binary,
        validation=source.validation,
        seed=seed,
    )


def _carry_out(run: Run, dataset: Dataset, parts: Parts, display: Display, started: float) -> Outcome:
    """Train from the newest checkpoint, or from the beginning, to the end."""
    if parts.weights is not None:
        display.say(f"Encoder weights: {parts.weights.source} (ImageNet), licence {parts.weights.licence}")
    examples = Examples(dataset.splits["train"], dataset.classes, run.plan.image_scale)
    kept = examples.keep_in_memory(lambda done, total: display.working("Decoding the training images", done, total))
    if not kept:
        display.say("The decoded images do not fit into memory: they are decoded again in every epoch.")
    _settle_precision(run, display)
    return Job(run, dataset, parts, examples, display, started).train()


def _settle_precision(run: Run, display: Display) -> None:
    """Replace `auto` by what this machine is fastest with; a resumed run keeps what it began with."""
    settings = run.plan.training
    if settings.precision != "auto":
        return
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    precision, reason = choose_precision(device, backward=True)
    display.say(f"Precision: {precision} ({reason})")
    run.replan(run.plan.model_copy(update={"training": settings.model_copy(update={"precision": precision})}))
