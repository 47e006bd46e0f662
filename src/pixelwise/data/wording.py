"""Numbers and lists in sentences."""

from __future__ import annotations

__all__ = ["counted", "ended", "is_or_are"]


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


def is_or_are(count: int) -> str:
    """The verb for a number of things.

    >>> is_or_are(1), is_or_are(0)
    ('is', 'are')
    """
    return "is" if count == 1 else "are"
