"""Successive halving: many candidates for a short time, the better half for twice that, and so on.

Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization",
https://arxiv.org/abs/1502.07943. Each trial is an ordinary training with a budget and begins anew: its learning rate
has to reach the end of its cycle, at which alone a score tells something.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pixelwise.data.wording import counted
from pixelwise.errors import DataError, RunError, SettingError
from pixelwise.ops.device import default_device
from pixelwise.ops.files import writable_folder, write_atomically
from pixelwise.planning import Plan, change_training, duration_text
from pixelwise.planning.candidates import Candidate, candidate_plan
from pixelwise.training.display import Display, Silent
from pixelwise.training.loop import Moment
from pixelwise.training.run import Run, Source
from pixelwise.workflow.building import settle_precision
from pixelwise.workflow.commands import resume, train
from pixelwise.workflow.job import Outcome
from pixelwise.workflow.subject import Subject
from pixelwise.workflow.trials import (
    FILE_NAME,
    SEARCH_SHARE,
    Search,
    Trial,
    Tuning,
    open_tuning,
    plan_tuning,
    rung_sizes,
)

__all__ = ["Tuned", "tune"]


@dataclass(frozen=True)
class Tuned:
    """What came of a tuning.

    Attributes:
        tuning: All trials.
        outcome: Of the last training, that of the best candidate; None if the tuning was paused.
        overrides: What the best candidate changes.
    """

    tuning: Tuning
    outcome: Outcome | None
    overrides: Candidate = ()


def tune(
    subject: Subject[Any],
    source: Source,
    plan: Plan,
    folder: Path,
    display: Display,
    search: Search,
    started: float | None = None,
) -> Tuned:
    """Search for the settings that score best on the validation split, and train with them for the time that is left.

    `folder` becomes the run folder of that last training, with `tuning.json` and the runs of all trials in `trials/`. A
    folder that holds a tuning of the same data and plan that was stopped is gone on with.

    Args:
        subject: The data, as their task sees them.
        source: How the data were opened.
        plan: What the candidates change; its budget is that of the search.
        folder: Where everything goes.
        display: Is told what happens.
        search: What is searched.
        started: When the command began (`time.monotonic()`); by default now.

    Raises:
        DataError: If there is no validation split.
        RunError: If the folder holds something else, the budget is too short, or all candidates fail.
        OutputError: If the folder cannot be written to.
    """
    started = time.monotonic() if started is None else started
    if not subject.validation:
        raise DataError(
            f"{subject.data.root} has no validation split, on which candidates could be compared. Hold out a part of "
            f"the images: --validation 0.2."
        )
    begun = open_tuning(folder, subject, plan, search)
    tuning = begun or plan_tuning(
        subject, settle_precision(plan, display, search.device or default_device()), search, started
    )
    return _Tuner(subject, source, folder, display, tuning, started, search.device).run()


class _Tuner:
    """One tuning, from where it stands to its end."""

    def __init__(
        self,
        subject: Subject[Any],
        source: Source,
        folder: Path,
        display: Display,
        tuning: Tuning,
        started: float,
        device: torch.device | None,
    ) -> None:
        self._subject = subject
        self._source = source
        self._folder = folder
        self._device = device
        self._display = display
        self._tuning = tuning
        self._before = tuning.spent - started  # seconds of earlier commands, and where the clock of this one stands
        self._sizes = rung_sizes(len(tuning.candidates))

    def run(self) -> Tuned:
        """All rungs, and the last training."""
        writable_folder(self._folder)
        self._display.say(f"Tuning folder: {self._folder}")
        self._announce()
        count = len(self._tuning.candidates)
        staying = list(range(count))
        for rung, size in enumerate(self._sizes):
            seconds = self._seconds_of(rung, size)
            for candidate in staying[:size]:
                if not self._try(rung, candidate, seconds):
                    self._write()  # the time that a trial has had so far is spent
                    return Tuned(self._tuning, None)
            staying = [trial.candidate for trial in self._tuning.ranked(rung)]
            if not staying:
                break
        best = self._tuning.best
        if best is None:
            failures = [trial.failure for trial in self._tuning.trials if trial.failure is not None]
            raise RunError(
                f"None of the {count} candidates could be trained. The first: {failures[0]} To search anew, name "
                f"another folder (--output)."
            )
        return self._finish(best)

    def _announce(self) -> None:
        """How many candidates are trained, in how many rungs, and about how long each."""
        begun, sizes, budget = self._tuning.rungs, self._sizes, self._tuning.budget_seconds
        of_a_rung = begun[-1] * sizes[len(begun) - 1] if begun else (SEARCH_SHARE * budget - self._spent()) / len(sizes)
        self._display.say(f"{sizes[0]} candidates in {counted(len(sizes), 'rung')}:")
        for rung, size in enumerate(sizes):
            seconds = duration_text(begun[rung] if rung < len(begun) else max(1.0, of_a_rung / size))
            left = "better half goes" if size > 2 else "better one goes"
            self._display.say(f"  rung {rung + 1}: {size} trials of about {seconds} each; the {left} on")
        rest = duration_text((1 - SEARCH_SHARE) * budget)
        self._display.say(f"  then the best, trained anew for the time that is left: about {rest}")

    def _seconds_of(self, rung: int, size: int) -> float:
        """The time of each trial of a rung: an equal part of what is left of the search, rung by rung."""
        if rung == len(self._tuning.rungs):
            left = SEARCH_SHARE * self._tuning.budget_seconds - self._spent()
            seconds = max(1.0, left / (len(self._sizes) - rung) / size)
            self._write(rungs=(*self._tuning.rungs, round(seconds, 3)))
        return self._tuning.rungs[rung]

    def _try(self, rung: int, candidate: int, seconds: float) -> bool:
        """Train and score a candidate, unless that has been done; false where the training was paused."""
        if any((trial.rung, trial.candidate) == (rung, candidate) for trial in self._tuning.trials):
            return True
        trial = Trial(number=len(self._tuning.trials) + 1, rung=rung, candidate=candidate, seconds=seconds)
        changes = self._tuning.candidates[candidate]
        self._display.say(
            f"Trial {trial.number}, {duration_text(seconds)}: {'; '.join(changes) or 'the plan as it is'}"
        )
        try:
            outcome = self._train(
                candidate_plan(self._tuning.plan, changes, "a candidate of a tuning"),
                self._folder / "trials" / f"{trial.number:02}",
                seconds,
                _OnlyProgress(self._display),
            )
        except (DataError, RunError, SettingError, torch.OutOfMemoryError) as error:
            if isinstance(error, DataError) and not isinstance(error.__cause__, SettingError):
                raise  # a file that cannot be read, rather than an image that this network does not take
            failure = str(error).splitlines()[0]
            self._display.say(f"  failed: {failure}")
            self._write(trials=(*self._tuning.trials, trial.model_copy(update={"failure": failure})))
            return True
        if outcome.verdict is None:
            return False
        self._display.say(f"  {outcome.verdict}")
        scored = trial.model_copy(update={"score": outcome.verdict.value})
        self._write(trials=(*self._tuning.trials, scored), metric=outcome.verdict.title)
        return True

    def _finish(self, best: Trial) -> Tuned:
        """Train the best candidate with the time that is left."""
        overrides = self._tuning.candidates[best.candidate]
        count = len(self._tuning.candidates)
        why = f"the best of {count} candidates: {self._tuning.metric} {best.score:.3f} in {duration_text(best.seconds)}"
        plan = candidate_plan(self._tuning.plan, overrides, why)
        left = self._tuning.budget_seconds - self._spent()
        self._display.say(f"The best, for {duration_text(left)}: {'; '.join(overrides) or 'the plan as it is'}")
        outcome = self._train(plan, self._folder, left, self._display)
        self._write()
        return Tuned(self._tuning, outcome if outcome.is_finished else None, overrides)

    def _train(self, plan: Plan, folder: Path, seconds: float, display: Display) -> Outcome:
        """A training, or the rest of one."""
        if Run.is_at(folder):
            return resume(folder, display, device=self._device)[0]
        timed = change_training(plan, budget_seconds=seconds)
        return train(self._subject, self._source, timed, folder, display, device=self._device)

    def _spent(self) -> float:
        return self._before + time.monotonic()

    def _write(self, **changes: object) -> None:
        """Change what is known, on disk too."""
        self._tuning = self._tuning.model_copy(update={**changes, "spent": round(self._spent(), 3)})
        write_atomically(self._folder / FILE_NAME, json.dumps(self._tuning.model_dump(mode="json"), indent=1).encode())


class _OnlyProgress(Silent):
    """Shows how far a trial is and keeps what it says to itself."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def moment(self, moment: Moment, seconds_left: float, score: str | None) -> None:
        """As the display shows it."""
        self._display.moment(moment, seconds_left, score)
