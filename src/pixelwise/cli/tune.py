"""`pixelwise tune FOLDER --budget 2h`."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelwise.cli.values import DEVICE_HELP, Binary, Ignore, Multilabel, Names, Separate, Validation

if TYPE_CHECKING:
    from pixelwise.reports.tuning_page import TrialRow
    from pixelwise.training.run import Source
    from pixelwise.workflow.tuning import Tuned

__all__ = ["tune"]

_PAUSED = 130  # what a shell calls an end by Ctrl-C


def tune(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of images and masks, in any usual layout.")],
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Wall time of the whole command: 20m, 2h; a number is minutes. Needed. "
            "5m suffice for two candidates of small images, 10m for 4, 30m for 8.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="RUN", help="Folder to make, or to go on with; if not given, runs/FOLDER-1, -2, …"
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Network; see: pixelwise list models.")] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="timm backbone to try; may be repeated. If not given, those installed."),
    ] = None,
    pretrained: Annotated[bool, typer.Option(help="Begin with the encoder's ImageNet weights.")] = True,
    loss: Annotated[str | None, typer.Option(metavar="SUM", help="Losses to train with, instead of a choice.")] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="N", min=2, help="Candidates; if not given, as many as the time allows.")
    ] = None,
    ignore: Ignore = None,
    classes: Names = None,
    binary: Binary = None,
    separate: Separate = False,
    multilabel: Multilabel = None,
    validation: Validation = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of everything that is drawn.")] = 0,
    device: Annotated[str | None, typer.Option(metavar="NAME", help=DEVICE_HELP)] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, which is then not varied."),
    ] = None,
) -> None:
    """Search for the settings that score best, within a time, and train with them: of images with masks.

    Pictures (--task) have no such search; `pixelwise train` takes them.

    Tries encoders, sizes of the views, losses, learning rates and batch sizes on the validation images: all candidates
    for a short time, the better half for twice that, and so on; the best is trained for the second half of the time.
    The same command with the same -o goes on with a tuning that was stopped.
    """
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.cli.finish import finish
    from pixelwise.cli.train import free_folder
    from pixelwise.cli.values import class_names, ignored_values, refuse_contradictions
    from pixelwise.data.told import said_together
    from pixelwise.errors import SettingError
    from pixelwise.inference.device import choose_device
    from pixelwise.planning import Recipe, apply_overrides, check_request, make_plan, parse_duration
    from pixelwise.planning.candidates import encoders_to_try
    from pixelwise.planning.length import end_in_words
    from pixelwise.reports.tuning_page import write_tuning_page
    from pixelwise.training.run import Source
    from pixelwise.workflow import open_source_masks
    from pixelwise.workflow.trials import Search
    from pixelwise.workflow.tuning import tune as run_tuning

    started = context.obj if isinstance(context.obj, float) else time.monotonic()
    if budget is None:
        raise SettingError("A tuning takes as long as it is given: say how long, such as --budget 2h.")
    seconds = parse_duration(budget)
    place = choose_device(device)
    wanted, overrides = tuple(encoder or ()), set_ or []
    refuse_contradictions(binary=binary, separate=separate, multilabel=multilabel)
    told = said_together(data.resolve(), binary=binary, separate=separate, multilabel=multilabel)
    for name in wanted or (None,):
        asked = Recipe().completed(model=model, encoder=name, pretrained=pretrained, loss=loss, budget_seconds=seconds)
        check_request(asked, overrides, separate=told.separate, multilabel=told.multilabel)
    source = Source(
        root=data.resolve(),
        ignore=ignored_values(ignore),
        classes=class_names(classes),
        binary=binary,
        separate=separate,
        multilabel=multilabel,
        validation=validation,
        seed=seed,
    )
    folder = output or free_folder(data.resolve().name)
    with ConsoleDisplay() as display:
        subject = open_source_masks(source, seed, display.counter("Reading the masks"))
        dataset = subject.data
        plan = make_plan(
            dataset,
            model=model,
            encoder=wanted[0] if wanted else None,
            pretrained=pretrained,
            loss=loss,
            budget_seconds=seconds,
            seed=seed,
            device=place,
        )
        plan = apply_overrides(plan, overrides)
        display.say(dataset.describe())
        display.say(f"Search and training have {end_in_words(None, seconds)}, the wall time of the whole command.")
        fixed = [override.partition("=")[0].strip() for override in overrides]
        search = Search(
            budget_seconds=seconds,
            encoders=encoders_to_try(plan, wanted),
            fixed=(*fixed, *(["task.arguments.loss"] if loss else [])),
            count=trials,
            device=place,
        )
        tuned = run_tuning(subject, source, plan, folder, display, search, started)
        if tuned.outcome is None:
            display.say(f"\nPaused; nothing is lost. The same command with -o {shlex.quote(str(folder))} goes on.")
            raise typer.Exit(_PAUSED)
        finish(tuned.outcome, subject, display)
        again = _command(tuned, source, data, pretrained=pretrained, model=model, overrides=overrides)
        rows = _rows(tuned)
        write_tuning_page(
            folder / "tuning.html", title=data.resolve().name, metric=tuned.tuning.metric, rows=rows, command=again
        )
        _print(rows, tuned.tuning.metric, again)


def _rows(tuned: Tuned) -> list[TrialRow]:
    """The last training, then each rung from the last to the first, the best first."""
    from pixelwise.planning import duration_text
    from pixelwise.reports.tuning_page import TrialRow

    tuning, outcome = tuned.tuning, tuned.outcome
    best = "; ".join(tuned.overrides) or "the plan as it is"
    rows = []
    if outcome is not None and outcome.verdict is not None:
        time_given = duration_text(outcome.run.plan.training.budget_seconds or 0)
        rows.append(TrialRow("best", time_given, f"{outcome.verdict.value:.3f}", best))
    for rung in reversed(range(len(tuning.rungs))):
        failed = [trial for trial in tuning.trials if trial.rung == rung and trial.score is None]
        for trial in (*tuning.ranked(rung), *failed):
            changes = trial.failure or "; ".join(tuning.candidates[trial.candidate]) or "the plan as it is"
            score = "" if trial.score is None else f"{trial.score:.3f}"
            rows.append(TrialRow(f"{trial.number:02}", duration_text(trial.seconds), score, changes))
    return rows


def _print(rows: list[TrialRow], metric: str, command: str) -> None:
    """The table of the trials and the command that repeats the best."""
    from rich.table import Table
    from rich.text import Text

    from pixelwise.cli.console import output_console, wide_where_nobody_watches

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("trial")
    table.add_column("time", justify="right")
    table.add_column(metric, justify="right")
    table.add_column("what differs from the plan", overflow="fold")
    for row in rows:
        table.add_row(row.name, row.time, row.score or "failed", Text(row.changes))
    output_console.print()
    with wide_where_nobody_watches(output_console):
        output_console.print(table)
    output_console.print(f"Again:  {command}", markup=False, soft_wrap=True)


def _command(
    tuned: Tuned, source: Source, data: Path, *, pretrained: bool, model: str | None, overrides: list[str]
) -> str:
    """What trains the best candidate again, for as long."""
    from pixelwise.cli.console import program
    from pixelwise.cli.values import data_options
    from pixelwise.planning import duration_text

    plan = tuned.tuning.plan
    words = ["train", str(data)]
    if tuned.outcome is not None:
        words += ["--budget", duration_text(tuned.outcome.run.plan.training.budget_seconds or 0)]
    words += ["--model", model] if model else []
    words += [] if pretrained else ["--no-pretrained"]
    words += data_options(source)
    words += ["--seed", str(plan.training.seed)] if plan.training.seed else []
    encoder = plan.model.arguments.get("encoder")
    settled = [f"training.precision={plan.training.precision}"]
    if encoder is not None:
        settled.append(f"model.arguments.encoder={encoder}")
    if "loss" in plan.task.arguments:
        settled.append(f"task.arguments.loss={plan.task.arguments['loss']}")
    changes = (*overrides, *settled, *tuned.overrides)
    names = [change.partition("=")[0].strip() for change in changes]
    for place, change in enumerate(changes, start=1):
        if names[place - 1] not in names[place:]:  # of two of one name, the later one counts
            words += ["--set", change]
    return f"{program()} {shlex.join(words)}"
