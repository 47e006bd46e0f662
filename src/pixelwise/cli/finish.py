"""How a training ends: its report, and the three lines that say the score, where things are, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pixelwise.cli.console import ConsoleDisplay, interval_in_words, output_console, score_table

if TYPE_CHECKING:
    from pixelwise.data.dataset import Dataset
    from pixelwise.workflow import Outcome

__all__ = ["finish"]

_PAUSED = 130  # what a shell calls an end by Ctrl-C


def finish(outcome: Outcome, dataset: Dataset, display: ConsoleDisplay) -> None:
    """Write the report of a finished training and print the last lines; say how to go on with a paused one."""
    from pixelwise.workflow import write_run_report

    folder = outcome.run.folder
    if not outcome.is_finished:
        display.say(f"\nPaused at {outcome.progress:.0%}; nothing is lost. Go on with: pixelwise resume {folder}")
        raise typer.Exit(_PAUSED)
    report = write_run_report(outcome, dataset)
    if outcome.evaluation is not None:
        output_console.print()
        output_console.print(score_table(outcome.evaluation))
        output_console.print(
            f"\n[bold]mIoU {outcome.evaluation.scores.miou:.3f}[/bold]{interval_in_words(outcome.evaluation, 3)}, "
            f"pixel accuracy {outcome.evaluation.scores.pixel_accuracy:.3f}: {outcome.evaluation.protocol}"
        )
    else:
        output_console.print("\nThere is no validation split, so there is no score.")
    output_console.print(f"Report: {report}", markup=False, soft_wrap=True)
    following = f"Next:   pixelwise predict {outcome.run.artifact} IMAGES -o predictions"
    output_console.print(following, markup=False, soft_wrap=True)
