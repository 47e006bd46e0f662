"""The report of a training whose targets are pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import Pair
from pixelwise.inference.predictor import Predictor
from pixelwise.reports.choice import choose
from pixelwise.reports.page import GROUPS, data_uri, write_page
from pixelwise.reports.picture_scores import PictureEvaluation, PictureScore, given_image
from pixelwise.tasks import PictureTask

__all__ = ["middle_uri", "write_picture_report"]

_PANEL = 360  # pixels: width to which pictures are cut, so that each pixel can be seen
_OF_EACH = 2  # pictures of a group


def write_picture_report(  # noqa: PLR0913 - what a page shows
    path: str | Path,
    *,
    title: str,
    predictor: Predictor,
    pairs: Sequence[Pair],
    evaluation: PictureEvaluation | None,
    history: Sequence[Mapping[str, Any]] = (),
    decisions: Sequence[Decision] = (),
    plan: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
) -> None:
    """Write a report as one html file: scores, what was given, made and wanted, curves, decisions, settings.

    Args:
        path: File to write.
        title: Heading, such as the name of the data.
        predictor: The model.
        pairs: Those that were evaluated, in the same order.
        evaluation: The scores; None where there was nothing to score.
        history: Rows of `metrics.jsonl`.
        decisions: What was decided, and why.
        plan: The settings, nested.
        environment: Versions and machine.

    Raises:
        OutputError: If the file cannot be written.
    """
    task = predictor.task
    results: dict[str, Any] = {"evaluation": evaluation}
    if evaluation is not None and isinstance(task, PictureTask):
        name = evaluation.metrics[0]
        gain = evaluation.values[name] - evaluation.baseline[name]
        results |= {
            "headline": {
                "value": _number(name, evaluation.values[name]),
                "title": _title(name),
                "gain": f"{gain:+.2f} against what was given" if gain else "as good as what was given",
            },
            "rows": [_row(evaluation, metric) for metric in evaluation.metrics],
            "heads": ("Given", "Made", "Wanted"),
            "groups": _groups(predictor, task, pairs, evaluation),
            "enlarges": task.scale > 1,
        }
    write_page(
        path,
        "pictures.html.j2",
        title=title,
        results=results,
        history=history,
        decisions=decisions,
        plan=plan,
        environment=environment,
    )


def _row(evaluation: PictureEvaluation, name: str) -> dict[str, str]:
    made, given = evaluation.values[name], evaluation.baseline[name]
    sign = "+" if made >= given else "−"
    return {
        "name": name,
        "made": _number(name, made),
        "given": _number(name, given),
        "gain": sign + _number(name, abs(made - given)),
    }


def _title(name: str) -> str:
    return "dB PSNR" if name.startswith("psnr") else name.partition("_")[0].upper()


def _number(name: str, value: float) -> str:
    return f"{value:.2f}" if name.startswith("psnr") else f"{value:.4f}"


def _groups(
    predictor: Predictor, task: PictureTask, pairs: Sequence[Pair], evaluation: PictureEvaluation
) -> list[dict[str, Any]]:
    """The best, the middle and the worst pictures: what was given, made and wanted."""
    name = evaluation.metrics[0]
    scores = evaluation.images
    shown: set[int] = set()
    found: dict[str, list[dict[str, Any]]] = {}
    for group, chosen in choose([s.name for s in scores], [s.values[name] for s in scores], _OF_EACH):
        for index in chosen:
            if index not in shown:
                shown.add(index)
                found.setdefault(group, []).append(_example(predictor, task, pairs[index], index, scores[index], name))
    return [
        {"heading": heading, "examples": found[group]}
        for group, heading in GROUPS.items()
        if group is not None and group in found
    ]


def _example(
    predictor: Predictor, task: PictureTask, pair: Pair, index: int, score: PictureScore, name: str
) -> dict[str, Any]:
    image, target = given_image(pair, task.degradations, task.scale, index)
    made = predictor.picture(image).pixels
    given = image.repeat(task.scale, axis=0).repeat(task.scale, axis=1)
    return {
        "name": pair.name,
        "score": f"{_number(name, score.values[name])} {_title(name)}, given {_number(name, score.baseline[name])}",
        "pictures": [
            (title, middle_uri(picture)) for title, picture in (("Given", given), ("Made", made), ("Wanted", target))
        ],
    }


def middle_uri(picture: NDArray[np.uint8]) -> str:
    """The middle of a picture `(H, W, 3)` uint8 for a page, no pixel of it resampled."""
    height, width = picture.shape[:2]
    top, left = max(0, (height - _PANEL) // 2), max(0, (width - _PANEL) // 2)
    return data_uri(Image.fromarray(picture[top : top + _PANEL, left : left + _PANEL]), "PNG")
