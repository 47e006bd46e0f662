"""`pixelwise demo`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")] = Path("pixelwise-demo"),
    budget: Annotated[str, typer.Option(help="Wall time for training: 90s, 2m.")] = "100s",
) -> None:
    """Draw street scenes, learn to segment them, and show the result: no data needed, about two minutes."""
    from pixelwise.cli.console import ConsoleDisplay, error_console, program
    from pixelwise.cli.finish import finish
    from pixelwise.data.understand import open_data
    from pixelwise.demo import draw_demo_data, remove_last_run, write_demo_pictures
    from pixelwise.planning import duration_text, make_plan, parse_duration
    from pixelwise.training.run import Source
    from pixelwise.workflow import Masks, train

    budget_seconds = parse_duration(budget)
    data, run = output / "data", output / "run"
    remove_last_run(run, data)  # a demo is repeated, never resumed
    error_console.print(
        f"Drawing street scenes, then {duration_text(budget_seconds)} of training on them, then scores and pictures: "
        f"all in {output}/.",
        markup=False,
        soft_wrap=True,
    )
    with ConsoleDisplay() as display:
        draw_demo_data(data, lambda done, total: display.working("Drawing street scenes", done, total))
        started = time.monotonic()
        source = Source(root=data.resolve(), seed=0)
        dataset = open_data(data, progress=lambda done, total: display.working("Reading the masks", done, total))
        display.say(dataset.describe())
        plan = make_plan(dataset, budget_seconds=budget_seconds)
        for what, why in plan.decisions:
            display.say(f"  - {what}\n      {why}")
        display.say("")
        subject = Masks(dataset)
        outcome = train(subject, source, plan, run, display, started)
        if outcome.is_finished:
            pictures = write_demo_pictures(outcome, dataset, output)
            error_console.print(f"Pictures: {pictures}", markup=False, soft_wrap=True)
        finish(outcome, subject, display, title="Demo: generated street scenes")
    typer.echo(f"Yours:  {program()} train FOLDER   (images and masks, as in {data})")
