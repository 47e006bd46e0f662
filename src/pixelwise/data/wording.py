"""Numbers and lists in sentences."""

from __future__ import annotations

__all__ = ["agree", "counted", "ended", "percent"]


def agree(count: int, one: str, many: str) -> str:
    """The verb that fits a number.

    >>> agree(1, "is", "are"), agree(0, "is", "are")
    ('is', 'are')
    """
    return one if count == 1 else many


def counted(count: int, noun: str) -> str:
    """A number with its noun in the right form.

    >>> counted(1, "pixel"), counted(2, "pixel")
    ('1 pixel', '2 pixels')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def ended(sentence: str) -> str:
    """A sentence with its full stop, which a list that was cut short does without.

    >>> ended("Found: a, b"), ended("Found: a, b, …")
    ('Found: a, b.', 'Found: a, b, …')
    """
    return sentence if sentence.endswith("…") else f"{sentence}."


def percent(share: float) -> str:
    """A share in per cent, with as many digits as tell something.

    >>> percent(1), percent(0.0123), percent(0.00004)
    ('100 %', '1.2 %', '0.004 %')
    """
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %" if value >= 1e-4 else f"{value:.1g} %"
