"""Many files at once, in processes, where the work on each holds Python's lock.

Threads (`ops.threads`) help as long as Pillow decodes; what NumPy and Python do with the pixels they do one after the
other, on one core. A process per core does that side by side. It costs a third of a second to start, and what it is
given and what it finds is copied, so it is used for many items that are small, such as the names of files.

The processes are started by `subprocess`. Those of `multiprocessing` would run the user's script once more in each,
unless it has a line `if __name__ == "__main__":`, and could live on when this process is killed. These end when their
standard input does, which it does however this process ends.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

from pixelwise.ops.threads import in_threads

__all__ = ["in_processes", "serve"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_PROCESSES = 8
_FEWEST_ITEMS = 1000  # that are worth starting processes for
_CHUNK = 50  # items that are sent at once
_PROGRAM = """\
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path[:] = sys.argv[1:]
from pixelwise.ops.processes import serve
serve()
"""


def in_processes(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    progress: Callable[[int, int], None] | None = None,
    *,
    processes: int | None = None,
) -> list[Result]:
    """Call a function for each item, several at once: as `in_threads`, but the function runs in other processes.

    Fewer than 1,000 items, and any number on one core, are left to `in_threads`. Where a process fails, its items are
    worked on here, so that errors are the function's own, with their traceback.

    Args:
        function: Can be pickled, as functions of modules and `functools.partial` of them can; changes nothing that
            this process would have to know; may be called twice for an item.
        items: What it is called with. Items and results are copied by `pickle`: what is one object in several items
            is several objects in the results.
        progress: Called with how many results there are, and how many there will be.
        processes: How many; by default one per core that may be used, at most 8, and none for fewer than 1,000 items.

    Returns:
        The results in the order of the items.
    """
    if processes is None:
        processes = min(_MOST_PROCESSES, _num_cores()) if len(items) >= _FEWEST_ITEMS else 1
    if processes < 2 or not sys.executable:
        return in_threads(function, items, progress)
    workers = [_Worker() for _ in range(processes)]
    idle: SimpleQueue[_Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def work(chunk: Sequence[Item]) -> list[Result]:
        worker = idle.get()
        try:
            found = worker.call(function, chunk)
        finally:
            idle.put(worker)
        return [function(item) for item in chunk] if found is None else found

    def count(done: int, _: int) -> None:
        if progress is not None:
            progress(min(done * _CHUNK, len(items)), len(items))

    try:
        chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
        return [result for several in in_threads(work, chunks, count) for result in several]
    finally:
        for worker in workers:
            worker.end()


def serve() -> None:
    """What each of the processes does until its standard input ends: read a function and items, write the results.

    After anything unexpected it ends, and leaves the items to the process that started it.
    """
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that prints may come between the answers
    with suppress(Exception):
        while True:
            function, items = pickle.load(requests)
            answers.write(pickle.dumps([function(item) for item in items], pickle.HIGHEST_PROTOCOL))
            answers.flush()
    os._exit(0)  # without an attempt to write what is left to a process that is gone


class _Worker:
    """A process that calls functions, and ends with this one."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _PROGRAM, *sys.path]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result] | None:
        """The results in their order; None if the process could not compute them."""
        request = pickle.dumps((function, items), pickle.HIGHEST_PROTOCOL)
        requests, answers = self._pipes()
        try:
            requests.write(request)
            requests.flush()
            found: list[Result] = pickle.load(answers)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return found

    def end(self) -> None:
        """End the process and wait for it."""
        for pipe in self._pipes():
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    def _pipes(self) -> tuple[Any, Any]:
        return self._process.stdin, self._process.stdout


def _num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
