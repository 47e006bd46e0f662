"""The same results as in threads, in other processes, which end with the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from pixelwise import cli
from pixelwise.errors import DataError
from pixelwise.ops import processes
from pixelwise.ops.image_io import image_size
from pixelwise.ops.processes import allow_processes, in_processes

Found = TypeVar("Found")

_HERE = f"__import__('os').getpid() == {os.getpid()}"
_SLEEPER = """\
import signal, time
from pixelwise.ops import processes
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin by ignoring it
    processes._num_cores = lambda: 2
    with processes.allow_processes():
        processes.in_processes(time.sleep, [0.005] * 5000)
"""

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even of few items, and on one core."""
    monkeypatch.setattr(processes, "_FEWEST_ITEMS", 1)
    monkeypatch.setattr(processes, "_num_cores", lambda: 2)


@pytest.mark.usefixtures("two_processes")
def test_results_come_in_order_from_other_processes_without_torch_and_are_counted() -> None:
    counts: list[tuple[int, int]] = []
    questions = [*map(str, range(50)), _HERE, "'torch' in __import__('sys').modules"]
    with allow_processes():
        found = in_processes(eval, questions, lambda *at: counts.append(at))
    assert found == [*range(50), False, False]
    assert counts == [(done, 52) for done in range(1, 53)]


@pytest.mark.usefixtures("two_processes")
def test_without_leave_nothing_runs_in_another_process() -> None:
    with allow_processes():
        pass
    assert in_processes(eval, [_HERE]) == [True]


@pytest.mark.usefixtures("two_processes")
def test_commands_may_start_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bool] = []
    monkeypatch.setattr(cli, "app", lambda: found.extend(in_processes(eval, [_HERE])))
    cli.main()
    assert found == [False]


def test_few_items_stay_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_num_cores", lambda: 2)
    with allow_processes():
        assert in_processes(eval, [_HERE] * 999) == [True] * 999


@pytest.mark.usefixtures("two_processes")
def test_errors_are_those_of_the_function(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with allow_processes(), pytest.raises(DataError, match=r"empty\.png is empty \(0 bytes\)\.$") as caught:
        in_processes(image_size, [tmp_path / "empty.png"])
    assert caught.value.fault == "empty"


@pytest.mark.usefixtures("two_processes")
def test_what_a_process_that_dies_leaves_is_done_here() -> None:
    with allow_processes():
        assert in_processes(eval, [f"0 if {_HERE} else __import__('os')._exit(1)", "1", "2"]) == [0, 1, 2]


def test_where_no_process_can_be_started_all_is_done_here(two_processes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")  # a system without shared memory

    monkeypatch.setattr(processes, "ProcessPoolExecutor", refuse)
    with allow_processes():
        assert in_processes(eval, [_HERE, "1"]) == [True, 1]


@needs_proc
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_no_process_lives_on_when_the_one_that_started_it_is_stopped(way: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "sleeper.py"
    script.write_text(_SLEEPER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = subprocess.Popen(
        [sys.executable, str(script)], stderr=subprocess.PIPE, env=environment, start_new_session=True
    )
    workers = _wait_for(partial(_children, started.pid))
    if way == signal.SIGINT:
        os.killpg(started.pid, way)  # as Ctrl-C does: all of them get it
    else:
        started.send_signal(way)
    _, messages = started.communicate(timeout=20)
    assert len(workers) == 3  # two, and the one with which Python tidies up
    assert _wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    if way == signal.SIGINT:
        assert messages.count(b"Traceback") == 1  # of the one that was started; its own processes say nothing


def _children(process: int) -> list[int]:
    """The three processes that one has started; nothing before there are three."""
    listed = Path(f"/proc/{process}/task").glob("*/children")
    found = [int(child) for file in listed for child in file.read_text().split()]
    return found if len(found) > 2 else []


def _wait_for(condition: Callable[[], Found]) -> Found:
    """What a condition gives as soon as it holds, within ten seconds."""
    end = time.monotonic() + 10
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found
