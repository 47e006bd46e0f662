"""Pictures show what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelwise.data.classes import Classes
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import (
    VOID,
    WRONG,
    colorize,
    contact_sheet,
    error_map,
    legend_picture,
    shown_classes,
    side_by_side,
    stretched,
    tint,
)


@pytest.fixture
def example() -> Example:
    truth = np.zeros((30, 40), dtype=np.uint8)
    truth[:, 20:] = 1
    truth[-5:] = 255
    prediction = np.where(truth == 255, 0, truth).astype(np.uint8)
    prediction[0, 0] = 1
    image = np.full((30, 40, 3), 200, dtype=np.uint8)
    return Example("street", image, prediction, truth, miou=0.5)


def test_indices_become_the_colours_of_their_classes(classes: Classes) -> None:
    shown = colorize(np.array([[0, 2, 255]], dtype=np.uint8), classes)
    assert shown.tolist() == [[list(classes.colors[0]), list(classes.colors[2]), list(VOID)]]


def test_errors_are_yellow_and_the_rest_is_darker_and_grey(example: Example) -> None:
    assert example.truth is not None
    assert example.prediction is not None
    shown = error_map(example.image, example.truth, example.prediction)
    assert tuple(shown[0, 0]) == WRONG
    assert np.ptp(shown[1, 1]) == 0
    assert shown[shown[..., 2] != WRONG[2]].max() < 160
    assert (shown == WRONG).all(axis=2).sum() == 1


def test_the_image_is_seen_beneath_the_classes(classes: Classes) -> None:
    image = np.array([[[0, 0, 0], [255, 255, 255], [9, 9, 9]]], dtype=np.uint8)
    mask = np.array([[1, 1, 255]], dtype=np.uint8)
    shown = tint(image, mask, classes)
    assert shown[0, 0].sum() < shown[0, 1].sum()
    assert tuple(shown[0, 2]) == VOID
    binary = Classes(("background", "object"), (0, 1), (), classes.colors[:2], True)
    assert tint(image, mask * 0, binary).tolist() == image.tolist()


def test_only_dark_images_are_stretched() -> None:
    dark = np.linspace(0, 40, 1200).reshape(20, 20, 3).astype(np.uint8)
    light = stretched(dark)
    assert light is not None
    assert light.max() > 230
    assert stretched(dark * 5) is None
    assert stretched(np.zeros((4, 4, 3), dtype=np.uint8)) is None


def test_a_legend_shows_every_class_in_its_colour(classes: Classes) -> None:
    picture = legend_picture(classes)
    assert all((picture == color).all(axis=2).any() for color in classes.colors)
    many = Classes(tuple(map(str, range(150))), tuple(range(150)), (), ((1, 2, 3),) * 150, False)
    assert legend_picture(many).shape[0] < 1000


def test_only_classes_that_occur_are_in_the_legend(example: Example, classes: Classes) -> None:
    assert shown_classes([example], classes) == [0, 1]


def test_a_row_has_four_panels_and_an_image_without_truth_two(example: Example, classes: Classes) -> None:
    row = side_by_side(example, classes, width=800)
    assert row.shape[1:] == (800, 3)
    assert row.dtype == np.uint8
    wrong = (row == WRONG).all(axis=2).any(axis=0).nonzero()[0]
    assert wrong.min() > 590  # in the fourth panel only
    wider = side_by_side(replace(example, truth=None), classes, width=800)
    assert wider.shape[0] > row.shape[0]  # two panels are larger than four
    assert not (wider == WRONG).all(axis=2).any()


def test_a_sheet_has_a_row_per_example_and_one_legend(example: Example, classes: Classes) -> None:
    one, three = (contact_sheet([example] * count, classes, width=600).shape[0] for count in (1, 3))
    two = contact_sheet([example, replace(example, prediction=None)], classes, width=600).shape[0]
    assert three - one == 2 * (two - one) > 0


def test_many_classes_take_several_lines_of_legend(example: Example) -> None:
    many = Classes(
        names=tuple(f"a class with a long name {i}" for i in range(30)),
        values=tuple(range(30)),
        ignore_values=(),
        colors=((9, 9, 9),) * 30,
        binary=False,
    )
    crowded = replace(example, prediction=np.arange(1200, dtype=np.uint8).reshape(30, 40) % 30)
    assert side_by_side(crowded, many, width=600).shape[0] > side_by_side(example, many, width=600).shape[0] + 100
