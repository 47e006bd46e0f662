"""Masks that are no masks of classes are refused, each in its own sentence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pixelwise.data import open_data
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer

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


def test_more_than_64_values_are_no_unnamed_classes(draw: Drawer) -> None:
    for i, name in enumerate(NAMES):
        draw.image(f"images/{name}.png")
        draw.mask(f"masks/{name}.png", range(20 * i, 20 * i + 20))
    with pytest.raises(DataError, match="hold 80 different values from 0 to 79"):
        open_data(draw.root)
    assert open_data(draw.root, classes=[f"kind {i}" for i in range(80)]).classes.num_classes == 80


def test_colour_coded_masks_are_refused_with_their_colours(draw: Drawer) -> None:
    draw_values(draw, 0, 1)
    colours = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    colours[0] = (128, 64, 0)
    draw.array("masks/b.png", colours)
    words = (
        r"1 of 4 masks holds colours \(masks/b\.png; up to 2 different colours in a mask, such as \(0, 0, 0\), "
        r"\(128, 64, 0\)\); masks of one number per class are expected\. Convert each colour"
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


@pytest.mark.parametrize("binary", [None, True])
def test_smoothed_masks_are_refused(binary: bool | None, draw: Drawer) -> None:
    draw_values(draw, 0, 255)
    ramp = np.where(np.arange(600).reshape(20, 30) < 300, 0, 255).astype(np.uint8)
    ramp[10, :20] = np.linspace(10, 245, 20)
    draw.image("images/a.png", size=(20, 30))
    draw.array("masks/a.png", ramp)
    with pytest.raises(DataError, match=r"hold 0, 255 and 20 shades between them .*masks/a\.png.* threshold at 128"):
        open_data(draw.root, binary=binary)


def test_masks_of_classes_in_jpeg_files_are_refused(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "masks/{}.jpg", NAMES, [0, 90])
    with pytest.raises(
        DataError, match=r"4 of 4 masks are JPEG files \(masks/a\.jpg, .*whose compression alters numbers"
    ):
        open_data(draw.root)


def test_palettes_that_contradict_each_other_are_refused(draw: Drawer) -> None:
    draw_values(draw, 0, 1, 2)
    for name, red in (("a", 200), ("b", 100)):
        image = Image.fromarray(np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH) % 3)
        image.putpalette([0, 0, 0, red, 0, 0, 0, 200, 0])
        image.save(draw.root / "masks" / f"{name}.png")
    words = (
        r"The value 1 is the colour \(200, 0, 0\) in masks/a\.png but \(100, 0, 0\) in masks/b\.png: each mask has its"
    )
    with pytest.raises(DataError, match=words):
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
