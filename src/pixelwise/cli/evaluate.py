"""`pixelwise evaluate MODEL FOLDER`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pixelwise.cli.values import DEVICE_HELP, PRECISION_HELP, TTA_HELP

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, or the run folder that holds one.")],
    data: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Folder of images and masks, or of pictures, laid out as for training."),
    ],
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Split to score; if not given, test, else val, else train; all images without splits."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report to this html file.")] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="VALUE", help="Mask value to leave out; may be repeated.")
    ] = None,
    tta: Annotated[bool, typer.Option("--tta", help=TTA_HELP)] = False,
    reverse: Annotated[bool, typer.Option("--reverse", help="Translation: the right half goes in.")] = False,
    device: Annotated[str | None, typer.Option(metavar="NAME", help=DEVICE_HELP)] = None,
    precision: Annotated[str | None, typer.Option(metavar="NAME", help=PRECISION_HELP)] = None,
) -> None:
    """Score a model on labelled images: one confusion matrix over the split, at the labels' own resolution.

    Models that make pictures are scored by PSNR and SSIM, or by KID and FID where there are no pairs.
    """
    from pixelwise.cli.console import ConsoleDisplay, output_console, print_scores
    from pixelwise.cli.evaluate_pictures import evaluate_pictures
    from pixelwise.cli.splits import choose_split
    from pixelwise.cli.values import ignored_values, known_precision
    from pixelwise.data.dataset import WHOLE
    from pixelwise.data.understand import open_for_evaluation
    from pixelwise.inference import load
    from pixelwise.reports.evaluate import evaluate as score
    from pixelwise.workflow import splits_in_training

    predictor = load(model, device=device, precision=known_precision(precision))
    if predictor.description.classes is None:
        evaluate_pictures(predictor, model, data, split, tta=tta, reverse=reverse, as_json=as_json, report=report)
        return
    with ConsoleDisplay() as display:
        dataset = open_for_evaluation(
            data,
            predictor.classes,
            ignore=ignored_values(ignore),
            scaling=predictor.description.scaling,
            progress=lambda done, total: display.working("Reading the masks", done, total),
        )
        own = splits_in_training(model, data, dataset.splits)
        chosen = choose_split(dataset.splits, own, split, display.say)
        dataset = replace(dataset, splits=dataset.splits if own is None else own)
        evaluation = score(
            predictor,
            dataset.splits[chosen],
            dataset.classes,
            split=chosen,
            tta=tta,
            progress=lambda done, total, _: display.working(
                "Scoring all images" if chosen == WHOLE else f"Scoring the {chosen} images", done, total
            ),
        )
    if report is not None:
        from pixelwise.workflow import write_evaluation_report

        write_evaluation_report(report, evaluation, predictor, dataset)
    if as_json:
        typer.echo(json.dumps(evaluation.as_json(), ensure_ascii=False))
        return
    print_scores(evaluation)
    if report is not None:
        output_console.print(f"Report: {report}", markup=False, soft_wrap=True)
