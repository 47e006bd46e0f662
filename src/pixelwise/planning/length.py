"""How long a training is: durations as they are typed and as they are told, and what ends a training, in words."""

from __future__ import annotations

import math
import re

from pixelwise.data.dataset import Decision
from pixelwise.data.wording import counted
from pixelwise.errors import SettingError

__all__ = ["ENDS", "asked_end", "duration_text", "end_in_words", "is_end", "parse_duration", "refuse_two_ends"]

ENDS = ("training.epochs", "training.budget_seconds")
"""The settings of a plan of which one ends the training."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BUDGET = "a budget of "


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `90s`, `7m`, `1h30m` or `2d`; a bare number is minutes.

    >>> parse_duration("1h30m")
    5400.0

    Raises:
        SettingError: If the text is no duration, or is not longer than nothing.
    """
    compact = text.strip().lower().replace(" ", "")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", compact)
    if "".join(number + unit for number, unit in parts) == compact and parts:
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    elif re.fullmatch(r"\d+(\.\d+)?", compact):
        seconds = float(compact) * 60
    else:
        raise SettingError(f"'{text}' is no duration. Write it as 90s, 7m, 1h30m or 2d.")
    if seconds <= 0:
        raise SettingError(f"A duration of '{text}' leaves no time to train. Write it as 90s, 7m, 1h30m or 2d.")
    return seconds


def duration_text(seconds: float) -> str:
    """Whole seconds as a duration that `parse_duration` reads.

    >>> duration_text(150)
    '2m30s'
    """
    hours, minutes, rest = _clock(seconds)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"


def end_in_words(epochs: float | None, budget_seconds: float | None) -> str:
    """What ends a training, one of which is given; a budget has its unit spelt out.

    >>> end_in_words(40.0, None), end_in_words(None, 5400.0)
    ('40 epochs', 'a budget of 1 hour 30 minutes')
    """
    if budget_seconds is None:
        return f"{epochs:g} {'epoch' if epochs == 1 else 'epochs'}"
    if not 60 <= budget_seconds < math.inf:
        return f"{_BUDGET}{budget_seconds:g} {'second' if budget_seconds == 1 else 'seconds'}"
    parts = zip(_clock(budget_seconds), ("hour", "minute", "second"), strict=True)
    return _BUDGET + " ".join(counted(number, unit) for number, unit in parts if number)


def asked_end(epochs: float | None, budget_seconds: float | None) -> Decision:
    """What ends a training, as somebody has asked for, as one of a plan's decisions."""
    why = "asked for" if budget_seconds is None else "asked for; it is the wall time of the whole command"
    return Decision(end_in_words(epochs, budget_seconds), why)


def is_end(decision: str) -> bool:
    """Whether a decision is about what ends a training, however it came about."""
    return decision.startswith(_BUDGET) or re.fullmatch(r"\S+ epochs?", decision) is not None


def refuse_two_ends(epochs: float | None, budget_seconds: float | None) -> None:
    """Refuse a number of epochs together with a budget.

    Raises:
        SettingError: If both are given.
    """
    if epochs is not None and budget_seconds is not None:
        raise SettingError("Both a budget and a number of epochs are given; either ends the training, so give one.")


def _clock(seconds: float) -> tuple[int, int, int]:
    """Hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return minutes // 60, minutes % 60, rest
