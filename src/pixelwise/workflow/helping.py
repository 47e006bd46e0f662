"""Several processes that train together: the first one leads, and the others do what it tells them.

The first runs the command as one process would: it reads the folder, plans, prints, writes and scores. The others wait
for it. When a training begins it sends them the data as it has understood them, and the plan; they decode the images,
build the network and take part in every step. So whatever is not a step is written for one process, and is done once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pixelwise.errors import PixelwiseError, ProcessError, RunError, SettingError
from pixelwise.ops.launch import Launch
from pixelwise.ops.ranks import gather, hear, join, leave, local_rank, rank, tell, world_size
from pixelwise.planning import Plan
from pixelwise.training.checkpoint import load_checkpoint
from pixelwise.training.display import Silent
from pixelwise.training.loop import Training
from pixelwise.training.run import Run
from pixelwise.workflow.building import build
from pixelwise.workflow.interruption import interruptible
from pixelwise.workflow.subject import Subject

__all__ = ["Beginning", "follow", "leading", "others_begin", "others_train", "refuse_one_gpu"]


@dataclass(frozen=True)
class Beginning:
    """What the others need to know to take part in a training.

    Attributes:
        subject: The data, as their task sees them.
        plan: All settings.
        folder: The run folder, absolute.
        seconds: Time until the end; None ends by epochs.
        device: Where the first one trains; of GPUs, each process takes that of its number.
        step: Of the checkpoint that is gone on from; None begins.
    """

    subject: Subject[Any]
    plan: Plan
    folder: Path
    seconds: float | None
    device: torch.device
    step: int | None


@dataclass(frozen=True)
class _Going:
    """The training that was begun goes on to its end, or to a pause."""


@dataclass(frozen=True)
class _End:
    """There is nothing more to do; the exit code is the first one's."""

    code: int


class _Others:
    """What the first process knows of the others: whether they are waiting for what it will tell."""

    are_waiting = True


_OTHERS = _Others()


@contextmanager
def leading(launch: Launch) -> Iterator[None]:
    """Meet the others, run the command, and let them end as it ends."""
    join(launch)
    try:
        yield
        _dismiss(0)
    except ProcessError:  # the others are not where they could be told
        raise
    except PixelwiseError:
        _dismiss(2)
        raise
    except SystemExit as end:
        _dismiss(end.code if isinstance(end.code, int) else 1 if end.code else 0)
        raise
    finally:
        leave()


def follow(launch: Launch) -> int:
    """Take part in what the first process trains, until it ends.

    Returns:
        The exit code.

    Raises:
        ProcessError: If another process has ended, or this one cannot go on.
    """
    join(launch)
    training: Training | None = None
    while not isinstance(told := hear(), _End):
        if isinstance(told, Beginning):
            training = _begun(told)
        elif training is not None:
            _train(training)
    leave()
    return told.code


def others_begin(beginning: Beginning) -> None:
    """Let all others make ready for a training; returns when they have.

    Raises:
        SettingError: If all of them were given one GPU.
        RunError: If one of them cannot.
    """
    if world_size() == 1:
        return
    refuse_one_gpu(beginning.device)
    tell(beginning)
    refusals = [words for words in gather("") if words]
    if refusals:
        raise RunError(refusals[0])


def refuse_one_gpu(device: torch.device | None) -> None:
    """Refuse to train with several processes on one GPU.

    Args:
        device: What was asked for; None takes the GPUs that there are.

    Raises:
        SettingError: If it is one of several.
    """
    if world_size() > 1 and device is not None and device.type == "cuda" and device.index is not None:
        raise SettingError(
            f"The device '{device}' is one GPU, but {world_size()} processes train together, each on the GPU "
            f"of its number. Give --device cuda, and choose among the GPUs with CUDA_VISIBLE_DEVICES."
        )


@contextmanager
def others_train() -> Iterator[None]:
    """While the first process trains, the others do."""
    if world_size() == 1:
        yield
        return
    tell(_Going())
    _OTHERS.are_waiting = False
    try:
        yield
    except ProcessError:
        raise
    except PixelwiseError:  # came to all, or while they waited
        _OTHERS.are_waiting = True
        raise
    _OTHERS.are_waiting = True


def _dismiss(code: int) -> None:
    if _OTHERS.are_waiting:
        with suppress(ProcessError):  # one is gone already
            tell(_End(code))


def _begun(beginning: Beginning) -> Training | None:
    """The training as the first process has it; None where it cannot be made, which the first one then says."""
    plan, checkpoint, refusal = beginning.plan, None, ""
    try:
        _refuse_elsewhere(beginning)
        views = beginning.subject.views(plan, Silent())
        parts = build(plan, in_channels=beginning.subject.data.channels, load_weights=False)
        if beginning.step is not None:
            checkpoint = load_checkpoint(beginning.folder / "checkpoints", Silent().say)
            if checkpoint is None or checkpoint[1]["step"] != beginning.step:
                raise RunError(f"{beginning.folder} has no checkpoint of step {beginning.step} here.")
    except PixelwiseError as error:
        refusal = f"Process {rank()} of {world_size()} cannot take part: {error}"
    if any(gather(refusal)):
        return None
    with suppress(PixelwiseError):
        training = Training(
            parts.model,
            parts.task,
            views,
            plan.training,
            seconds=beginning.seconds,
            device=beginning.device,
        )
        if checkpoint is not None:
            training.restore(*checkpoint)
        return training
    return None


def _refuse_elsewhere(beginning: Beginning) -> None:
    """Refuse a process that has no GPU of its own, or does not see the run folder."""
    if beginning.device.type == "cuda" and local_rank() >= torch.cuda.device_count():
        raise SettingError(
            f"it has no GPU of its own, since this machine has {torch.cuda.device_count()}. Start one process for each."
        )
    if not Run.is_at(beginning.folder):
        raise RunError(f"there is no run folder {beginning.folder}. All machines need it at the same place.")


def _train(training: Training) -> None:
    """To the end; what ends it for all of them is said by the first."""
    with interruptible() as is_interrupted:
        try:
            for _ in training.moments(should_stop=is_interrupted):
                pass
        except ProcessError:
            raise
        except PixelwiseError:
            return
