"""One piece of work for each of many pairs, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pixelwise.data.pairs import FILES, Pair
from pixelwise.ops.processes import in_processes
from pixelwise.ops.threads import in_threads

__all__ = ["for_each_pair"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def for_each_pair(
    pairs: Sequence[Pair],
    function: Callable[[Item], Result],
    items: Sequence[Item],
    progress: Callable[[int, int], None] | None = None,
) -> list[Result]:
    """Call a function for what belongs to each pair: in processes where all pairs are files, otherwise in threads.

    Other sources may hold a table of all annotations, which would be copied with each of their pairs. Pairs within
    results may be copies.

    Args:
        pairs: Whose items these are.
        function: As `in_processes` wants it.
        items: One per pair.
        progress: Called with how many are done and how many there are.

    Returns:
        The results in the order of the items.
    """
    run = in_processes if all(pair.source is FILES for pair in pairs) else in_threads
    return run(function, items, progress)
