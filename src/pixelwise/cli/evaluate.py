"""`pixelwise evaluate MODEL DATA`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model file, or the run folder that holds one.")],
    data: Annotated[Path, typer.Argument(help="Folder of images and masks, laid out as for training.")],
    split: Annotated[
        str | None, typer.Option(help="Which split to score: train, val or test. [test, else val, else train]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a report to this html file.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Mask value to leave out; may be repeated.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1. [a GPU if there is one]")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16. [what is faster here]")] = None,
) -> None:
    """Score a model on labelled images: one confusion matrix over the split, at the labels' own resolution."""
    from pixelwise.cli.console import ConsoleDisplay, interval_in_words, output_console, score_table
    from pixelwise.cli.values import ignored_values
    from pixelwise.data.understand import open_for_evaluation
    from pixelwise.errors import unknown_name
    from pixelwise.inference import load
    from pixelwise.reports.evaluate import evaluate as score

    predictor = load(model, device=device, precision=_precision(precision))
    with ConsoleDisplay() as display:
        dataset = open_for_evaluation(
            data,
            predictor.classes,
            ignore=ignored_values(ignore),
            progress=lambda done, total: display.working("Reading the masks", done, total),
        )
        chosen = split or next(name for name in ("test", "val", "train") if name in dataset.splits)
        if chosen not in dataset.splits:
            raise unknown_name("split", chosen, dataset.splits)
        evaluation = score(
            predictor,
            dataset.splits[chosen],
            dataset.classes,
            split=chosen,
            progress=lambda done, total, _: display.working(f"Scoring the {chosen} images", done, total),
        )
    if report is not None:
        from pixelwise.workflow import write_evaluation_report

        write_evaluation_report(report, evaluation, predictor, dataset.splits[chosen])
    if as_json:
        typer.echo(json.dumps(evaluation.as_json(), ensure_ascii=False))
        return
    output_console.print(score_table(evaluation))
    output_console.print(
        f"\n[bold]mIoU {evaluation.scores.miou:.4f}[/bold]{interval_in_words(evaluation, 4)}, "
        f"pixel accuracy {evaluation.scores.pixel_accuracy:.4f}, class accuracy {evaluation.scores.class_accuracy:.4f}"
    )
    output_console.print(f"{evaluation.protocol}; {len(dataset.splits[chosen])} images", markup=False, soft_wrap=True)
    if report is not None:
        output_console.print(f"Report: {report}", markup=False, soft_wrap=True)


def _precision(text: str | None) -> Literal["fp32", "bf16"] | None:
    from pixelwise.errors import unknown_name

    match text:
        case None | "fp32" | "bf16":
            return text
        case _:
            raise unknown_name("precision", text, ("fp32", "bf16"))
