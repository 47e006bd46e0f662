"""What comes of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from pixelwise.ops.device import default_device
from pixelwise.training.run import Run
from pixelwise.workflow.subject import Verdict

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes:
        run: The run folder.
        verdict: On the final model, from the validation split; None if there is none, or the training was paused.
        is_finished: Whether the training came to its end; otherwise it can be resumed.
        progress: Share that is done.
        epochs: How often each training image has been seen.
        device: Where it was trained.
    """

    run: Run
    verdict: Verdict[Any] | None
    is_finished: bool
    progress: float
    epochs: float = 0.0
    device: torch.device = field(default_factory=default_device)

    @property
    def scores(self) -> dict[str, float] | None:
        """All scores of the final model, none where nothing is held out; None if the training was paused."""
        if not self.is_finished:
            return None
        found = {} if self.verdict is None else self.verdict.measured.values
        return {name: value for name, value in found.items() if value is not None}

    @property
    def doubts(self) -> dict[str, str]:
        """Sentences about what speaks against the final model, by a short name; none of most."""
        found = {"fewer than one epoch": self.shortfall, "nothing learnt shows": self.failure}
        return {name: sentence for name, sentence in found.items() if sentence is not None}

    @property
    def failure(self) -> str | None:
        """A sentence about a model that scores no better than an answer for which nothing is learnt; else None."""
        verdict = self.verdict
        if verdict is None or verdict.beats_floor:
            return None
        cure = "train for longer"
        if self.epochs >= 1:  # before, any rate has had too little time
            rate = self.run.plan.training.learning_rate
            lower = float(f"{rate / 10:.1g}")
            cure += f", or with a lower rate than {rate:g} (--set training.learning_rate={lower:g})"
        return (
            f"Warning: {verdict} is no better than what {verdict.floor_of} scores ({verdict.shown(verdict.floor)}), so "
            f"that nothing learnt shows: {cure}."
        )

    @property
    def shortfall(self) -> str | None:
        """A sentence about a training that ended before it had seen each image; None for all others."""
        if self.epochs >= 1 or not self.is_finished:
            return None
        return (
            f"The training has seen {self.epochs:.2g} epochs: about {1 - self.epochs:.0%} of the training images have "
            f"never been learnt from."
        )
