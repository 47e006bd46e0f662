"""How a training ends: its report, and the last lines: the score, where things are, and what comes next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import typer

from pixelwise.cli.console import ConsoleDisplay, output_console, print_picture_scores, print_scores, program

if TYPE_CHECKING:
    from pixelwise.workflow import Outcome, Subject

__all__ = ["finish"]

_PAUSED = 130  # what a shell calls an end by Ctrl-C


def finish(outcome: Outcome, subject: Subject[Any], display: ConsoleDisplay, *, title: str | None = None) -> None:
    """Write the report of a finished training and print the last lines; say how to go on with a paused one.

    Args:
        outcome: What came of the training.
        subject: Its data.
        display: Is told how to go on.
        title: Heading of the report; None takes the name of the data's folder.
    """
    from pixelwise.reports.evaluate import Evaluation
    from pixelwise.workflow import write_run_report

    folder = shlex.quote(str(outcome.run.folder))
    if not outcome.is_finished:
        display.say(f"\nPaused at {outcome.progress:.0%}; nothing is lost. Go on with: {program()} resume {folder}")
        raise typer.Exit(_PAUSED)
    report = write_run_report(outcome, subject, title=title)
    if outcome.verdict is not None:
        output_console.print()
        show = print_scores if isinstance(outcome.verdict.evaluation, Evaluation) else print_picture_scores
        show(outcome.verdict.evaluation)
    else:
        output_console.print("\nThere is no validation split, so there is no score.")
    for doubt in outcome.doubts.values():
        output_console.print(doubt, markup=False, soft_wrap=True)
    output_console.print(f"Report: {report}", markup=False, soft_wrap=True)
    model = shlex.quote(str(outcome.run.artifact))
    output_console.print(f"Next:   {program()} predict {model} IMAGES -o predictions", markup=False, soft_wrap=True)
