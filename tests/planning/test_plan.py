from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError, SettingError
from pixelwise.planning import make_plan


def data(pixels: tuple[int, ...] = (5, 3, 2), size: tuple[int, int] = (40, 48)) -> Dataset:
    pair = Pair(Path("a.png"), Path("a_mask.png"))
    return Dataset(
        root=Path("streets"),
        format="paired_folders",
        splits={"train": (pair,)},
        classes=Classes(("sky", "road", "car"), (0, 1, 2), (), ((0, 0, 0), (1, 1, 1), (2, 2, 2)), False),
        sizes={size: 1},
        decisions=(),
        class_pixels={"train": pixels},
        ignored_pixels={"train": 0},
    )


@pytest.mark.parametrize(
    ("size", "view"),
    [((360, 480), (192, 256)), ((192, 256), (96, 128)), ((40, 48), (64, 64)), ((130, 20), (96, 64))],
)
def test_a_view_holds_a_whole_image_at_half_its_scale(size: tuple[int, int], view: tuple[int, int]) -> None:
    stage = make_plan(data(size=size)).training.stages[0]
    assert (stage.height, stage.width) == view
    assert stage.height >= stage.min_scale * size[0]
    assert stage.width >= stage.min_scale * size[1]


def test_masks_that_tell_nothing_apart_are_refused() -> None:
    with pytest.raises(DataError, match="show no class at all, only ignored pixels; at least two classes are needed"):
        make_plan(data((0, 0, 0)))
    with pytest.raises(DataError, match="show only the class 'road'; at least two"):
        make_plan(data((0, 9, 0)))


def test_a_class_in_no_training_mask_is_stated() -> None:
    assert ("class car is in no training mask", "it cannot be learnt") in make_plan(data((5, 5, 0))).decisions


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(SettingError, match=r"epochs must be above 0, not 0\."):
        make_plan(data(), epochs=0)
    with pytest.raises(SettingError, match=r"seed must be at least 0, not -1\."):
        make_plan(data(), seed=-1)
