"""`pixelwise resume RUN`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["resume"]


def resume(
    run: Annotated[Path, typer.Argument(help="Folder that a training left.")],
    epochs: Annotated[
        float | None, typer.Option(help="New number of epochs in all, to train on after the end.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting of the plan: training.learning_rate=3e-4.")
    ] = None,
) -> None:
    """Go on with a training that was stopped or killed; the result is the same as without the stop."""
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.cli.finish import finish
    from pixelwise.workflow import resume as go_on

    with ConsoleDisplay() as display:
        outcome, dataset = go_on(run, display, epochs=epochs, overrides=set_ or [])
        finish(outcome, dataset, display)
