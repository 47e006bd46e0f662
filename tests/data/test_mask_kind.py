"""Masks that are no masks of classes are refused, each in its own sentence."""

from __future__ import annotations

import numpy as np
import pytest

from pixelwise.data import open_data
from pixelwise.errors import DataError
from tests.data.drawing import Drawer

NAMES = ["a", "b", "c", "d"]


def draw_values(draw: Drawer, *values: int, names: list[str] = NAMES) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", names, values)


def test_numbered_objects_are_refused_unless_binary_is_asked_for(draw: Drawer) -> None:
    for i, name in enumerate("abcdefgh"):
        draw.image(f"images/{name}.png")
        draw.mask(f"masks/{name}.png", range(5 + 2 * i), np.uint16)
    with pytest.raises(
        DataError, match=r"up to a last number of its own \(at most 18\).*give --binary \(binary=True\)"
    ):
        open_data(draw.root)
    draw.mask("masks/a.png", [0, 1000, 2000], np.uint16)
    with pytest.raises(
        DataError, match=r"hold 21 different values from 0 to 2000: it seems that each object has its own"
    ):
        open_data(draw.root)
    assert open_data(draw.root, binary=True).classes.binary


def test_objects_with_numbers_up_to_white_are_no_smoothed_black_and_white(draw: Drawer) -> None:
    for i, name in enumerate("abcdefgh"):
        numbers = np.zeros((40, 60), np.uint8)  # mostly background, then objects of two pixels, counted to 255
        count = 250 if i < 2 else 30
        numbers.flat[1000 : 1000 + 2 * count] = np.repeat(np.arange(count) + 6 * (count == 250), 2)
        draw.image(f"images/{name}.png", size=(40, 60))
        draw.array(f"masks/{name}.png", numbers)
    data = open_data(draw.root, binary=True)
    assert data.classes.any_positive
    assert not any("below 128" in decision.what for decision in data.decisions)


def test_more_than_64_values_are_no_unnamed_classes(draw: Drawer) -> None:
    for i, name in enumerate(NAMES):
        draw.image(f"images/{name}.png")
        draw.mask(f"masks/{name}.png", range(20 * i, 20 * i + 20))
    with pytest.raises(DataError, match="hold 80 different values from 0 to 79"):
        open_data(draw.root)
    assert open_data(draw.root, classes=[f"kind {i}" for i in range(80)]).classes.num_classes == 80


def test_masks_of_classes_in_jpeg_files_are_refused(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.jpg", NAMES, [0, 90])
    with pytest.raises(
        DataError, match=r"4 of 4 masks are JPEG files \(masks/a\.jpg, .*whose compression alters numbers"
    ):
        open_data(draw.root)


def test_masks_of_one_value_are_refused(draw: Drawer) -> None:
    draw_values(draw, 0)
    with pytest.raises(
        DataError, match=r"All 4 masks hold only the value 0 \(masks/a\.png, masks/b\.png, masks/c\.png, …"
    ):
        open_data(draw.root)
    with pytest.raises(DataError, match="All 4 masks hold only the value 0"):
        open_data(draw.root, binary=True)


def test_masks_that_are_each_constant_are_refused(draw: Drawer) -> None:
    for value, name in enumerate(NAMES):
        draw_values(draw, value, names=[name])
    with pytest.raises(DataError, match=r"Each of the 4 masks is constant .*: no mask shows two classes"):
        open_data(draw.root)


def test_ignoring_all_but_one_class_is_refused(draw: Drawer) -> None:
    draw_values(draw, 0, 1)
    with pytest.raises(DataError, match=r"hold only the value 0 besides ignored ones \(1\)"):
        open_data(draw.root, ignore=[1])
