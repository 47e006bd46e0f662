"""Colours of classes that lie over each other, and what mixing them takes."""

from __future__ import annotations

import tracemalloc

import numpy as np

from pixelwise.data.classes import Classes
from pixelwise.inference.prediction import paint
from pixelwise.ops.blend import blended

RED, BLUE = (255, 0, 0), (0, 0, 100)


def test_the_colours_of_a_pixels_classes_are_mixed_to_equal_parts() -> None:
    planes = np.array([[[1, 1, 0, 255]], [[0, 1, 0, 1]]], np.uint8)
    mixed, is_shown = blended(planes, [RED, BLUE])
    assert mixed.tolist() == [[list(RED), [127.5, 0, 50], [0, 0, 0], list(BLUE)]]
    assert is_shown.tolist() == [[True, True, False, True]]


def test_many_classes_are_mixed_in_the_memory_of_a_few() -> None:
    planes = np.ones((40, 100, 200), np.uint8)
    tracemalloc.start()
    blended(planes, [RED] * 40)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * planes[0].size  # all at once were 8 bytes for each pixel and class


def test_a_large_image_is_painted_part_by_part_and_all_of_it() -> None:
    classes = Classes(("a", "b"), (1, 2), (), (RED, BLUE), binary=False, multilabel=True)
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (1001, 200, 3), np.uint8)
    mask = random.integers(0, 2, (2, 1001, 200), np.uint8)
    tracemalloc.start()
    painted = paint(image, mask, classes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * image.nbytes
    assert painted.dtype == np.uint8
    mixed, is_shown = blended(mask, classes.colors)
    expected = np.where(is_shown[..., None], (image + mixed) / 2, image)
    np.testing.assert_allclose(painted, expected, atol=0.5)
