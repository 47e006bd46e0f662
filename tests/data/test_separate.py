"""Masks that number their objects, read as objects with borders between them, from the folder to the loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pixelwise.data import Classes, open_data, open_for_evaluation
from pixelwise.data.examples import Examples
from pixelwise.errors import DataError, SettingError
from tests.data.drawing import Drawer

NUMBERS = np.zeros((10, 16), np.uint16)
NUMBERS[2:8, 1:6], NUMBERS[2:8, 6:11], NUMBERS[0, 15] = 1, 700, 9
APART = (NUMBERS > 0) & (NUMBERS != 9)
APART[:, 5:7] = False


def drawn(draw: Drawer) -> Path:
    for name in "abcde":
        draw.image(f"images/{name}.png", size=NUMBERS.shape)
        draw.array(f"masks/{name}.png", NUMBERS)
    return draw.root


def test_objects_that_touch_have_a_border_and_the_pixels_are_counted_without_it(draw: Drawer) -> None:
    data = open_data(drawn(draw), separate=True, ignore=[9])
    assert data.classes.separate
    assert data.classes.binary
    assert data.class_pixels["val"] == (160 - 1 - 48, 48)
    assert data.ignored_pixels["val"] == 1
    encoded = data.classes.encode(NUMBERS)
    assert np.array_equal(encoded == 1, APART)
    assert (encoded == 255).sum() == 1
    assert "two pixels wide, is background" in data.describe()
    assert data.digest != open_data(draw.root, binary=True, ignore=[9]).digest
    assert open_for_evaluation(draw.root, data.classes).class_pixels["all"] == (5 * (160 - 1 - 48), 5 * 48)


def test_examples_have_a_byte_of_weight_a_pixel_at_the_working_scale(draw: Drawer) -> None:
    data = open_data(drawn(draw), separate=True)
    example = Examples(data.splits["train"], data.classes)[0]
    assert example.weight is not None
    assert example.weight.dtype == torch.uint8
    assert example.nbytes == 5 * NUMBERS.size
    assert example.weight[4, 5] == round(25 * 10 * np.exp(-((1 + 2) ** 2) / 50))
    assert not example.weight[example.target == 1].any()
    half = Examples(data.splits["train"], data.classes, image_scale=0.5)[0]
    assert half.weight is not None
    assert half.weight.shape == half.target.shape == (5, 8)
    assert half.target[2].tolist() == [1, 1, 0, 0, 1, 0, 0, 0]  # the border is drawn after scaling
    plain = open_data(draw.root, binary=True)
    assert Examples(plain.splits["train"], plain.classes)[0].weight is None


def test_masks_without_numbers_cannot_be_separated(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", ["a", "b", "c", "d", "e"], [0, 255])
    with pytest.raises(DataError, match="hold 0 and 255 only: their objects have no numbers by which those that touch"):
        open_data(draw.root, separate=True)
    with pytest.raises(SettingError, match=r"which --no-binary \(binary=False\) rules out"):
        open_data(draw.root, separate=True, binary=False)
    with pytest.raises(SettingError, match="Only objects that have numbers can be kept apart"):
        Classes(("background", "object"), (0, 1), (), ((0, 0, 0), (1, 1, 1)), binary=True, separate=True)
