"""Classes can be told apart by their colours."""

from __future__ import annotations

from itertools import combinations

import pytest

from pixelwise.ops.palette import legend


def test_known_names_have_the_colours_of_cityscapes() -> None:
    assert legend(["sky", "Road", "car", "tree", "building", "pedestrian"]) == (
        (70, 130, 180),
        (128, 64, 128),
        (0, 0, 142),
        (107, 142, 35),
        (70, 70, 70),
        (220, 20, 60),
    )


@pytest.mark.parametrize("count", [2, 12, 64, 255])
def test_any_number_of_classes_has_different_colours(count: int) -> None:
    colors = legend([f"class {i}" for i in range(count)])
    assert len(set(colors)) == count
    assert all(0 <= channel <= 255 for color in colors for channel in color)


def test_unknown_names_keep_away_from_known_ones() -> None:
    names = ["sky", "zebra", "road", "gnu", "car", "okapi"]
    nearest = min(sum(abs(a - b) for a, b in zip(x, y, strict=True)) for x, y in combinations(legend(names), 2))
    assert nearest > 60


def test_two_names_for_one_thing_get_two_colours() -> None:
    assert len(set(legend(["person", "pedestrian"]))) == 2


def test_the_legend_is_the_same_each_time() -> None:
    assert legend(["a", "b", "sky"]) == legend(["a", "b", "sky"])
