"""A few of many items, taken at even distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

__all__ = ["evenly"]

Item = TypeVar("Item")


def evenly(items: Sequence[Item], count: int) -> tuple[Item, ...]:
    """At most `count` items, evenly spread over all of them and in their order; the first is always among them.

    >>> evenly("abcdefgh", 4)
    ('a', 'c', 'e', 'g')
    >>> evenly("ab", 4)
    ('a', 'b')
    """
    count = min(count, len(items))
    return tuple(items[i * len(items) // count] for i in range(count))
