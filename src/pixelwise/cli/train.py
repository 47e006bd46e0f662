"""`pixelwise train FOLDER`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from pixelwise.cli.values import Binary, Ignore, Names, Separate, Validation

__all__ = ["train"]


def train(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of images and masks, in any usual layout.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="RUN", help="Run folder to make; if not given, runs/FOLDER-1, -2, …"),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="Wall time of the whole command: 90s, 7m, 1h30m.")
    ] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="How often each image is seen.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Network; see: pixelwise list models.")] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="timm backbone; see: pixelwise list encoders.")
    ] = None,
    pretrained: Annotated[bool, typer.Option(help="Begin with the encoder's ImageNet weights.")] = True,
    ignore: Ignore = None,
    classes: Names = None,
    binary: Binary = None,
    separate: Separate = False,
    validation: Validation = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of everything that is drawn.")] = 0,
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
    from pixelwise.cli.values import class_names, ignored_values
    from pixelwise.data.doctor import examine
    from pixelwise.planning import apply_overrides, check_request, make_plan, parse_duration
    from pixelwise.training.run import Run, Source
    from pixelwise.workflow import train as run_training

    started = context.obj if isinstance(context.obj, float) else time.monotonic()
    budget_seconds = None if budget is None else parse_duration(budget)
    check_request(
        model=model,
        encoder=encoder,
        pretrained=pretrained,
        epochs=epochs,
        budget_seconds=budget_seconds,
        overrides=set_ or [],
    )
    source = Source(
        root=data.resolve(),
        ignore=ignored_values(ignore),
        classes=class_names(classes),
        binary=binary,
        separate=separate,
        validation=validation,
        seed=seed,
    )
    folder = output or _free_folder(data.resolve().name)
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
            validation=source.validation,
            seed=seed,
        )
        dataset = diagnosis.dataset
        plan = make_plan(
            dataset,
            model=model,
            encoder=encoder,
            pretrained=pretrained,
            epochs=epochs,
            budget_seconds=budget_seconds,
            seed=seed,
        )
        plan = apply_overrides(plan, set_ or [])
        display.say(dataset.describe())
        for what, why in plan.decisions:
            display.say(f"  - {what}\n      {why}")
        display.say("")
        for line in warnings(diagnosis.findings, data):
            display.say(line)
        outcome = run_training(dataset, source, plan, folder, display, started)
        finish(outcome, dataset, display)


def _free_folder(name: str) -> Path:
    """The first of runs/NAME-1, runs/NAME-2, … that is not there yet."""
    number = 1
    while (folder := Path("runs") / f"{name}-{number}").exists():
        number += 1
    return folder
