"""Pictures of two halves are taken for image and mask on strong evidence only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data import open_data
from pixelwise.errors import DataError
from tests.data.drawing import Drawer
from tests.data.formats.round_trip import label_arrays

SIDE = 32
RED, BLUE = (200, 0, 0), (0, 0, 200)


def photograph(seed: int, width: int = SIDE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, width, 3), dtype=np.uint8)


def drawing(width: int = SIDE) -> NDArray[np.uint8]:
    mask = np.zeros((SIDE, width, 3), np.uint8)
    mask[4:20, 4:20], mask[22:30, 2:30] = RED, BLUE
    return mask


def draw_pictures(draw: Drawer, folder: str = "", count: int = 4, *, mask_is_left: bool = False) -> None:
    for number in range(count):
        halves = [photograph(number), drawing()]
        draw.array(f"{folder}{number}.png", np.hstack(halves[::-1] if mask_is_left else halves))


@pytest.mark.parametrize("mask_is_left", [False, True])
def test_both_halves_are_told_apart(mask_is_left: bool, draw: Drawer) -> None:
    draw_pictures(draw, mask_is_left=mask_is_left)
    data = open_data(draw.root)
    assert data.format == "side_by_side"
    assert data.sizes == {(SIDE, SIDE): 4}
    assert data.classes.names == ("#000000", "#0000c8", "#c80000")
    for pair in (pair for pairs in data.splits.values() for pair in pairs):
        assert np.array_equal(pair.read_image(), photograph(int(pair.name)))
    array = label_arrays(data)["train"].popitem()[1]
    assert (array[0, 0], array[5, 5], array[25, 5]) == (0, 2, 1)
    image, mask = ("right", "left") if mask_is_left else ("left", "right")
    assert data.decisions[0].what == f"The {image} half of each picture is the image, the {mask} half its mask"
    assert "in all 4 pictures that were looked at" in data.decisions[0].why


def test_splits_are_read(draw: Drawer) -> None:
    draw_pictures(draw, "train/")
    draw_pictures(draw, "val/", 2)
    assert {split: len(pairs) for split, pairs in open_data(draw.root).splits.items()} == {"train": 4, "val": 2}


def test_a_second_folder_of_a_split_is_left_out_and_said(draw: Drawer) -> None:
    for folder, count in (("train/", 4), ("val/", 2), ("valid/", 3)):
        draw_pictures(draw, folder, count)
    (draw.root / "test").mkdir()
    draw_pictures(draw, "testing/", 2)
    data = open_data(draw.root)
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 4, "val": 3, "test": 2}
    said = {decision.what: decision.why for decision in data.decisions}
    assert said["val is left out"] == "it holds 2 images, and val is taken from valid"
    (draw.root / "valid" / "0.png").unlink()
    with pytest.raises(DataError, match=r"found in 2 ways: .* Move all but one of them elsewhere\."):
        open_data(draw.root)


def save_jpeg(draw: Drawer) -> None:
    draw_pictures(draw)
    for number in range(4):
        with Image.open(draw.root / f"{number}.png") as picture:
            picture.save(draw.root / f"{number}.jpg")
        (draw.root / f"{number}.png").unlink()


def one_odd(draw: Drawer) -> None:
    draw_pictures(draw)
    draw.array("9.png", np.hstack([photograph(9, SIDE + 1), drawing()]))


def one_photograph(draw: Drawer) -> None:
    draw_pictures(draw)
    draw.array("9.png", photograph(9, 2 * SIDE))


def two_drawings(draw: Drawer) -> None:
    for number in range(4):
        draw.array(f"{number}.png", np.hstack([drawing(), drawing()]))


def other_sides(draw: Drawer) -> None:
    draw_pictures(draw)
    draw.array("9.png", np.hstack([drawing(), photograph(9)]))


def one_only(draw: Drawer) -> None:
    draw_pictures(draw, count=1)


def plain_halves(draw: Drawer) -> None:
    for number in range(4):
        draw.array(f"{number}.png", np.hstack([photograph(number), np.zeros_like(drawing())]))


@pytest.mark.parametrize(
    "case", [save_jpeg, one_odd, one_photograph, two_drawings, other_sides, one_only, plain_halves]
)
def test_without_strong_evidence_nothing_is_claimed(case: object, draw: Drawer) -> None:
    case(draw)  # type: ignore[operator]
    with pytest.raises(DataError, match=r"No images with masks were found"):
        open_data(draw.root)


def test_halves_that_translate_into_each_other_are_not_claimed(real_data: Path) -> None:
    with pytest.raises(DataError, match=r"No images with masks were found in .*facades: train holds"):
        open_data(real_data / "facades")
