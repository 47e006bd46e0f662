"""What the report of a training or an evaluation on masks shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from pixelwise.reports.calibration import calibration_in_words, reliability_curve
from pixelwise.reports.confusions import Confusion, most_confused
from pixelwise.reports.evaluate import Evaluation
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import ERRORS, VOID, error_map, shown_classes, stretched, tint
from pixelwise.reports.page import GROUPS, Content, data_uri, themed

__all__ = ["mask_content"]

_PANEL = 480  # pixels: width to which pictures are reduced
_LARGEST_MATRIX = 24  # classes; a larger matrix cannot be read
_CONFUSIONS = 6  # pairs of classes that are listed


def mask_content(evaluation: Evaluation | None, examples: Sequence[Example] = (), *, temperature: str = "") -> Content:
    """Scores by class, what is taken for what, how far probabilities are to be trusted, and examples.

    Args:
        evaluation: The scores; None where there was nothing to score.
        examples: Images to show, as `pick_examples` returns them; shown only with an evaluation.
        temperature: What raw scores were divided by, or why they were not, as a sentence.
    """
    values = {
        "evaluation": evaluation,
        "rows": [] if evaluation is None else _class_rows(evaluation),
        "matrix": [] if evaluation is None else _matrix(evaluation),
        "confusions": [] if evaluation is None else _confusions(evaluation),
        "calibration": None if evaluation is None else _calibration(evaluation, temperature),
        "groups": [] if evaluation is None else _groups(examples, evaluation),
        "legend": [] if evaluation is None else _legend(examples, evaluation),
    }
    return Content("report.html.j2", values)


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


def _confusions(evaluation: Evaluation) -> list[Confusion]:
    """The pairs of classes that the most pixels are confused between."""
    if evaluation.classes.multilabel:
        return []  # none is taken for another
    return most_confused(evaluation.scores, _CONFUSIONS)


def _calibration(evaluation: Evaluation, temperature: str) -> dict[str, Any] | None:
    """What the calibration error means, and its plot where there is one; None where nothing tells of probabilities."""
    if evaluation.sample is None or not (meaning := calibration_in_words(evaluation.sample)):
        return None
    curve = reliability_curve(evaluation.sample.reliability())
    return {
        "meaning": meaning,
        "temperature": temperature,
        "curve": None if curve is None else (curve.title, curve.note, themed(curve)),
    }


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
