"""Where a training stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Moment"]


@dataclass(frozen=True)
class Moment:
    """Where a training stands.

    Attributes:
        step: Steps that are done.
        epoch: How often each example has been seen.
        progress: Share of the training that is done, [0, 1].
        loss: Mean over the last steps, of all networks together.
        learning_rate: Of the head.
        seconds: Spent in this training, runs before a resume included.
        phase: What is trained by now, in words; empty where it is always the same.
        losses: That of each network by name, where several learn by losses of their own; in this process.
    """

    step: int
    epoch: float
    progress: float
    loss: float
    learning_rate: float
    seconds: float
    phase: str = ""
    losses: Mapping[str, float] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """A line of metrics.jsonl: a phase where there is one, and `loss_NAME` for each of several networks."""
        row = {name: value for name, value in asdict(self).items() if name != "losses" and (name != "phase" or value)}
        return row | {f"loss_{name}": value for name, value in self.losses.items()}

    @property
    def seconds_left(self) -> float:
        """Until the end, at the pace so far."""
        return self.seconds * (1 - self.progress) / max(self.progress, 1e-6)
