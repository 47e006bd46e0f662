"""From a run folder to the training that goes on in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from pixelwise.ops.device import default_device
from pixelwise.training.checkpoint import Checkpoint
from pixelwise.training.display import Display
from pixelwise.training.run import Run
from pixelwise.workflow.building import announce_weights, build, settle_precision
from pixelwise.workflow.job import Job, origin_of
from pixelwise.workflow.subject import Subject

__all__ = ["job_of"]


def job_of(
    run: Run,
    subject: Subject[Any],
    display: Display,
    started: float,
    checkpoint: Checkpoint | None,
    *,
    device: torch.device | None = None,
) -> Job:
    """The training of a run, from its checkpoint or its beginning.

    Args:
        run: The run folder, with the plan as it shall be.
        subject: The data, as their task sees them.
        display: Is told what happens.
        started: When the command began (`time.monotonic()`), for a budget.
        checkpoint: What is gone on from; None begins.
        device: Where to train; None takes a GPU where there is one.

    Raises:
        Paused: If the user interrupts what comes before the training.
        PixelwiseError: For everything that the user can mend.
    """
    parts = build(run.plan, in_channels=subject.data.channels, load_weights=checkpoint is None)
    if checkpoint is not None:
        parts = replace(parts, weights=origin_of(checkpoint))
    parts = replace(parts, device=device or default_device())
    announce_weights(parts.weights, display)
    run.plan = settle_precision(run.plan, display, parts.device)
    views = subject.views(run.plan, display)
    if checkpoint is None:
        started -= subject.spent
    return Job(run, subject, parts, views, display, started, checkpoint)
