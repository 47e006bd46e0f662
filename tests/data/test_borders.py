"""Touching objects are kept apart, and the pixels between near objects weigh more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from pixelwise.data.borders import WEIGHT_STEP, border_weights, separated

EIGHT = np.ones((3, 3))


def patchwork(seed: int = 0, size: int = 48) -> NDArray[np.uint16]:
    """Objects around random points, most of which touch."""
    random = np.random.default_rng(seed)
    points = random.uniform(0, size, (12, 2))
    place = np.indices((size, size)).transpose(1, 2, 0)
    distance = np.linalg.norm(place[:, :, None] - points, axis=-1)
    return np.where(distance.min(axis=-1) < 8, distance.argmin(axis=-1) + 1, 0).astype(np.uint16)


def test_two_objects_that_touch_get_a_border_two_pixels_wide_in_the_middle() -> None:
    numbers = np.zeros((5, 9), np.uint16)
    numbers[1:4, 1:4], numbers[1:4, 4:8] = 7, 300
    expected = numbers.copy()
    expected[:, 3:5] = 0
    assert np.array_equal(separated(numbers), expected)


def test_no_two_objects_touch_any_more_and_what_touched_nothing_is_as_it_was() -> None:
    numbers = patchwork()
    apart = separated(numbers)
    labels, count = ndimage.label(apart > 0, EIGHT)
    assert all(len(np.unique(apart[labels == i])) == 1 for i in range(1, count + 1))
    assert ((apart == numbers) | (apart == 0)).all()
    _, joined = ndimage.label(numbers > 0, EIGHT)
    assert count > joined
    alone = np.where(numbers == numbers.max(), numbers, 0)
    assert np.array_equal(separated(alone), alone)


@pytest.mark.parametrize("seed", [0, 1])
def test_weights_are_those_of_the_formula(seed: int) -> None:
    numbers = separated(patchwork(seed))
    distances = np.sort(
        [ndimage.distance_transform_edt(numbers != number) for number in np.unique(numbers) if number], axis=0
    )
    expected = 10 * np.exp(-((distances[0] + distances[1]) ** 2) / (2 * 5**2)) * (numbers == 0)
    weights = border_weights(numbers)
    assert weights.dtype == np.uint8
    assert np.abs(weights * WEIGHT_STEP - expected).max() <= 0.51 * WEIGHT_STEP
    assert weights.max() > 200


@pytest.mark.parametrize("numbers", [[0], [3]])
def test_without_two_objects_nothing_is_added(numbers: list[int]) -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[4:9, 4:9] = numbers[0]
    assert not border_weights(mask).any()
    assert np.array_equal(separated(mask), mask)
