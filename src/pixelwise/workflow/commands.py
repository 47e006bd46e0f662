"""Train, and go on training."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.examples import Examples
from pixelwise.data.understand import open_data
from pixelwise.errors import RunError, SettingError
from pixelwise.planning import Plan, apply_overrides, change_training, refuse_two_ends
from pixelwise.training.checkpoint import load_checkpoint
from pixelwise.training.display import Display
from pixelwise.training.run import Run, Source
from pixelwise.workflow.building import announce_weights, build, settle_precision
from pixelwise.workflow.job import Job, Outcome, origin_of

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
    parts = build(plan, in_channels=dataset.channels)  # before the folder is made, so that a typo leaves nothing behind
    seed = plan.training.seed if source.seed is None else source.seed
    run = Run.create(folder, source.model_copy(update={"fingerprint": dataset.digest, "seed": seed}), plan)
    try:
        display.say(f"Run folder: {folder}")
        announce_weights(parts.weights, display)
        examples = _decode(run, dataset, display)
        run.plan = settle_precision(plan, display)
        job = Job(run, dataset, parts, examples, display, started)
    except BaseException:  # a damaged image, a budget that is too short, or Ctrl-C: nothing has been trained
        run.discard()
        raise
    try:
        return job.train()
    except SettingError:
        if job.training.step == 0:  # views or batches that are too small for the network
            run.discard()
        raise


def resume(
    folder: Path,
    display: Display,
    *,
    epochs: float | None = None,
    budget_seconds: float | None = None,
    overrides: Sequence[str] = (),
) -> tuple[Outcome, Dataset]:
    """Go on with a training that was stopped or killed, or train a finished one for more epochs.

    Args:
        folder: The run folder.
        display: Is told what happens.
        epochs: New number of epochs in all; replaces a budget.
        budget_seconds: Wall time from now on, whatever has been spent; replaces a number of epochs.
        overrides: Settings of the plan to change, as `training.learning_rate=3e-4`.

    Raises:
        RunError: If there is nothing to resume, or the data have changed.
        SettingError: If an override does not fit, or both epochs and a budget are given.
    """
    started = time.monotonic()
    run = Run(folder)
    refuse_two_ends(epochs, budget_seconds)
    is_longer = epochs is not None or budget_seconds is not None
    if run.report.exists() and not (is_longer or overrides):
        raise run.finished()
    if is_longer:
        run.plan = change_training(run.plan, epochs=epochs, budget_seconds=budget_seconds)
    run.plan = apply_overrides(run.plan, overrides)  # written only when everything has been checked
    reading = partial(display.working, "Reading the masks")
    dataset = open_source(run.source, seed=run.plan.training.seed, progress=reading)
    if dataset.digest != run.source.fingerprint:
        raise RunError(
            f"The data in {run.source.root} are not those that the training in {folder} began with (other files, "
            f"sizes, masks or classes). Bring them back as they were, or train anew."
        )
    checkpoint = load_checkpoint(run.checkpoints)
    if checkpoint is not None and budget_seconds is not None:
        checkpoint = (checkpoint[0], {**checkpoint[1], "available": None})  # the clock begins anew
    parts = build(run.plan, in_channels=dataset.channels, load_weights=checkpoint is None)
    if checkpoint is not None:
        parts = replace(parts, weights=origin_of(checkpoint))
    announce_weights(parts.weights, display)
    run.plan = settle_precision(run.plan, display)
    job = Job(run, dataset, parts, _decode(run, dataset, display), display, started, checkpoint)
    return job.train(), dataset


def open_source(source: Source, seed: int | None = None, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """Open the data of a run as they were opened when it began; `seed` counts where the source says none."""
    return open_data(
        source.root,
        ignore=source.ignore,
        classes=source.classes,
        binary=source.binary,
        separate=source.separate,
        validation=source.validation,
        seed=source.seed if source.seed is not None else seed or 0,
        progress=progress,
    )


def _decode(run: Run, dataset: Dataset, display: Display) -> Examples:
    """The training images, in memory if they fit."""
    examples = Examples(dataset.splits["train"], dataset.classes, run.plan.image_scale)
    kept = examples.keep_in_memory(lambda done, total: display.working("Decoding the training images", done, total))
    if not kept:
        display.say("Not all decoded images fit into memory: the others are decoded again in every epoch.")
    return examples
