"""How a training ends: its report, and the last lines: the score, where things are, and what comes next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer

from pixelwise.cli.console import ConsoleDisplay, output_console, print_scores, program

if TYPE_CHECKING:
    from pixelwise.data.dataset import Dataset
    from pixelwise.workflow import Outcome

__all__ = ["finish"]

_PAUSED = 130  # what a shell calls an end by Ctrl-C


def finish(outcome: Outcome, dataset: Dataset, display: ConsoleDisplay, *, title: str | None = None) -> None:
    """Write the report of a finished training and print the last lines; say how to go on with a paused one.

    Args:
        outcome: What came of the training.
        dataset: Its data.
        display: Is told how to go on.
        title: Heading of the report; None takes the name of the data's folder.
    """
    from pixelwise.workflow import write_run_report

    folder = shlex.quote(str(outcome.run.folder))
    if not outcome.is_finished:
        display.say(f"\nPaused at {outcome.progress:.0%}; nothing is lost. Go on with: {program()} resume {folder}")
        raise typer.Exit(_PAUSED)
    report = write_run_report(outcome, dataset, title=title)
    if outcome.evaluation is not None:
        output_console.print()
        print_scores(outcome.evaluation)
    else:
        output_console.print("\nThere is no validation split, so there is no score.")
    output_console.print(f"Report: {report}", markup=False, soft_wrap=True)
    model = shlex.quote(str(outcome.run.artifact))
    output_console.print(f"Next:   {program()} predict {model} IMAGES -o predictions", markup=False, soft_wrap=True)
