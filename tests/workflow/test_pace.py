"""What is said of a training that is too short to see each image."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from pixelwise.planning import Stage, TrainingSettings
from pixelwise.training.moment import Moment
from pixelwise.training.run import Run
from pixelwise.workflow.outcome import Outcome
from pixelwise.workflow.pace import Pace

STAGE = Stage(until=1.0, height=64, width=64, min_scale=0.5, max_scale=1.0)


def pace(budget: float | None) -> Pace:
    return Pace(TrainingSettings(epochs=None if budget else 1.0, budget_seconds=budget, stages=(STAGE,)))


def moment(seconds: float, epoch: float, available: float = 40.0) -> Moment:
    return Moment(int(100 * epoch), epoch, seconds / available, 0.5, 1e-3, seconds)


def test_a_budget_of_less_than_an_epoch_is_said_once_with_what_it_can_do_and_what_would_do() -> None:
    judged = pace(60)
    assert judged.shortage(moment(4, 0.02)) is None  # the first steps take longer than others
    sentence = judged.shortage(moment(10, 0.08))
    assert sentence is not None
    assert "about 0.38 epochs in the time that is left for training (30 s)" in sentence
    assert "One epoch takes about 1m40s: --budget 2m30s would do." in sentence
    assert judged.shortage(moment(20, 0.18)) is None


def test_a_budget_that_suffices_is_not_spoken_of() -> None:
    judged = pace(60)
    assert [judged.shortage(moment(second, 0.05 * second)) for second in (4, 10, 20)] == [None] * 3


def test_without_a_budget_nothing_is_said_and_the_time_left_is_reckoned_from_the_second_moment_on() -> None:
    judged = pace(None)
    assert math.isnan(judged.seconds_left(moment(10, 0.1)))
    assert round(judged.seconds_left(moment(20, 0.2)), 6) == 20
    assert judged.shortage(moment(20, 0.2)) is None


def test_the_time_left_counts_the_pixels_of_later_stages() -> None:
    small = Stage(until=0.5, height=32, width=32, min_scale=0.5, max_scale=1.0)
    judged = Pace(TrainingSettings(epochs=1.0, stages=(small, STAGE)))
    judged.seconds_left(moment(10, 0.1))
    assert round(judged.seconds_left(moment(14, 0.2, available=40.0)), 6) == round(4 * (6 + 4 * 20) / 4, 6)


def test_a_budget_that_later_views_are_too_large_for_is_short() -> None:
    small = Stage(until=0.5, height=32, width=32, min_scale=0.5, max_scale=1.0)
    judged = Pace(TrainingSettings(budget_seconds=60, stages=(small, STAGE)))
    assert judged.shortage(moment(4, 0.12)) is None
    assert "about 0.75 epochs" in str(
        judged.shortage(moment(10, 0.3))
    )  # 0.3 in the next 10 seconds, 0.15 in the last 20


def test_an_outcome_of_less_than_an_epoch_says_what_was_not_seen() -> None:
    run = cast(Run, SimpleNamespace(folder=Path("runs/a")))
    short = Outcome(run, None, True, 1.0, epochs=0.38)
    assert short.shortfall is not None
    assert "seen 0.38 epochs: about 62% of the training images have never been learnt from." in short.shortfall
    assert Outcome(run, None, True, 1.0, epochs=1.0).shortfall is None
    assert Outcome(run, None, False, 0.4, epochs=0.4).shortfall is None
    assert (short.scores, Outcome(run, None, False, 0.4).scores) == ({}, None)
