"""Several items at once, in order; after an error, the rest is left undone."""

from __future__ import annotations

import threading
import time

import pytest

from pixelwise.errors import DataError
from pixelwise.ops.threads import in_threads


def test_results_come_in_the_order_of_the_items_and_are_counted() -> None:
    counts: list[tuple[int, int]] = []

    def work(item: int) -> int:
        time.sleep(0.01 * (3 - item))
        return item

    assert in_threads(work, [0, 1, 2], lambda *at: counts.append(at)) == [0, 1, 2]
    assert counts == [(1, 3), (2, 3), (3, 3)]


def test_after_an_error_the_rest_is_left_undone_and_nothing_runs_on() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        time.sleep(0.005)
        if item == 0:
            raise DataError("broken")

    with pytest.raises(DataError, match=r"^broken$"):
        in_threads(work, list(range(2000)))
    assert len(begun) < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]
