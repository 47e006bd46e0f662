"""What is said of a final model that is no better than none."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from pixelwise.artifact import MeasuredScores
from pixelwise.data.classes import Classes
from pixelwise.metrics import SegmentationScores
from pixelwise.reports.evaluate import Evaluation
from pixelwise.reports.picture_scores import PictureEvaluation, PictureScore
from pixelwise.tasks import TASKS
from pixelwise.training.run import Run
from pixelwise.workflow.masks import floor_of_masks
from pixelwise.workflow.outcome import Outcome
from pixelwise.workflow.pictures import floor_of_pictures
from pixelwise.workflow.subject import Verdict

CLASSES = Classes(
    names=("sky", "road", "tree"), values=(0, 1, 2), ignore_values=(), colors=((0, 0, 0),) * 3, binary=False
)


def outcome(value: float, floor: float, *, is_distance: bool = False, epochs: float = 2.0) -> Outcome:
    run = SimpleNamespace(folder=Path("runs/a"), plan=SimpleNamespace(training=SimpleNamespace(learning_rate=0.1)))
    measured = MeasuredScores(split="val", values={}, protocol="")
    verdict = Verdict("miou", "mIoU", value, measured, None, floor, "one class for all pixels", is_distance=is_distance)
    return Outcome(cast(Run, run), verdict, True, 1.0, epochs=epochs)


def evaluation(matrix: list[list[int]]) -> Evaluation:
    scores = SegmentationScores(torch.tensor(matrix), CLASSES.names)
    return Evaluation(CLASSES, scores, (math.nan, math.nan), (), "val", None, 0, 0.0)


def test_a_score_that_needs_no_image_is_said_with_what_to_do() -> None:
    assert outcome(0.15, 0.2).doubts == {
        "nothing learnt shows": "Warning: val mIoU 0.150 is no better than what one class for all pixels scores "
        "(0.200), so that nothing learnt shows: train for longer, or with a lower rate than 0.1 (--set "
        "training.learning_rate=0.01)."
    }
    assert outcome(0.2, 0.2).failure is not None
    assert outcome(0.21, 0.2).doubts == outcome(0.1, math.nan).doubts == {}


def test_of_less_than_one_epoch_nothing_but_the_length_is_blamed() -> None:
    said = str(outcome(0.15, 0.2, epochs=0.9).failure)
    assert said.endswith("so that nothing learnt shows: train for longer.")
    assert outcome(0.15, 0.2, epochs=1.0).failure == outcome(0.15, 0.2).failure


def test_pictures_have_to_beat_what_was_given_unless_they_are_to_look_real() -> None:
    score = PictureScore("a", {"psnr_rgb": 18.4}, {"psnr_rgb": 25.91}, of_one_color=12.0)
    of_pictures = PictureEvaluation(("psnr_rgb",), (score,), "val", 0.1)
    tasks: dict[str, list[dict[str, Any]]] = {
        "restoration": [{"degrade": "grey", "predicts": "color"}, {"loss": "perceptual"}, {"adversarial": "nogan"}],
        "super_resolution": [{"scale": 2}],
        "paired_translation": [{}, {"adversarial_weight": 0.0}],
    }
    floors = {
        name: [floor_of_pictures(of_pictures, TASKS[name].build(**arguments)) for arguments in several]
        for name, several in tasks.items()
    }
    color = (12.0, "a single colour for each picture")
    assert floors == {
        "restoration": [(25.91, "the image itself"), color, color],
        "super_resolution": [(25.91, "bicubic enlargement")],
        "paired_translation": [color, (25.91, "the image itself")],
    }


def test_a_distance_that_is_no_smaller_is_no_better() -> None:
    assert "is no better than" in str(outcome(0.21, 0.2, is_distance=True).failure)
    assert outcome(0.2, 0.2, is_distance=True).failure is not None
    assert outcome(0.19, 0.2, is_distance=True).doubts == outcome(0.1, math.nan, is_distance=True).doubts == {}


def test_one_class_for_all_pixels_scores_its_share_among_the_classes_that_there_are() -> None:
    floor, _ = floor_of_masks(evaluation([[10, 50, 0], [20, 0, 20], [0, 0, 0]]))
    assert floor == pytest.approx((60 / 100 + 0) / 2)  # sky for all: 60 of 100 pixels, and no road
    assert math.isnan(floor_of_masks(evaluation([[10, 50, 0], [0, 0, 0], [0, 0, 0]]))[0])
