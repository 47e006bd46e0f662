"""Where a training stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Moment"]


@dataclass(frozen=True)
class Moment:
    """Where a training stands.

    Attributes:
        step: Steps that are done.
        epoch: How often each example has been seen.
        progress: Share of the training that is done, [0, 1].
        loss: Mean over the last steps.
        learning_rate: Of the head.
        seconds: Spent in this training, runs before a resume included.
        phase: What is trained by now, in words; empty where it is always the same.
    """

    step: int
    epoch: float
    progress: float
    loss: float
    learning_rate: float
    seconds: float
    phase: str = ""

    def row(self) -> dict[str, Any]:
        """A line of metrics.jsonl, without a phase where there is none."""
        return {name: value for name, value in asdict(self).items() if name != "phase" or value}

    @property
    def seconds_left(self) -> float:
        """Until the end, at the pace so far."""
        return self.seconds * (1 - self.progress) / max(self.progress, 1e-6)
