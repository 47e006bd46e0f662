"""`pixelwise train FOLDER`."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from pixelwise.cli.values import (
    DEVICE_HELP,
    Binary,
    Degrade,
    Ignore,
    Multilabel,
    Names,
    Reverse,
    Scale,
    Separate,
    TaskName,
    Validation,
)

__all__ = ["free_folder", "train"]


def train(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Folder of images and masks, in any usual layout; or of pictures, with --task."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="RUN", help="Run folder to make; if not given, runs/FOLDER-1, -2, …"),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Wall time of the whole command: 90s, 7m, 1h30m; a number is minutes."),
    ] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="How often each image is seen.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Network; see: pixelwise list models.")] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="timm backbone; see: pixelwise list encoders.")
    ] = None,
    pretrained: Annotated[
        bool | None,
        typer.Option("--pretrained/--no-pretrained", help="Begin with the encoder's ImageNet weights, as is usual."),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="SUM",
            help="Losses to train with: ce+dice, 0.7*ce+0.3*lovasz; of pictures one, such as perceptual; "
            "see: pixelwise list losses.",
        ),
    ] = None,
    task: TaskName = "segmentation",
    scale: Scale = None,
    degrade: Degrade = None,
    reverse: Reverse = False,
    adversarial: Annotated[
        str | None,
        typer.Option(
            metavar="HOW", help="Pictures: nogan trains the network, then a critic, then one against the other."
        ),
    ] = None,
    progressive: Annotated[
        str | None,
        typer.Option(
            metavar="FACTOR[:SHARE]",
            help="Progressive resizing: 0.5:0.6 begins with views of half the size, for 60 % of the training. "
            "SHARE is 0.6 if left out.",
        ),
    ] = None,
    ignore: Ignore = None,
    classes: Names = None,
    binary: Binary = None,
    separate: Separate = False,
    multilabel: Multilabel = None,
    validation: Validation = None,
    unlabelled: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Images without masks, of the same kind, to learn from too.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Of everything that is drawn; if not given, 0.")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help=DEVICE_HELP)] = None,
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Tell tensorboard, mlflow or wandb of the training; may be repeated."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Recipe: a YAML file of settings that differ from the plan; see configs/."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, such as training.rotation=0."),
    ] = None,
) -> None:
    """Train on a folder: finds pairs, mask encoding, classes and a split, says what it decided, and trains.

    Leaves a run folder with the model file, the report and everything that `pixelwise resume` needs.
    """
    from pixelwise.cli.check_text import warnings
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.cli.finish import finish
    from pixelwise.cli.resume import resume
    from pixelwise.cli.train_pictures import PictureWishes, refuse_options, train_pictures
    from pixelwise.cli.values import class_names, data_options, ignored_values, refuse_contradictions
    from pixelwise.data.doctor import examine
    from pixelwise.data.told import said_together
    from pixelwise.inference.device import choose_device
    from pixelwise.ops.launch import launch_of
    from pixelwise.planning import (
        Recipe,
        apply_overrides,
        check_request,
        make_plan,
        parse_duration,
        parse_progressive,
        read_recipe,
        resize_progressively,
    )
    from pixelwise.training.loggers import make_loggers
    from pixelwise.training.run import Run, Source
    from pixelwise.workflow import Masks, SelfTraining, find_unlabelled
    from pixelwise.workflow import train as run_training
    from pixelwise.workflow.helping import refuse_one_gpu

    if output is not None and launch_of().restarts and Run.is_at(output):
        resume(output, device=device)  # torchrun has started the same command again
        return
    refuse_options(
        task,
        of_masks={
            "--unlabelled": unlabelled,
            "--ignore": ignore,
            "--classes": classes,
            "--binary": binary,
            "--separate": separate or None,
            "--multilabel": multilabel,
            "--progressive": progressive,
        },
        of_pictures={
            "--scale": scale,
            "--degrade": degrade,
            "--reverse": reverse or None,
            "--adversarial": adversarial,
        },
    )
    started = context.obj if isinstance(context.obj, float) else time.monotonic()
    recipe = Recipe() if config is None else read_recipe(config)
    asked = recipe.completed(
        model=model,
        encoder=encoder,
        pretrained=pretrained,
        loss=loss,
        epochs=epochs,
        budget_seconds=None if budget is None else parse_duration(budget),
        progressive=progressive,
        seed=seed,
    )
    overrides = set_ or []
    of_split = seed or 0  # what is held out is no matter of recipes
    folder = output or free_folder(data.resolve().name)
    refuse_one_gpu(place := choose_device(device))
    log_to = list(make_loggers(log or []))  # names and packages are checked before data are read
    if task != "segmentation":
        wishes = PictureWishes(
            task=task,
            scale=scale,
            degrade=degrade,
            reverse=reverse,
            adversarial=adversarial,
            asked=asked,
            overrides=overrides,
            validation=validation,
            seed=of_split,
            device=place,
            log_to=log_to,
        )
        train_pictures(data, folder, wishes, started)
        return
    is_mixed = unlabelled is not None
    refuse_contradictions(binary=binary, separate=separate, multilabel=multilabel, unlabelled=is_mixed)
    told = said_together(data.resolve(), binary=binary, separate=separate, multilabel=multilabel)
    check_request(asked, overrides, separate=told.separate, multilabel=told.multilabel, unlabelled=is_mixed)
    source = Source(
        root=data.resolve(),
        ignore=ignored_values(ignore),
        classes=class_names(classes),
        binary=binary,
        separate=separate,
        multilabel=multilabel,
        unlabelled=None if unlabelled is None else find_unlabelled(unlabelled, folder),
        validation=validation,
        seed=of_split,
    )
    Run.check_new(folder)  # before the data, which take long to read
    with ConsoleDisplay() as display:
        diagnosis = examine(
            source.root,
            quick=True,
            progress=display.counter("Reading the masks"),
            ignore=source.ignore,
            classes=source.classes,
            binary=source.binary,
            separate=source.separate,
            multilabel=source.multilabel,
            validation=source.validation,
            seed=of_split,
        )
        dataset = diagnosis.dataset
        plan = make_plan(
            dataset,
            model=asked.model,
            encoder=asked.encoder,
            pretrained=asked.pretrained is not False,
            loss=asked.loss,
            epochs=asked.epochs,
            budget_seconds=asked.budget_seconds,
            seed=asked.seed or 0,
            device=place,
        )
        plan = apply_overrides(asked.applied(plan), overrides)
        if asked.progressive is not None:
            plan = resize_progressively(plan, parse_progressive(asked.progressive), f"asked for ({asked.progressive})")
        display.say(dataset.describe())
        for what, why in plan.decisions:
            display.say(f"  - {what}\n      {why}")
        display.say("")
        options = [*data_options(source), *([f"--seed={of_split}"] if of_split else [])]
        for line in warnings(diagnosis.findings, data, shlex.join(options)):
            display.say(line)
        subject = Masks(dataset) if source.unlabelled is None else SelfTraining(dataset, source, place)
        outcome = run_training(subject, source, plan, folder, display, started, device=place, log_to=log_to)
        finish(outcome, subject, display)


def free_folder(name: str) -> Path:
    """The first of runs/NAME-1, runs/NAME-2, … that is not there yet."""
    number = 1
    while (folder := Path("runs") / f"{name}-{number}").exists():
        number += 1
    return folder
