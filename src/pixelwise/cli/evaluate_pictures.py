"""`pixelwise evaluate MODEL FOLDER`, for models that make pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pixelwise.cli.console import ConsoleDisplay
    from pixelwise.data.pictures import Pictures
    from pixelwise.inference import Predictor
    from pixelwise.reports.picture_scores import PictureEvaluation
    from pixelwise.reports.set_scores import SetEvaluation
    from pixelwise.training.run import Run

__all__ = ["evaluate_pictures"]

_LEARNT = (
    "These are as many pictures of the same sizes as the training had, so most were probably trained on, and the score "
    "flatters. Give the run folder with the folder that it was trained on: what it held out is then scored."
)


def evaluate_pictures(
    predictor: Predictor,
    model: Path,
    data: Path,
    split: str | None,
    *,
    tta: bool,
    reverse: bool,
    as_json: bool,
    report: Path | None,
) -> None:
    """Score a model on pictures: pairs, or targets of which the images are made as they were in training.

    Args:
        predictor: The model.
        model: Where it was loaded from; a run folder, and a file in one, know what was held out.
        data: The folder.
        split: Which split; None takes test, else val, else train, or all pictures of a folder without splits.
        tta: Whether to average over several views of each image.
        reverse: Whether the right half of each picture, or the second kind, goes in; a run knows which it was.
        as_json: Whether to print JSON.
        report: A page to write.
    """
    from pixelwise.cli.console import ConsoleDisplay, output_console, print_picture_scores
    from pixelwise.cli.splits import choose_split
    from pixelwise.data.dataset import WHOLE
    from pixelwise.data.pictures import layout_to_score, read_pictures
    from pixelwise.tasks import PictureTask
    from pixelwise.workflow import run_of, splits_in_training

    task = predictor.task
    is_made = isinstance(task, PictureTask) and bool(task.degradations)
    layout = layout_to_score(data, predictor.description.task.name, is_made=is_made)
    with ConsoleDisplay() as display:
        is_reversed = _is_reversed(run_of(model), data, reverse, display.say)
        pictures = read_pictures(
            data,
            layout,
            scale=task.scale,
            image_is_left=not is_reversed,
            is_scored=True,
            progress=display.counter("Reading the pictures"),
        )
        for decision in pictures.decisions:
            display.say(f"{decision.what}: {decision.why}.")
        own = splits_in_training(model, data, pictures.splits)
        chosen = choose_split(pictures.splits, own, split, display.say)
        if own is None and chosen in ("train", WHOLE) and _are_alike(predictor, pictures):
            display.say(_LEARNT)
        if own is not None:
            others = splits_in_training(model, data, pictures.others) or {}
            pictures = replace(pictures, splits=own, others=others)
        evaluation, write = _scored(predictor, pictures, chosen, tta=tta, display=display)
    if report is not None:
        write(report)
    if as_json:
        typer.echo(json.dumps(evaluation.as_json(), ensure_ascii=False))
        return
    print_picture_scores(evaluation)
    if report is not None:
        output_console.print(f"Report: {report}", markup=False, soft_wrap=True)


def _is_reversed(run: Run | None, data: Path, reverse: bool, say: Callable[[str], None]) -> bool:
    """Whether the right half, or the second kind, goes in: as a run has learnt it, or as was said.

    Raises:
        SettingError: If it was said of the pictures that a run has learnt from the other way round.
    """
    from pixelwise.errors import SettingError

    if run is None or run.source.pictures is None:
        return reverse
    is_learnt = not run.source.pictures.image_is_left
    if is_learnt and not reverse:
        say("Scored the way round that was learnt: the training was told --reverse.")
    if reverse and not is_learnt:
        if run.source.root == data.resolve():
            raise SettingError(
                f"The training of {run.folder} was not told --reverse, so its model knows the other direction only. "
                "Leave --reverse out, or train with it."
            )
        say("Scored the other way round than was learnt (--reverse): right only if these pictures lie so.")
    return reverse or is_learnt


def _are_alike(predictor: Predictor, pictures: Pictures) -> bool:
    """Whether these are as many pictures of the same sizes as those that a model was trained and scored on."""
    learnt = predictor.description.fingerprint
    found = pictures.fingerprint()

    def sizes(of: Mapping[str, Any]) -> set[tuple[int, int, int]]:
        return {(one["height"], one["width"], one["images"]) for one in of.get("sizes", ())}

    return learnt.get("layout") == found["layout"] and sizes(learnt) == sizes(found)


def _scored(
    predictor: Predictor, pictures: Pictures, split: str, *, tta: bool, display: ConsoleDisplay
) -> tuple[PictureEvaluation | SetEvaluation, Callable[[Path], None]]:
    """The scores of a split, and what writes their page."""
    from pixelwise.reports.page import Account, write_page
    from pixelwise.reports.picture_page import picture_content, set_content
    from pixelwise.reports.picture_scores import evaluate_pictures as score
    from pixelwise.reports.set_scores import SetScorer

    def counted(done: int, total: int, _: float) -> None:
        display.working("Scoring the pictures", done, total)

    pairs, account = pictures.splits[split], Account(f"{pictures.root.resolve().name}, {split}")
    if pictures.layout == "domains":
        others = pictures.others.get(split, ())
        of_set = SetScorer(others, predictor.device).score(predictor, pairs, split=split, tta=tta, progress=counted)
        return of_set, lambda path: write_page(path, account, set_content(predictor, pairs, others, of_set))
    of_pairs = score(predictor, pairs, split=split, tta=tta, progress=counted)
    return of_pairs, lambda path: write_page(path, account, picture_content(predictor, pairs, of_pairs))
