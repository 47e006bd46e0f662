"""Train, and go on training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from pixelwise.data.understand import open_data
from pixelwise.errors import RunError, SettingError
from pixelwise.ops.device import default_device
from pixelwise.planning import Plan
from pixelwise.training.checkpoint import Checkpoint, load_checkpoint
from pixelwise.training.display import Display
from pixelwise.training.loggers import make_loggers
from pixelwise.training.run import Run, Source
from pixelwise.workflow.building import announce_weights, build, settle_precision
from pixelwise.workflow.changes import found_in, refuse_other_data
from pixelwise.workflow.going_on import job_of
from pixelwise.workflow.held_out import keep_splits
from pixelwise.workflow.helping import refuse_one_gpu
from pixelwise.workflow.job import Job, Outcome
from pixelwise.workflow.masks import Masks
from pixelwise.workflow.pictures import open_source_pictures
from pixelwise.workflow.replanning import refuse_another_beginning, refuse_too_few_epochs, replanned
from pixelwise.workflow.self_training import SelfTraining, keep_better
from pixelwise.workflow.subject import Paused, Subject

__all__ = ["open_source", "open_source_masks", "resume", "train"]


def train(
    subject: Subject[Any],
    source: Source,
    plan: Plan,
    folder: Path,
    display: Display,
    started: float | None = None,
    *,
    device: torch.device | None = None,
    log_to: Sequence[str] = (),
) -> Outcome:
    """Train as planned and leave a run folder.

    Args:
        subject: The data, as their task sees them.
        source: How the data were opened, for a later resume.
        plan: All settings.
        folder: The run folder to make.
        display: Is told what happens.
        started: When the command began (`time.monotonic()`), for a budget; by default now.
        device: Where to train; None takes a GPU where there is one.
        log_to: Names of loggers that are told of it, beside metrics.jsonl.

    Raises:
        PixelwiseError: For everything that the user can mend.
    """
    started = time.monotonic() if started is None else started
    # before the folder is made, so that a typo leaves nothing behind
    parts = replace(build(plan, in_channels=subject.data.channels), device=device or default_device())
    seed = plan.training.seed if source.seed is None else source.seed
    known = {"fingerprint": subject.data.digest, "found": found_in(subject.data), "seed": seed}
    run = Run.create(folder, source.model_copy(update=known), plan, log_to)
    try:
        keep_splits(run, subject.data)
        display.say(f"Run folder: {folder}")
        announce_weights(parts.weights, display)
        views = subject.views(run.plan, display)
        run.plan = settle_precision(plan, display, parts.device)
        job = Job(run, subject, parts, views, display, started)
    except Paused as pause:
        return Outcome(run, None, False, pause.progress, 0.0, parts.device)
    except BaseException:  # a damaged image, a budget that is too short, or Ctrl-C: the training has not begun
        if not subject.has_begun:
            run.discard()
        raise
    try:
        return keep_better(job.train(), subject, display)
    except SettingError:
        if job.training.step == 0 and not subject.has_begun:  # views or batches that are too small for the network
            run.discard()
        raise


def resume(
    folder: Path,
    display: Display,
    *,
    epochs: float | None = None,
    budget_seconds: float | None = None,
    overrides: Sequence[str] = (),
    device: torch.device | None = None,
) -> tuple[Outcome, Subject[Any]]:
    """Go on with a training that was stopped or killed, or train a finished one for more epochs.

    Args:
        folder: The run folder.
        display: Is told what happens.
        epochs: New number of epochs in all; replaces a budget.
        budget_seconds: Wall time from now on, whatever has been spent; replaces a number of epochs.
        overrides: Settings of the plan to change, as `training.learning_rate=3e-4`.
        device: Where to train; None takes a GPU where there is one.

    Raises:
        RunError: If there is nothing to resume or nothing to go on from, the data have changed, or the network would.
        SettingError: If an override does not fit, or both epochs and a budget are given.
    """
    started = time.monotonic()
    run = Run(folder)
    refuse_one_gpu(device)
    make_loggers(run.log_to)  # a package that has gone is missed before data are read
    plan, told = replanned(run, epochs=epochs, budget_seconds=budget_seconds, overrides=overrides)
    checkpoint = _checkpoint_of(run, plan, display)
    for what, why in told:
        display.say(f"  - {what}\n      {why}")
    reading = partial(display.working, f"Reading the {'masks' if run.source.pictures is None else 'pictures'}")
    subject = open_source(run.source, plan.training.seed, reading, device=device, overrides=overrides)
    _refuse_others(run, plan, subject, checkpoint)
    before = run.source, run.plan
    run.plan = plan  # written only when everything has been checked
    if not run.has_splits():  # killed while its folder was made
        keep_splits(run, subject.data)
    if checkpoint is None and not subject.has_begun:
        display.say(f"There is no checkpoint in {run.checkpoints}: the training begins anew.")
    if budget_seconds is not None:  # the clock begins anew
        run.source = subject.begin_budget(run.source)
        checkpoint = None if checkpoint is None else (checkpoint[0], {**checkpoint[1], "available": None})
    is_early = checkpoint is None and subject.has_begun  # what is changed counts for the student, whenever that begins
    device = device or default_device()
    try:
        with _written(run, before, subject) if is_early else nullcontext():
            job = job_of(run, subject, display, started, checkpoint, device=device)
    except Paused as pause:
        return Outcome(run, None, False, pause.progress, 0.0, device), subject
    return keep_better(job.train(), subject, display), subject


def open_source(
    source: Source,
    seed: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    device: torch.device | None = None,
    overrides: Sequence[str] = (),
) -> Subject[Any]:
    """Open the data of a run as they were opened when it began.

    Args:
        source: How that was.
        seed: Counts where the source says none.
        progress: Called with how many masks are read and how many there are.
        device: Of a training that comes before the run's own; None takes a GPU where there is one.
        overrides: Settings that change in it, too.
    """
    seed = source.seed if source.seed is not None else seed or 0
    if source.pictures is not None:
        return open_source_pictures(source, seed, progress)
    return open_source_masks(source, seed, progress, device=device, overrides=overrides)


def open_source_masks(
    source: Source,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    *,
    device: torch.device | None = None,
    overrides: Sequence[str] = (),
) -> Masks:
    """Open images with masks as a source says, which holds no pictures; the arguments are those of `open_source`.

    Raises:
        DataError: If they cannot be used.
        SettingError: If what the source says cannot be.
    """
    data = open_data(
        source.root,
        ignore=source.ignore,
        classes=source.classes,
        binary=source.binary,
        separate=source.separate,
        multilabel=source.multilabel,
        validation=source.validation,
        seed=seed,
        progress=progress,
    )
    return Masks(data) if source.unlabelled is None else SelfTraining(data, source, device, overrides)


@contextmanager
def _written(run: Run, before: tuple[Source, Plan], subject: Subject[Any]) -> Iterator[None]:
    """Write a plan down before the student's training, so that neither a kill nor a pause on the way there forgets it.

    Where that cannot begin after all, since the budget is too short, say, the plan from before is brought back, unless
    the teacher has gone on by the new one.

    Args:
        run: The run, with the plan as it shall be.
        before: What its source and its plan were.
        subject: Its data.
    """
    taught = subject.plan_beforehand
    run.replan(run.plan)
    try:
        yield
    except Paused:
        raise
    except Exception:
        if subject.plan_beforehand == taught:
            run.source, plan = before
            run.replan(plan)
        raise


def _refuse_others(run: Run, plan: Plan, subject: Subject[Any], checkpoint: Checkpoint | None) -> None:
    """Refuse data, weights to begin with, and checkpoints that are not those of a run, with its plan as it was.

    Raises:
        RunError: If one of them is not.
    """
    refuse_other_data(run, subject.data)
    if subject.has_begun:
        refuse_another_beginning(run, plan)
    if checkpoint is not None and checkpoint[1].get("data", subject.data.digest) != subject.data.digest:
        raise RunError(
            f"The checkpoints in {run.checkpoints} are those of a training on other data. Bring back the ones that "
            f"belong to this run, or train anew."
        )


def _checkpoint_of(run: Run, plan: Plan, display: Display) -> Checkpoint | None:
    """Where a run is gone on from; None where it has not come to a checkpoint yet.

    Raises:
        RunError: If none is whole, the run is finished and has none, or the plan cannot be gone on with from there.
    """
    checkpoint = load_checkpoint(run.checkpoints, display.say)
    if checkpoint is not None:
        refuse_another_beginning(run, plan)
        refuse_too_few_epochs(run, plan, checkpoint[1]["step"])
    elif run.report.exists():
        raise RunError(
            f"The training in {run.folder} is finished, and there is no checkpoint in {run.checkpoints} from which it "
            f"could go on. Bring that folder back, or train anew: pixelwise train {run.source.root}"
        )
    return checkpoint
