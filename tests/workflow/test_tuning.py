"""Successive halving: which candidates are trained, for how long, and what is gone on with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pixelwise.artifact import MeasuredScores
from pixelwise.data.dataset import Dataset
from pixelwise.data.understand import open_data
from pixelwise.errors import DataError, RunError
from pixelwise.planning import Plan, make_plan, parse_duration
from pixelwise.training.display import Display, Silent
from pixelwise.training.run import Source
from pixelwise.workflow import Masks, Outcome, Verdict, trials, tuning
from pixelwise.workflow.trials import Search, Tuning
from tests.cli.conftest import draw_data

SEARCH = Search(budget_seconds=1000.0, count=4)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_data(draw_data(tmp_path_factory.mktemp("tuned"), count=6))


@dataclass
class Trainer:
    """Stands in for training: takes exactly its budget, and scores as the test says."""

    score: Callable[[Plan, float], float] = lambda plan, seconds: plan.training.learning_rate
    stops_at: int | None = None
    now: float = 0.0
    plans: list[tuple[Path, Plan]] = field(default_factory=list)

    def train(self, subject: Any, source: Source, plan: Plan, folder: Path, display: Any, device: Any) -> Outcome:
        seconds = plan.training.budget_seconds or 0.0
        if len(self.plans) == self.stops_at:
            self.stops_at = None
            return Outcome(None, None, False, 0.5, 1.0, torch.device("cpu"))  # type: ignore[arg-type]
        self.now += seconds
        self.plans.append((folder, plan))
        value = self.score(plan, seconds)
        verdict = Verdict("miou", "mIoU", value, MeasuredScores(split="val", values={}, protocol=""), None)
        return Outcome(None, verdict, True, 1.0, 1.0, torch.device("cpu"))  # type: ignore[arg-type]


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer()
    clock = SimpleNamespace(monotonic=lambda: trainer.now)
    monkeypatch.setattr(tuning, "train", trainer.train)
    monkeypatch.setattr(tuning, "time", clock)
    monkeypatch.setattr(trials, "time", clock)
    monkeypatch.setattr(trials, "_seconds_to_score", lambda *arguments: 2.0)
    return trainer


def plan_of(dataset: Dataset, seconds: float = 1000.0) -> Plan:
    plan = make_plan(dataset, encoder="test_resnet", pretrained=False, budget_seconds=seconds)
    return plan.model_copy(update={"training": plan.training.model_copy(update={"precision": "fp32"})})


class Said(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def tune(dataset: Dataset, folder: Path, search: Search = SEARCH, display: Display | None = None) -> tuning.Tuned:
    source = Source(root=dataset.root)
    plan = plan_of(dataset, search.budget_seconds)
    return tuning.tune(Masks(dataset), source, plan, folder, display or Silent(), search, started=0.0)


def test_the_better_half_gets_twice_the_time_and_the_best_what_is_left(
    dataset: Dataset, trainer: Trainer, tmp_path: Path
) -> None:
    tuned = tune(dataset, tmp_path / "t")
    seconds = [plan.training.budget_seconds for _, plan in trainer.plans]
    assert seconds == [62.5] * 4 + [125.0] * 2 + [500.0]
    rates = [plan.training.learning_rate for _, plan in trainer.plans]
    assert rates[4:6] == sorted(rates[:4], reverse=True)[:2]
    assert rates[6] == max(rates)
    assert trainer.now == pytest.approx(1000)
    assert [folder.name for folder, _ in trainer.plans] == ["01", "02", "03", "04", "05", "06", "t"]
    assert any(f"={rates[6]:g}" in change for change in tuned.overrides)
    assert trainer.plans[-1][1].decisions[-1][1].startswith("the best of 4 candidates: mIoU 0.0")


def test_the_plan_is_said_first(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    said = Said()
    tune(dataset, tmp_path / "t", display=said)
    assert said.lines[1:5] == [
        "4 candidates in 2 rungs:",
        "  rung 1: 4 trials of about 1m2s each; the better half goes on",
        "  rung 2: 2 trials of about 2m5s each; the better one goes on",
        "  then the best, trained anew for the time that is left: about 8m20s",
    ]
    assert said.lines[5].startswith("Trial 1, 1m2s: ")
    said.lines.clear()
    trainer.now = 0.0
    tune(dataset, tmp_path / "two", replace(SEARCH, count=2), said)
    assert said.lines[1] == "2 candidates in 1 rung:"


def test_a_plan_of_a_tuning_that_is_gone_on_with_knows_the_rungs_that_have_begun(
    dataset: Dataset, trainer: Trainer, tmp_path: Path
) -> None:
    said, trainer.stops_at = Said(), 2
    assert tune(dataset, tmp_path / "t").outcome is None
    trainer.now = 0.0
    tune(dataset, tmp_path / "t", display=said)
    assert [line.partition("about ")[2] for line in said.lines[2:5]] == [
        "1m2s each; the better half goes on", "2m5s each; the better one goes on", "8m20s",
    ]  # fmt: skip


def test_time_that_trials_leave_goes_to_later_ones(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    def quick(plan: Plan, seconds: float) -> float:
        trainer.now -= seconds / 2  # came to its end in half of its time
        return 0.5

    trainer.score = quick
    tune(dataset, tmp_path / "t")
    seconds = [plan.training.budget_seconds for _, plan in trainer.plans]
    assert seconds == [62.5] * 4 + [187.5] * 2 + [687.5]


def test_a_tuning_that_was_stopped_is_gone_on_with(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    whole = tune(dataset, tmp_path / "whole")
    trainer.plans, trainer.now, trainer.stops_at = [], 0.0, 5
    assert tune(dataset, tmp_path / "t").outcome is None
    done = json.loads((tmp_path / "t" / "tuning.json").read_text())
    assert [trial["rung"] for trial in done["trials"]] == [0, 0, 0, 0, 1]
    trainer.now = 0.0  # the clock of another command
    again = tune(dataset, tmp_path / "t")
    assert len(trainer.plans) == 7
    assert again.tuning == whole.tuning


def test_other_options_do_not_go_on_with_a_tuning(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    tune(dataset, tmp_path / "t")
    with pytest.raises(RunError, match=r"holds a tuning of other data, or with other options"):
        tune(dataset, tmp_path / "t", replace(SEARCH, budget_seconds=2000.0))


def test_a_candidate_that_fails_is_left_out(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    def score(plan: Plan, seconds: float) -> float:
        if len(trainer.plans) == 1:
            raise RunError("At step 3 the loss is nan: the training has diverged.")
        return 0.1 * len(trainer.plans)

    trainer.score = score
    found = tune(dataset, tmp_path / "t").tuning
    assert found.trials[0].failure == "At step 3 the loss is nan: the training has diverged."
    assert [trial.candidate for trial in found.trials] == [0, 1, 2, 3, 3, 2]


def test_if_all_candidates_fail_the_first_reason_is_given(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    def score(plan: Plan, seconds: float) -> float:
        raise RunError("It has diverged.")

    trainer.score = score
    with pytest.raises(RunError, match=r"None of the 4 candidates could be trained\. The first: It has diverged\."):
        tune(dataset, tmp_path / "t")


def test_where_a_whole_rung_fails_the_best_that_has_not_failed_is_trained(
    dataset: Dataset, trainer: Trainer, tmp_path: Path
) -> None:
    def score(plan: Plan, seconds: float) -> float:
        if len(trainer.plans) in (5, 6):
            raise RunError("It has diverged.")
        return 0.1 * len(trainer.plans)

    trainer.score = score
    tuned = tune(dataset, tmp_path / "t")
    assert [trial.failure for trial in tuned.tuning.trials] == [None] * 4 + ["It has diverged."] * 2
    assert tuned.overrides == tuned.tuning.candidates[1]
    assert [folder.name for folder, _ in trainer.plans][-1] == "t"


def test_the_time_of_a_trial_that_was_stopped_is_spent(
    dataset: Dataset, trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> Outcome:
        trainer.now += 30
        return Outcome(None, None, False, 0.5, 1.0, torch.device("cpu"))  # type: ignore[arg-type]

    monkeypatch.setattr(tuning, "train", stopped)
    assert tune(dataset, tmp_path / "t").outcome is None
    assert json.loads((tmp_path / "t" / "tuning.json").read_text())["spent"] == 30


@pytest.mark.parametrize(("seconds", "count"), [(240.0, 2), (600.0, 4), (1800.0, 8), (7200.0, 16)])
def test_more_time_compares_more_candidates(
    dataset: Dataset, trainer: Trainer, tmp_path: Path, seconds: float, count: int
) -> None:
    tuned = tune(dataset, tmp_path / "t", Search(budget_seconds=seconds))
    assert len(tuned.tuning.candidates) == count


def test_a_budget_that_is_too_short_names_one_that_suffices(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"1m is too short to compare 2 candidates.*2m30s would do\.") as error:
        tune(dataset, tmp_path / "t", Search(budget_seconds=60.0))
    assert "--budget 5m," in str(error.value)
    assert not (tmp_path / "t").exists()


def test_the_budget_that_is_named_suffices_on_a_machine_that_is_twice_as_slow_next_time(
    dataset: Dataset, trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer.now = 35.0  # spent on reading
    monkeypatch.setattr(trials, "_seconds_to_score", lambda *arguments: 7.0)
    with pytest.raises(RunError, match="would do") as error:
        tune(dataset, tmp_path / "t", Search(budget_seconds=120.0))
    named = re.search(r"--budget (\w+)", str(error.value))
    assert named is not None
    trainer.now = 70.0
    monkeypatch.setattr(trials, "_seconds_to_score", lambda *arguments: 14.0)
    tuned = tune(dataset, tmp_path / "t", Search(budget_seconds=parse_duration(named.group(1))))
    assert tuned.outcome is not None


def test_without_a_validation_split_there_is_nothing_to_compare_on(dataset: Dataset, tmp_path: Path) -> None:
    alone = replace(dataset, splits={"train": dataset.splits["train"]})
    with pytest.raises(DataError, match=r"has no validation split.*--validation 0\.2"):
        tune(alone, tmp_path / "t")


def test_a_tuning_outlives_its_file(dataset: Dataset, trainer: Trainer, tmp_path: Path) -> None:
    tuned = tune(dataset, tmp_path / "t")
    assert Tuning.model_validate_json((tmp_path / "t" / "tuning.json").read_bytes()) == tuned.tuning
