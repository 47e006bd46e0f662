from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from pixelwise.planning import TrainingSettings
from pixelwise.training.schedule import flat_cos, linear_decay, momentum_at, one_cycle, rate_at, restarts
from tests.training.drawn import SETTINGS

EVERYWHERE = np.linspace(0, 1, 201)


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
    assert linear_decay(2.0) == 0.0


def test_the_usual_settings_are_the_one_cycle_with_constant_momentum() -> None:
    assert [rate_at(SETTINGS, p) for p in EVERYWHERE] == [one_cycle(p, 0.25) for p in EVERYWHERE]
    assert {momentum_at(SETTINGS, p) for p in EVERYWHERE} == {0.9}


@pytest.mark.parametrize(
    ("schedule", "at_start", "at_three_quarters", "at_end"),
    [("constant", 1, 1, 1), ("linear_decay", 1, 0.5, 0), ("flat_cos", 1, 1, 1e-5), ("restarts", 1, 0.5, 0)],
)
def test_a_schedule_is_taken_by_its_name(
    schedule: str, at_start: float, at_three_quarters: float, at_end: float
) -> None:
    values = {**SETTINGS.model_dump(), "schedule": schedule, "cycles": 2, "cycle_growth": 1}
    settings = TrainingSettings.model_validate(values)
    found = [rate_at(settings, progress) for progress in (0, 0.75, 1)]
    assert found == pytest.approx([at_start, at_three_quarters, at_end])


def test_momentum_falls_where_the_rate_rises() -> None:
    settings = SETTINGS.model_copy(update={"momentum": (0.95, 0.85, 0.9)})
    assert [momentum_at(settings, progress) for progress in (0, 0.25, 1)] == pytest.approx([0.95, 0.85, 0.9])


def test_momentum_without_a_cycle_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="momentum goes through the cycle of one_cycle, but the schedule is const"
    ):
        TrainingSettings.model_validate(
            {**SETTINGS.model_dump(), "momentum": (0.95, 0.85, 0.95), "schedule": "constant"}
        )


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("first", [0.25, 0.3, 0.75])
def test_schedules_are_those_of_fastai(first: float) -> None:
    theirs = pytest.importorskip("fastai.callback.schedule")
    cycle = theirs.combined_cos(first, 1 / 25, 1.0, 1e-5)
    moms = theirs.combined_cos(first, 0.95, 0.85, 0.95)
    flat = theirs.combined_cos(first, 1.0, 1.0, 1e-5)
    sgdr = theirs.combine_scheds([1 / 7, 2 / 7, 4 / 7], [theirs.SchedCos(1.0, 0)] * 3)
    settings = SETTINGS.model_copy(update={"momentum": (0.95, 0.85, 0.95), "warmup": first})
    for progress in EVERYWHERE:
        assert one_cycle(progress, first) == pytest.approx(cycle(progress), abs=1e-6)
        assert momentum_at(settings, progress) == pytest.approx(moms(progress), abs=1e-6)
        assert flat_cos(progress, first) == pytest.approx(flat(progress), abs=1e-6)
        assert restarts(progress, 3) == pytest.approx(sgdr(progress), abs=1e-6)
