"""What a training tells whoever watches it."""

from __future__ import annotations

import math
import sys
from typing import Protocol

from pixelwise.training.loop import Moment

__all__ = ["Display", "Lines", "Silent"]


class Display(Protocol):
    """Receives what happens; the command line draws it, a notebook prints it."""

    def say(self, text: str) -> None:
        """One finished line."""

    def working(self, what: str, done: int, total: int) -> None:
        """A countable piece of work has come to `done` of `total`."""

    def moment(self, moment: Moment, seconds_left: float, score: str | None) -> None:
        """The training has come this far.

        `seconds_left` is nan while it cannot be told; `score` is the newest on the validation images with when it was
        taken, such as `val mIoU 0.693 at 40%`, if there is one.
        """


class Silent:
    """A display that shows nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def working(self, what: str, done: int, total: int) -> None:
        """Nothing."""

    def moment(self, moment: Moment, seconds_left: float, score: str | None) -> None:
        """Nothing."""


class Lines(Silent):
    """A display that prints: one line for each tenth of a training, and whatever is said."""

    def __init__(self) -> None:
        self._tenth = 0

    def say(self, text: str) -> None:
        """Print the line."""
        sys.stdout.write(f"{text}\n")

    def moment(self, moment: Moment, seconds_left: float, score: str | None) -> None:
        """Print a line when the next tenth is done, in a training that follows an interrupted one, too."""
        tenth = int(moment.progress * 10)
        if tenth < self._tenth:
            self._tenth = 0
        if tenth == self._tenth:
            return
        self._tenth = tenth % 10
        shown = "" if score is None else f"  {score}"
        left = "" if math.isnan(seconds_left) else f"  {seconds_left:.0f} s left"
        phase = f"  {moment.phase}" if moment.phase else ""
        self.say(f"{moment.progress:4.0%}  epoch {moment.epoch:5.1f}{phase}  loss {moment.loss:.3f}{shown}{left}")
