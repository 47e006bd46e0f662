from __future__ import annotations

import pytest

from pixelwise.ops.spread import evenly


@pytest.mark.parametrize(
    ("count", "chosen"), [(0, ()), (1, (0,)), (2, (0, 5)), (4, (0, 2, 5, 7)), (99, tuple(range(10)))]
)
def test_items_are_picked_at_even_distances_and_none_twice(count: int, chosen: tuple[int, ...]) -> None:
    assert evenly(range(10), count) == chosen


def test_of_nothing_nothing_is_picked() -> None:
    assert evenly([], 3) == ()
