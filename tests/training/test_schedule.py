from __future__ import annotations

import pytest

from pixelwise.training.schedule import one_cycle


def test_the_peak_is_at_the_end_of_the_warm_up() -> None:
    assert one_cycle(0.25, warmup=0.25) == 1.0
    assert max(one_cycle(i / 1000, warmup=0.25) for i in range(1001)) == 1.0


def test_it_begins_at_a_25th_and_ends_near_zero() -> None:
    assert one_cycle(0.0) == pytest.approx(1 / 25)
    assert one_cycle(1.0) == pytest.approx(1e-5)


def test_no_warm_up_begins_at_the_peak() -> None:
    assert one_cycle(0.0, warmup=0.0) == 1.0


def test_progress_beyond_the_ends_is_taken_as_the_ends() -> None:
    assert one_cycle(-1.0) == one_cycle(0.0)
    assert one_cycle(2.0) == one_cycle(1.0)
