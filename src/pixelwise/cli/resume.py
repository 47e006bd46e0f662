"""`pixelwise resume RUN`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixelwise.cli.values import DEVICE_HELP

__all__ = ["resume"]


def resume(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that a training left.")],
    epochs: Annotated[
        float | None, typer.Option(metavar="N", help="New number of epochs in all, to train on after the end.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Wall time of this command, to train on for: 90s, 7m, 1h30m; a number is minutes."
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help=DEVICE_HELP)] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, such as training.rotation=0."),
    ] = None,
) -> None:
    """Go on with a training that was stopped or killed; the result is the same as without the stop."""
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.cli.finish import finish
    from pixelwise.inference.device import choose_device
    from pixelwise.planning import parse_duration
    from pixelwise.workflow import resume as go_on

    place = choose_device(device)
    seconds = None if budget is None else parse_duration(budget)
    with ConsoleDisplay() as display:
        outcome, subject = go_on(
            run, display, epochs=epochs, budget_seconds=seconds, overrides=set_ or [], device=place
        )
        finish(outcome, subject, display)
