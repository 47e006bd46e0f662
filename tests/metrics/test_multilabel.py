"""Classes that overlap are scored each against the rest, pixel by pixel."""

from __future__ import annotations

import math

import pytest
import torch
from torchmetrics.functional.classification import multilabel_jaccard_index

from pixelwise.metrics import MultilabelScores, bootstrap_interval, multilabel_counts

NAMES = ("a", "b", "c")


def test_iou_is_that_of_torchmetrics() -> None:
    torch.manual_seed(0)
    guess, truth = torch.randint(0, 2, (3, 8, 9)), torch.randint(0, 2, (3, 8, 9))
    scores = MultilabelScores(multilabel_counts(guess, truth), NAMES)
    flat = guess.flatten(1).T, truth.flatten(1).T
    wanted = multilabel_jaccard_index(*flat, num_labels=3, average=None)
    assert torch.allclose(torch.tensor(scores.iou), wanted)
    assert scores.miou == pytest.approx(wanted.mean().item())
    assert scores.pixel_accuracy == pytest.approx((guess == truth).float().mean().item())


def test_a_class_that_is_nowhere_has_no_iou_and_ignored_pixels_do_not_count() -> None:
    truth = torch.tensor([[1, 1, 0, 255], [0, 0, 0, 0]])
    guess = torch.tensor([[1, 0, 0, 1], [0, 0, 0, 0]])
    scores = MultilabelScores(multilabel_counts(guess, truth), ("a", "b"))
    assert scores.iou[0] == 0.5
    assert math.isnan(scores.iou[1])
    assert (scores.miou, scores.absent, scores.support, scores.num_pixels) == (0.5, ("b",), (2, 0), 4)
    assert repr(scores).startswith("MultilabelScores(mIoU 0.500, pixel accuracy 0.")
    assert repr(scores).endswith("; IoU: a 0.500, b nan)")


def test_the_interval_is_around_the_score() -> None:
    torch.manual_seed(0)
    truth = torch.randint(0, 2, (20, 2, 50))
    guess = torch.where(torch.rand(20, 2, 50) < 0.8, truth, 1 - truth)
    counts = torch.stack([multilabel_counts(*both) for both in zip(guess, truth, strict=True)])
    low, high = bootstrap_interval(counts)
    assert low < MultilabelScores(counts.sum(0), ("a", "b")).miou < high


def test_other_values_are_refused() -> None:
    with pytest.raises(ValueError, match="Predictions hold 0 and 1"):
        multilabel_counts(torch.tensor([[2]]), torch.tensor([[1]]))
    with pytest.raises(ValueError, match=r"The prediction is \(1, 1\), but the target is \(1, 2\)"):
        multilabel_counts(torch.tensor([[1]]), torch.tensor([[1, 0]]))
