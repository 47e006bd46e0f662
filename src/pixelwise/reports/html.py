"""The report of a training or an evaluation: one html file that needs nothing beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pixelwise.data.dataset import Decision
from pixelwise.reports.evaluate import Evaluation
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import ERRORS, VOID, error_map, shown_classes, stretched, tint
from pixelwise.reports.page import GROUPS, data_uri, write_page

__all__ = ["write_report"]

_PANEL = 480  # pixels: width to which pictures are reduced
_LARGEST_MATRIX = 24  # classes; a larger matrix cannot be read
_CONFUSIONS = 6  # pairs of classes that are listed


@dataclass(frozen=True)
class _Confusion:
    """A class that is taken for another.

    Attributes:
        truth: Name of the true class.
        guess: Name of the predicted class.
        of_truth: Share of the true class's pixels, 0 to 1.
        of_all: Share of all counted pixels, 0 to 1.
    """

    truth: str
    guess: str
    of_truth: float
    of_all: float


def write_report(
    path: str | Path,
    *,
    title: str,
    evaluation: Evaluation | None,
    examples: Sequence[Example] = (),
    history: Sequence[Mapping[str, Any]] = (),
    decisions: Sequence[Decision] = (),
    plan: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
) -> None:
    """Write a report as one html file without any reference to another.

    Args:
        path: File to write.
        title: Heading, such as the name of the data.
        evaluation: The scores; None where there was nothing to score.
        examples: Images to show, as `pick_examples` returns them; shown only with an evaluation.
        history: Rows of `metrics.jsonl`.
        decisions: What was decided, and why.
        plan: The settings, nested; an entry `decisions` is left out, being shown above.
        environment: Versions and machine.

    Raises:
        OutputError: If the file cannot be written.
    """
    results = {
        "evaluation": evaluation,
        "rows": [] if evaluation is None else _class_rows(evaluation),
        "matrix": [] if evaluation is None else _matrix(evaluation),
        "confusions": [] if evaluation is None else _confusions(evaluation),
        "groups": [] if evaluation is None else _groups(examples, evaluation),
        "legend": [] if evaluation is None else _legend(examples, evaluation),
    }
    write_page(
        path,
        "report.html.j2",
        title=title,
        results=results,
        history=history,
        decisions=decisions,
        plan=plan,
        environment=environment,
    )


def _class_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The classes from the highest IoU to the lowest, absent ones last."""
    rows = zip(evaluation.table(), evaluation.classes.colors, strict=True)
    ranked = sorted(rows, key=lambda row: -1 if math.isnan(row[0].iou) else row[0].iou, reverse=True)
    return [{"score": row, "color": color, "is_absent": math.isnan(row.iou)} for row, color in ranked]


def _matrix(evaluation: Evaluation) -> list[list[float]]:
    """Share of each true class (row) by predicted class; nan in rows without truth, nothing if it were too large."""
    if evaluation.classes.num_classes > _LARGEST_MATRIX or evaluation.classes.multilabel:
        return []
    counts = evaluation.scores.matrix.double()
    return (counts / counts.sum(dim=1, keepdim=True)).tolist()


def _confusions(evaluation: Evaluation) -> list[_Confusion]:
    """The pairs of classes that the most pixels are confused between."""
    if evaluation.classes.multilabel:
        return []  # none is taken for another
    counts = evaluation.scores.matrix.clone().fill_diagonal_(0)
    names, support = evaluation.scores.names, evaluation.scores.support
    found = []
    for place in counts.flatten().argsort(descending=True)[:_CONFUSIONS].tolist():
        truth, guess = divmod(place, len(names))
        pixels = int(counts[truth, guess])
        if pixels:
            found.append(_Confusion(names[truth], names[guess], pixels / support[truth], pixels / sum(support)))
    return found


def _groups(examples: Sequence[Example], evaluation: Evaluation) -> list[dict[str, Any]]:
    """The examples with their pictures, the worst first, because they teach the most."""
    groups = []
    for group, heading in GROUPS.items():
        shown = [
            {
                "name": example.name,
                "miou": example.miou,
                "pictures": _pictures(example, evaluation),
                "is_stretched": stretched(example.image) is not None,
            }
            for example in examples
            if example.group == group
        ]
        if shown:
            groups.append({"heading": heading, "examples": shown})
    return groups


def _legend(examples: Sequence[Example], evaluation: Evaluation) -> list[tuple[str, tuple[int, int, int]]]:
    classes = evaluation.classes
    entries = [(classes.names[i], classes.colors[i]) for i in shown_classes(examples, classes)]
    if evaluation.ignored_pixels:
        entries.append(("ignored", VOID))
    return entries


def _pictures(example: Example, evaluation: Evaluation) -> list[tuple[str, str]]:
    """Title and data URI of each picture of an example, reduced in size."""
    step = max(1, math.ceil(example.image.shape[1] / _PANEL))
    height, width = (max(1, side // step) for side in example.image.shape[:2])
    image = example.image if (light := stretched(example.image)) is None else light
    photo = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
    pictures = [("Image", data_uri(Image.fromarray(photo), "WEBP"))]
    masks = {"Truth": example.truth, "Prediction": example.prediction}
    known = {title: mask for title, mask in masks.items() if mask is not None}
    small = {title: mask[..., ::step, ::step][..., :height, :width] for title, mask in known.items()}
    for title, mask in small.items():
        pictures.append((title, data_uri(Image.fromarray(tint(photo, mask, evaluation.classes)), "WEBP")))
    if len(small) == 2:
        errors = Image.fromarray(error_map(photo, small["Truth"], small["Prediction"]))
        pictures.append((ERRORS, data_uri(errors, "WEBP")))
    return pictures
