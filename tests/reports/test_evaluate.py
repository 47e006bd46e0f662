"""Scores of a split are those of one confusion matrix at the resolution of the labels."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from pixelwise.data.classes import Classes
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError, SettingError
from pixelwise.inference import Predictor
from pixelwise.reports import Example, evaluate, pick_examples

WritePair = Callable[..., Pair]


@pytest.fixture
def pairs(write_pair: WritePair) -> list[Pair]:
    return [
        write_pair("good", [[0, 0, 1], [0, 1, 255]], [[0, 0, 1], [0, 1, 1]]),
        write_pair("bad", [[0, 0, 1], [0, 1, 1]], [[1, 1, 0], [0, 1, 1]]),
        write_pair("void", [[255, 255, 255], [255, 255, 255]], [[0, 0, 0], [0, 0, 0]]),
    ]


def test_the_score_is_that_of_one_matrix_over_all_images(
    predictor: Predictor, pairs: list[Pair], classes: Classes
) -> None:
    found = evaluate(predictor, pairs, classes, split="val")
    assert found.scores.matrix.tolist() == [[4, 2, 0], [1, 4, 0], [0, 0, 0]]
    assert found.scores.miou == pytest.approx((4 / 7 + 4 / 7) / 2)
    assert found.scores.absent == ("tree",)
    assert found.ignored_pixels == 7
    assert found.images[0].miou == 1
    assert found.images[1].miou == pytest.approx((1 / 4 + 2 / 5) / 2)
    assert math.isnan(found.images[2].miou)


def test_the_protocol_says_what_was_measured(predictor: Predictor, pairs: list[Pair], classes: Classes) -> None:
    found = evaluate(predictor, pairs, classes, split="val")
    assert found.protocol == "mIoU, 2 of 3 classes (the others are absent), val split, 2 × 3, void ignored"


def test_the_json_holds_null_where_nothing_is_defined(
    predictor: Predictor, pairs: list[Pair], classes: Classes
) -> None:
    found = json.loads(json.dumps(evaluate(predictor, pairs[:1], classes).as_json(), allow_nan=False))
    assert found["iou"] == {"road": 1.0, "sky": 1.0, "tree": None}
    assert found["miou_interval"] == [None, None]
    assert found["classes_absent"] == ["tree"]
    assert found["split"] == "test"
    assert found["resolution"] == "2 × 3"
    assert found["images"] == 1
    assert found["seconds_per_image"] > 0
    assert found.keys() >= {"miou", "pixel_accuracy", "class_accuracy", "protocol"}


def test_the_table_has_a_row_per_class(predictor: Predictor, pairs: list[Pair], classes: Classes) -> None:
    road, sky, tree = evaluate(predictor, pairs, classes).table()
    assert road.name == "road"
    assert road.accuracy == pytest.approx(4 / 6)
    assert road.share == pytest.approx(6 / 11)
    assert sky.iou == pytest.approx(4 / 7)
    assert math.isnan(tree.iou)
    assert tree.share == 0


def test_labels_of_another_size_are_scored_at_their_own(
    predictor: Predictor, write_pair: WritePair, classes: Classes
) -> None:
    pair = write_pair("half", [[0] * 8 + [2] * 8] * 8, [[0, 0, 2, 2]] * 2)
    found = evaluate(predictor, [pair], classes)
    assert found.resolution == "8 × 16"
    assert found.scores.matrix.sum() == 8 * 16
    assert found.scores.miou == 1
    example = Example.of(predictor, pair, classes)
    assert example.truth is not None
    assert example.prediction is not None
    assert example.image.shape[:2] == example.truth.shape == example.prediction.shape == (8, 16)


def test_images_of_several_sizes_are_said_to_be_so(
    predictor: Predictor, write_pair: WritePair, classes: Classes
) -> None:
    sizes = [write_pair("a", [[0]], [[0]]), write_pair("b", [[1, 1]], [[1, 1]])]
    assert "various sizes" in evaluate(predictor, sizes, classes).protocol


def test_progress_counts_the_images_and_knows_the_score_so_far(
    predictor: Predictor, pairs: list[Pair], classes: Classes
) -> None:
    seen: list[tuple[int, int, float]] = []
    evaluate(predictor, pairs[:2], classes, progress=lambda *state: seen.append(state))
    assert [state[:2] for state in seen] == [(1, 2), (2, 2)]
    assert seen[0][2] == 1
    assert seen[1][2] == pytest.approx(4 / 7)


def test_examples_are_the_best_the_middle_and_the_worst(
    predictor: Predictor, write_pair: WritePair, classes: Classes
) -> None:
    truth = [[0] * 8 + [1] * 8]
    pairs = [write_pair(f"{wrong:02}", truth, [[0] * (8 - wrong) + [1] * (8 + wrong)]) for wrong in (5, 0, 3, 1, 4, 2)]
    evaluation = evaluate(predictor, pairs, classes)
    examples = pick_examples(predictor, pairs, classes, evaluation, count=2)
    assert [(e.name, e.group) for e in examples] == [
        ("00", "best"), ("01", "best"), ("02", "median"), ("03", "median"), ("05", "worst"), ("04", "worst"),
    ]  # fmt: skip
    assert [e.miou for e in examples] == sorted((e.miou for e in examples[:4]), reverse=True) + [
        image.miou for image in (evaluation.images[0], evaluation.images[4])
    ]


def test_few_images_are_shown_once_each_and_void_ones_never(
    predictor: Predictor, pairs: list[Pair], classes: Classes
) -> None:
    evaluation = evaluate(predictor, pairs, classes)
    examples = pick_examples(predictor, pairs, classes, evaluation, count=3)
    assert sorted(example.name for example in examples) == ["bad", "good"]


def test_no_images_are_refused(predictor: Predictor, classes: Classes) -> None:
    with pytest.raises(DataError) as caught:
        evaluate(predictor, [], classes, split="val")
    assert str(caught.value) == "There are no images in the val split, so there is nothing to score."


def test_other_classes_are_refused(predictor: Predictor, pairs: list[Pair], classes: Classes) -> None:
    with pytest.raises(DataError) as caught:
        evaluate(predictor, pairs, replace(classes, names=("road", "tree", "sky")))
    assert "The model knows 3 classes (road, sky, tree), but the data have 3 (road, tree, sky)" in str(caught.value)


def test_an_image_without_a_mask_is_refused(predictor: Predictor, pairs: list[Pair], classes: Classes) -> None:
    with pytest.raises(DataError) as caught:
        evaluate(predictor, [replace(pairs[0], target=None)], classes)
    assert "has no mask, so it can be predicted but neither trained on nor scored" in str(caught.value)
    assert Example.of(predictor, replace(pairs[0], target=None)).truth is None


def test_a_mask_with_foreign_values_is_named(predictor: Predictor, pairs: list[Pair], classes: Classes) -> None:
    assert pairs[1].target is not None
    Image.fromarray(np.full((2, 3), 99, dtype=np.uint8)).save(pairs[1].target)
    with pytest.raises(DataError) as caught:
        evaluate(predictor, pairs, classes)
    assert "bad_mask.png: The mask holds values that are no class (99" in str(caught.value)


def test_an_image_that_the_model_does_not_take_is_named(
    predictor: Predictor, pairs: list[Pair], classes: Classes, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = predictor.scores

    def scores(image: Tensor, *arguments: Any, **options: Any) -> Tensor:
        if image[:, 0].all():  # that of `void`
            raise SettingError("An image of 2 × 3 pixels is too small.")
        return taken(image, *arguments, **options)

    monkeypatch.setattr(predictor, "scores", scores)
    with pytest.raises(DataError, match=r"void\.png: An image of 2 × 3 pixels is too small\."):
        evaluate(predictor, pairs, classes)
