"""What is said of a final model that is no better than none."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from pixelwise.artifact import MeasuredScores
from pixelwise.data.classes import Classes
from pixelwise.metrics import SegmentationScores
from pixelwise.reports.evaluate import Evaluation
from pixelwise.training.run import Run
from pixelwise.workflow.masks import floor_of_masks
from pixelwise.workflow.outcome import Outcome
from pixelwise.workflow.subject import Verdict

CLASSES = Classes(
    names=("sky", "road", "tree"), values=(0, 1, 2), ignore_values=(), colors=((0, 0, 0),) * 3, binary=False
)


def outcome(value: float, floor: float, *, is_distance: bool = False) -> Outcome:
    run = SimpleNamespace(folder=Path("runs/a"), plan=SimpleNamespace(training=SimpleNamespace(learning_rate=0.1)))
    measured = MeasuredScores(split="val", values={}, protocol="")
    verdict = Verdict("miou", "mIoU", value, measured, None, floor, "one class for all pixels", is_distance=is_distance)
    return Outcome(cast(Run, run), verdict, True, 1.0, epochs=2.0)


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


def test_a_distance_that_is_no_smaller_is_no_better() -> None:
    assert "is no better than" in str(outcome(0.21, 0.2, is_distance=True).failure)
    assert outcome(0.2, 0.2, is_distance=True).failure is not None
    assert outcome(0.19, 0.2, is_distance=True).doubts == outcome(0.1, math.nan, is_distance=True).doubts == {}


def test_one_class_for_all_pixels_scores_its_share_among_the_classes_that_there_are() -> None:
    floor, _ = floor_of_masks(evaluation([[10, 50, 0], [20, 0, 20], [0, 0, 0]]))
    assert floor == pytest.approx((60 / 100 + 0) / 2)  # sky for all: 60 of 100 pixels, and no road
    assert math.isnan(floor_of_masks(evaluation([[10, 50, 0], [0, 0, 0], [0, 0, 0]]))[0])
