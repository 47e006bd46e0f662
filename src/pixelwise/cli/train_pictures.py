"""`pixelwise train FOLDER --task …`, for tasks whose targets are pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from pixelwise.data.pictures.survey import PicturesWanted
    from pixelwise.planning import Recipe
    from pixelwise.training.run import PicturesOnDisk

__all__ = ["PictureWishes", "refuse_options", "train_pictures"]


@dataclass(frozen=True)
class PictureWishes:
    """What was asked for.

    Attributes:
        task: Name of the task.
        scale: How many times larger the picture becomes; for super-resolution.
        degrade: What makes images of targets; None where the data hold pairs.
        reverse: Whether the right half, or the second kind, goes in; for translation.
        adversarial: How a critic is trained against, or None; for super-resolution and restoration.
        asked: Network, loss, length and seed, and a recipe if there is one; its loss is the name of a loss of pictures.
        overrides: Settings as `NAME=VALUE`.
        validation: What to hold out, or None.
        seed: Of which pictures are held out.
        device: Where to train.
        log_to: Names of loggers.
    """

    task: str
    scale: int | None
    degrade: str | None
    reverse: bool
    adversarial: str | None
    asked: Recipe
    overrides: Sequence[str]
    validation: str | None
    seed: int
    device: torch.device
    log_to: Sequence[str]


def train_pictures(data: Path, folder: Path, wishes: PictureWishes, started: float) -> None:
    """Train on pictures: open the folder, decide the plan, say both, train.

    Args:
        data: The folder.
        folder: Run folder to make.
        wishes: What was asked for.
        started: When the command began, for a budget.
    """
    from pixelwise.cli.check_pictures import check_options
    from pixelwise.cli.check_text import warnings
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.cli.finish import finish
    from pixelwise.data.pictures.doctor import examine_pictures
    from pixelwise.planning import apply_overrides, check_picture_request, make_picture_plan
    from pixelwise.planning.pictures_wanted import picture_arguments
    from pixelwise.training.run import Run, Source
    from pixelwise.workflow import picture_subject
    from pixelwise.workflow import train as run_training

    asked = wishes.asked
    wanted = _wanted(wishes)
    told = {"loss": asked.loss, "adversarial": wishes.adversarial}
    objective = {name: value for name, value in told.items() if value is not None}
    known = {**objective, **picture_arguments(wanted, wishes.degrade)}
    check_picture_request(wishes.task, known, asked, wishes.overrides)  # before the pictures, which take long
    on_disk = _on_disk(data, wishes, wanted.scale)
    arguments = {**objective, **picture_arguments(wanted, wishes.degrade, on_disk.layout)}
    Run.check_new(folder)
    source = Source(root=data.resolve(), pictures=on_disk, validation=wishes.validation, seed=wishes.seed)
    with ConsoleDisplay() as display:
        reading = display.counter("Reading the pictures")
        diagnosis = examine_pictures(source.root, wanted, quick=True, progress=reading)
        subject = picture_subject(diagnosis.pictures)
        diagnosis.refuse_ruined()
        plan = make_picture_plan(
            subject.data,
            wishes.task,
            arguments,
            model=asked.model,
            encoder=asked.encoder,
            pretrained=asked.pretrained is not False,
            epochs=asked.epochs,
            budget_seconds=asked.budget_seconds,
            seed=asked.seed or 0,
        )
        plan = apply_overrides(asked.applied(plan), wishes.overrides)
        display.say(subject.data.describe())
        for what, why in plan.decisions:
            display.say(f"  - {what}\n      {why}")
        display.say("")
        for line in warnings(diagnosis.findings, data, check_options(wanted, wishes.degrade)):
            display.say(line)
        outcome = run_training(
            subject, source, plan, folder, display, started, device=wishes.device, log_to=wishes.log_to
        )
        finish(outcome, subject, display)


def refuse_options(task: str, *, of_masks: Mapping[str, object], of_pictures: Mapping[str, object]) -> None:
    """Refuse a task that is not known or not asked for by name, and options that it has no use for.

    Args:
        task: Its name.
        of_masks: Options of trainings on masks; None where one was not given.
        of_pictures: Those of trainings on pictures.

    Raises:
        SettingError: If there are any.
    """
    from pixelwise.errors import SettingError, unknown_name
    from pixelwise.models import DEFAULT_MODELS
    from pixelwise.tasks import TASKS

    if task not in TASKS.names():
        raise unknown_name("task", task, DEFAULT_MODELS)
    if task not in DEFAULT_MODELS:
        raise SettingError(
            f"The task {task} follows from the masks (--multilabel) or from the network (--model), and is not asked "
            f"for by name. Leave --task out."
        )
    learns_masks = task == "segmentation"
    for option, value in (of_pictures if learns_masks else of_masks).items():
        if value is not None and learns_masks:
            raise SettingError(
                f"{option} is for tasks that make pictures, and the task {task} learns masks. Leave it out, or add "
                f"--task; see: pixelwise list tasks."
            )
        if value is not None:
            raise SettingError(f"{option} is for masks, and the task {task} learns pictures. Leave it out.")


def _wanted(wishes: PictureWishes) -> PicturesWanted:
    """What is to be learnt.

    Raises:
        SettingError: If an option has no place in the task.
    """
    from pixelwise.planning.pictures_wanted import pictures_wanted

    asked = wishes.asked
    loss = f"{asked.file}: task.arguments.loss" if asked.gives("loss") else "--loss"
    return pictures_wanted(
        wishes.task,
        scale=wishes.scale,
        degrade=wishes.degrade,
        reverse=wishes.reverse,
        validation=wishes.validation,
        seed=wishes.seed,
        others={loss: asked.loss, "--adversarial": wishes.adversarial},
        prefix="--",
    )


def _on_disk(data: Path, wishes: PictureWishes, scale: int) -> PicturesOnDisk:
    """How the pictures lie."""
    from pixelwise.data.pictures import layout_of
    from pixelwise.training.run import PicturesOnDisk

    layout = layout_of(data, wishes.task, is_made=wishes.degrade is not None)
    return PicturesOnDisk(layout=layout, scale=scale, image_is_left=not wishes.reverse)
