"""A tuning on paper: what is asked for, how many candidates fit into its budget, and what has come of them so far."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from pixelwise.errors import RunError
from pixelwise.inference import Predictor
from pixelwise.ops.device import default_device
from pixelwise.ops.precision import Precision
from pixelwise.planning import Plan, change_training, duration_text
from pixelwise.planning.candidates import Candidate, draw_candidates
from pixelwise.planning.training import Frozen
from pixelwise.training.run import Run
from pixelwise.workflow.building import build
from pixelwise.workflow.subject import Subject
from pixelwise.workflow.timing import seconds_to_score, smallest_budget

__all__ = ["FILE_NAME", "SEARCH_SHARE", "Search", "Trial", "Tuning", "open_tuning", "plan_tuning", "rung_sizes"]

FILE_NAME = "tuning.json"
SEARCH_SHARE = 0.5  # of the budget; the rest trains the best

_COUNTS = (16, 8, 4, 2)  # candidates, as many as the budget allows
_SMALLEST_TRIAL = 30.0  # seconds; less would rank the candidates by chance
_SCORING_SHARE = 1 / 3  # of a trial, at most, for building the network and scoring it
_OVERHEAD = 5.0  # seconds of a trial in which it does not train, beside scoring
_BUSIER = 2.0  # times as long, on a machine that others use, too


@dataclass(frozen=True)
class Search:
    """What is searched, and for how long.

    Attributes:
        budget_seconds: Wall time of the whole tuning.
        encoders: Names to choose from; fewer than two leave the plan's.
        fixed: Settings that are not varied, as `training.learning_rate`.
        count: Candidates; None takes as many as the budget allows.
        device: Where to train; None takes a GPU where there is one.
    """

    budget_seconds: float
    encoders: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    count: int | None = None
    device: torch.device | None = None


class Trial(Frozen):
    """One candidate, trained and scored.

    Attributes:
        number: From 1, in the order of training; the name of its run folder.
        rung: From 0.
        candidate: Index among the candidates.
        seconds: Its budget.
        score: On the validation split; None where the training failed.
        failure: Why; None where it did not.
    """

    number: int
    rung: int
    candidate: int
    seconds: float
    score: float | None = None
    failure: str | None = None


class Tuning(Frozen):
    """What `tuning.json` holds: what was asked for, and what came of it so far.

    Attributes:
        fingerprint: Of the data.
        budget_seconds: Wall time of the whole tuning.
        plan: What the candidates change.
        candidates: What each of them changes.
        metric: Name of the score, for people.
        rungs: Seconds that a trial has in each rung that has begun.
        trials: Those that are done.
        spent: Seconds so far.
    """

    fingerprint: str
    budget_seconds: float
    plan: Plan
    candidates: tuple[Candidate, ...]
    metric: str = ""
    rungs: tuple[float, ...] = ()
    trials: tuple[Trial, ...] = ()
    spent: float = 0.0

    def ranked(self, rung: int) -> list[Trial]:
        """The trials of a rung that have a score, the best first."""
        scored = [trial for trial in self.trials if trial.rung == rung and trial.score is not None]
        return sorted(scored, key=lambda trial: (-(trial.score or 0.0), trial.number))

    @property
    def best(self) -> Trial | None:
        """The best of the last rung, or of one before it where all of a rung have failed; None if all have.

        A candidate that has failed in a longer trial is not trained for longer still.
        """
        failed = {trial.candidate for trial in self.trials if trial.score is None}
        ranked = (trial for rung in reversed(range(len(self.rungs))) for trial in self.ranked(rung))
        return next((trial for trial in ranked if trial.candidate not in failed), None)


def open_tuning(folder: Path, subject: Subject[Any], plan: Plan, search: Search) -> Tuning | None:
    """The tuning that a folder holds, if it is the one that is asked for; None where there is none yet.

    Raises:
        RunError: If the folder holds something else, or the tuning is finished.
        OutputError: If it cannot be written to.
    """
    path = folder / FILE_NAME
    if not path.exists():
        Run.check_new(folder)
        return None
    try:
        tuning = Tuning.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"{path} cannot be read: {error}. Restore it, or name another folder (--output).") from error
    settled = change_training(plan, precision=tuning.plan.training.precision)
    candidates = _draw(settled, search, len(tuning.candidates))
    asked = (subject.data.digest, search.budget_seconds, settled, candidates)
    if asked != (tuning.fingerprint, tuning.budget_seconds, tuning.plan, tuning.candidates):
        raise RunError(
            f"{folder} holds a tuning of other data, or with other options. Repeat that command to go on with it, or "
            f"name another folder (--output)."
        )
    if Run.is_at(folder) and Run(folder).report.exists():
        raise RunError(f"The tuning in {folder} is finished. Name another folder (--output) for a new one.")
    return tuning


def plan_tuning(subject: Subject[Any], plan: Plan, search: Search, started: float) -> Tuning:
    """A new tuning, with as many candidates as there is time for.

    Raises:
        RunError: If there is not even time for two, or for those that were asked for.
    """
    scoring = _seconds_to_score(subject, plan, search.device or default_device()) + _OVERHEAD
    smallest = max(_SMALLEST_TRIAL, scoring / _SCORING_SHARE) if search.count is None else scoring + 1
    elapsed = time.monotonic() - started
    left = SEARCH_SHARE * search.budget_seconds - elapsed
    fitting = [n for n in (_COUNTS if search.count is None else (search.count,)) if _sum(n) * smallest <= left]
    if not fitting:
        count = search.count or min(_COUNTS)
        needed = (elapsed + _sum(count) * smallest) / SEARCH_SHARE
        raise RunError(
            f"A budget of {duration_text(search.budget_seconds)} is too short to compare {count} candidates, each of "
            f"which needs {smallest:.0f} s at least: as fast as this machine is now, {smallest_budget(needed)} would "
            f"do. It can be busier next time, so give --budget {smallest_budget(_BUSIER * needed)}, or train without a "
            f"tuning."
        )
    return Tuning(
        fingerprint=subject.data.digest,
        budget_seconds=search.budget_seconds,
        plan=plan,
        candidates=_draw(plan, search, fitting[0]),
    )


def _draw(plan: Plan, search: Search, count: int) -> tuple[Candidate, ...]:
    return draw_candidates(
        plan,
        count=search.count or count,
        encoders=search.encoders,
        fixed=search.fixed,
        seed=plan.training.seed,
    )


def rung_sizes(count: int) -> list[int]:
    """How many candidates each rung has, down to two.

    >>> rung_sizes(8)
    [8, 4, 2]
    """
    sizes = [count]
    while sizes[-1] > 2:
        sizes.append(math.ceil(sizes[-1] / 2))
    return sizes


def _sum(count: int) -> int:
    """Trials of the shortest time that a search costs: each rung costs as much as the first."""
    return count * len(rung_sizes(count))


def _seconds_to_score(subject: Subject[Any], plan: Plan, device: torch.device) -> float:
    """What scoring the validation split will take with a network like the planned one."""
    parts = build(plan, in_channels=subject.data.channels)
    precision: Precision = "bf16" if plan.training.precision == "bf16" else "fp32"
    description = subject.describe(plan, parts.weights, None)
    predictor = Predictor(parts.model, description, device=device, precision=precision)
    return seconds_to_score(lambda pair: subject.judge(predictor, [pair]), subject.validation)
