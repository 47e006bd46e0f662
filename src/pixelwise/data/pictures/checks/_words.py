"""Phrases that several checks of pictures share."""

from __future__ import annotations

from pixelwise.data.checks._words import of_all

__all__ = ["in_all"]


def in_all(count: int, total: int, nouns: str) -> str:
    """In how many among all, as a sentence begins.

    >>> in_all(3, 24, "pairs"), in_all(24, 24, "pairs")
    ('In 3 of 24 pairs', 'In all 24 pairs')
    """
    words = of_all(count, total, nouns)
    return f"In {words[0].lower()}{words[1:]}"
