"""Many files at once, in processes, where most of the work on each holds Python's lock.

Threads (`ops.threads`) help as long as Pillow decodes; what NumPy and Python do with the pixels they do one after the
other, on one core. A process per core does that side by side. It takes half a second to start, and what it is given
and what it finds is copied, so it is used for many items that are small, such as the names of files.

Each process begins with the main script, which would do all its work once more if it has no line
`if __name__ == "__main__":`. The command line has one; so processes are for commands, and whoever imports the library
gets threads.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing import get_context, parent_process
from typing import TypeVar

from pixelwise.ops.threads import in_threads

__all__ = ["allow_processes", "in_processes"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_PROCESSES = 8
_FEWEST_ITEMS = 1000  # that are worth starting processes for
_CHUNK = 20  # items that are sent at once
_NO_PROCESSES = (BrokenProcessPool, ImportError, NotImplementedError, OSError)  # of a system without semaphores, too

_are_allowed: ContextVar[bool] = ContextVar("_are_allowed", default=False)


@contextmanager
def allow_processes() -> Iterator[None]:
    """Let `in_processes` start processes, within the block and in this thread."""
    token = _are_allowed.set(True)
    try:
        yield
    finally:
        _are_allowed.reset(token)


def in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], progress: Callable[[int, int], None] | None = None
) -> list[Result]:
    """Call a function for each item, several at once: as `in_threads`, but in other processes.

    Where processes are not allowed (`allow_processes`), of fewer than 1,000 items and on one core, it is `in_threads`;
    as it is where no process can be started, or one is ended by the system, as for want of memory. The processes end
    with the call, or with this process, however that ends.

    Args:
        function: Belongs to a module, or is a `functools.partial` of one that does; changes nothing that this process
            would have to know; may be called twice for an item.
        items: What it is called with. Items and results are copied: what is one object in several items is several
            objects in the results.
        progress: Called with how many results there are, and how many there will be.

    Returns:
        The results in the order of the items.
    """
    count = min(_MOST_PROCESSES, _num_cores())
    if not _are_allowed.get() or len(items) < _FEWEST_ITEMS or count < 2:
        return in_threads(function, items, progress)
    results: list[Result] = []
    try:
        executor = ProcessPoolExecutor(count, get_context("spawn"), _begin)
        try:
            with _interrupts_wait():
                found = executor.map(function, items, chunksize=_CHUNK)
            for result in found:
                results.append(result)
                if progress is not None:
                    progress(len(results), len(items))
        finally:
            executor.shutdown(cancel_futures=True)
    except _NO_PROCESSES:  # what the function itself raises of these, it raises again
        return in_threads(function, items, progress)
    return results


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C back; processes that start meanwhile never get it, and leave it to this one."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare one of the processes: it leaves Ctrl-C to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the end of the parent, even by a signal that it cannot catch; then end at once."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
