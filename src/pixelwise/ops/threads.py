"""Many files at once, in threads: Pillow decodes without holding Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_threads"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_THREADS = 8


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], progress: Callable[[int, int], None] | None = None
) -> list[Result]:
    """Call a function for each item, several at once.

    After the first error, or Ctrl-C, what has not begun is left undone, and nothing runs on when this returns.

    Args:
        function: Must not compute with torch, whose own threads would then be too many.
        items: What it is called with.
        progress: Called with how many results there are, and how many there will be.

    Returns:
        The results in the order of the items.

    >>> in_threads(abs, [-2, 1])
    [2, 1]
    """
    executor = ThreadPoolExecutor(min(_MOST_THREADS, 2 * (os.cpu_count() or 1)))
    results: list[Result] = []
    try:
        for result in executor.map(function, items):
            results.append(result)
            if progress is not None:
                progress(len(results), len(items))
    finally:
        executor.shutdown(cancel_futures=True)
    return results
