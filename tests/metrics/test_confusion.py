"""The confusion matrix and what follows from it, held to torchmetrics and to sums by hand."""

from __future__ import annotations

import math
import time

import pytest
import torch
from torch import Tensor

from pixelwise.metrics import SegmentationScores, bootstrap_interval, confusion_matrix

NAMES = ("road", "sky", "tree", "car", "sign")


def example(seed: int = 0, absent: int | None = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(5, (6, 32, 32), generator=generator)
    prediction = torch.where(torch.rand(target.shape, generator=generator) < 0.7, target, target.roll(1, 0))
    if absent is not None:
        target[target == absent] = 0
        prediction[prediction == absent] = 1
    target[torch.rand(target.shape, generator=generator) < 0.1] = 255
    return prediction, target


def scores(prediction: Tensor, target: Tensor) -> SegmentationScores:
    return SegmentationScores(confusion_matrix(prediction, target, 5), NAMES)


def test_a_matrix_by_hand_gives_the_scores_by_hand() -> None:
    truth = torch.tensor([[0, 0, 0, 1], [1, 1, 2, 255]], dtype=torch.uint8)
    guess = torch.tensor([[0, 0, 1, 1], [1, 2, 2, 2]], dtype=torch.uint8)
    matrix = confusion_matrix(guess, truth, 3)
    assert matrix.tolist() == [[2, 1, 0], [0, 2, 1], [0, 0, 1]]
    assert matrix.dtype == torch.int64
    result = SegmentationScores(matrix, ("a", "b", "c"))
    assert result.iou == pytest.approx((2 / 3, 2 / 4, 1 / 2))
    assert result.miou == pytest.approx((2 / 3 + 1 / 2 + 1 / 2) / 3)
    assert result.pixel_accuracy == pytest.approx(5 / 7)
    assert result.accuracy == pytest.approx((2 / 3, 2 / 3, 1))
    assert result.class_accuracy == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert result.support == (3, 3, 1)
    assert result.absent == ()
    assert repr(result) == "SegmentationScores(mIoU 0.556, pixel accuracy 0.714; IoU: a 0.667, b 0.500, c 0.500)"


def test_of_many_classes_the_first_are_shown() -> None:
    names = tuple(f"c{number}" for number in range(30))
    shown = repr(SegmentationScores(torch.eye(30, dtype=torch.int64), names))
    assert shown.endswith("c23 1.000, … (30 classes))")


@pytest.mark.parametrize("absent", [None, 4])
def test_scores_equal_those_of_torchmetrics(absent: int | None) -> None:
    functional = pytest.importorskip("torchmetrics.functional.classification")
    prediction, target = example(absent=absent)
    ours = scores(prediction, target)
    options = {"num_classes": 5, "ignore_index": 255}
    jaccard = functional.multiclass_jaccard_index(prediction, target, average="macro", **options)
    micro = functional.multiclass_accuracy(prediction, target, average="micro", **options)
    macro = functional.multiclass_accuracy(prediction, target, average="macro", **options)
    assert ours.miou == pytest.approx(float(jaccard), abs=1e-6)
    assert ours.pixel_accuracy == pytest.approx(float(micro), abs=1e-6)
    assert ours.class_accuracy == pytest.approx(float(macro), abs=1e-6)


def test_a_class_absent_from_both_sides_is_left_out_and_named() -> None:
    result = scores(*example(absent=4))
    assert math.isnan(result.iou[4])
    assert result.absent == ("sign",)
    assert result.miou == pytest.approx(sum(result.iou[:4]) / 4)


def test_a_class_that_is_only_predicted_counts_zero() -> None:
    functional = pytest.importorskip("torchmetrics.functional.classification")
    prediction, target = example(absent=4)
    prediction[0, 0, :] = 4
    target[0, 0, :] = 0
    result = scores(prediction, target)
    assert result.iou[4] == 0
    assert result.accuracy[4] == 0
    assert result.absent == ()
    jaccard = functional.multiclass_jaccard_index(prediction, target, 5, average="macro", ignore_index=255)
    assert result.miou == pytest.approx(float(jaccard), abs=1e-6)


def test_matrices_of_parts_add_up_to_the_matrix_of_the_whole() -> None:
    prediction, target = example()
    parts = [confusion_matrix(p, t, 5) for p, t in zip(prediction, target, strict=True)]
    assert torch.stack(parts).sum(0).equal(confusion_matrix(prediction, target, 5))


def test_scores_of_nothing_but_void_are_nan() -> None:
    result = scores(torch.zeros(2, 2, dtype=torch.uint8), torch.full((2, 2), 255, dtype=torch.uint8))
    assert math.isnan(result.miou)
    assert math.isnan(result.pixel_accuracy)
    assert math.isnan(result.class_accuracy)
    assert result.absent == NAMES


def test_an_empty_target_gives_an_empty_matrix() -> None:
    empty = torch.zeros(0, dtype=torch.uint8)
    assert confusion_matrix(empty, empty, 2).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("prediction", "target", "words"),
    [
        ([0, 5], [0, 0], "The prediction holds a value outside"),
        ([0, 0], [0, 5], "The target holds a value that is neither in"),
        ([0, 0], [0, 6], "The target holds a value that is neither in"),
        ([0, 0], [0, -1], "The target holds a value that is neither in"),
        ([0], [0, 1], "The prediction is (1,), but the target is (2,)"),
    ],
)
def test_values_out_of_range_are_refused(prediction: list[int], target: list[int], words: str) -> None:
    with pytest.raises(ValueError) as caught:
        confusion_matrix(torch.tensor(prediction), torch.tensor(target), 5)
    assert words in str(caught.value)


def test_the_interval_holds_the_score_and_is_the_same_every_time() -> None:
    prediction, target = example()
    matrices = torch.stack([confusion_matrix(p, t, 5) for p, t in zip(prediction, target, strict=True)])
    low, high = bootstrap_interval(matrices)
    assert low < SegmentationScores(matrices.sum(0), NAMES).miou < high
    assert (low, high) == bootstrap_interval(matrices)
    assert (low, high) != bootstrap_interval(matrices, seed=1)


def test_the_interval_equals_one_drawn_image_by_image() -> None:
    generator = torch.Generator().manual_seed(3)
    matrices = torch.randint(50, (8, 3, 3), generator=generator)
    drawn = torch.randint(8, (200, 8), generator=torch.Generator().manual_seed(0))
    mious = torch.tensor(
        [SegmentationScores(matrices[row].sum(0), NAMES[:3]).miou for row in drawn], dtype=torch.float64
    )
    expected = mious.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))
    assert bootstrap_interval(matrices, resamples=200) == pytest.approx(tuple(expected.tolist()), abs=1e-12)


def test_equal_images_leave_no_doubt() -> None:
    matrices = torch.tensor([[3, 1], [2, 4]]).expand(5, 2, 2)
    low, high = bootstrap_interval(matrices)
    assert low == pytest.approx(high)


def test_one_image_has_no_interval() -> None:
    assert all(math.isnan(bound) for bound in bootstrap_interval(torch.ones(1, 2, 2, dtype=torch.int64)))


def test_a_class_that_few_images_show_does_not_make_the_interval_nan() -> None:
    matrices = torch.zeros(10, 3, 3, dtype=torch.int64)
    matrices[:, 0, 0] = 5
    matrices[0, 1, 1] = 5
    assert bootstrap_interval(matrices) == (1.0, 1.0)


def test_the_interval_of_a_large_split_takes_less_than_a_second() -> None:
    matrices = torch.randint(100, (2000, 19, 19), generator=torch.Generator().manual_seed(0))
    start = time.perf_counter()
    bootstrap_interval(matrices)
    assert time.perf_counter() - start < 1
