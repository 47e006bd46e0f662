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

from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_size
from pixelwise.ops.processes import in_processes

Found = TypeVar("Found")

_SLEEPER = """\
import signal, time
from pixelwise.ops.processes import in_processes
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin by ignoring it
in_processes(time.sleep, [0.005] * 5000, processes=2)
"""

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


def test_results_come_in_order_from_other_processes_and_are_counted() -> None:
    counts: list[tuple[int, int]] = []
    assert in_processes(abs, range(-120, 0), lambda *at: counts.append(at), processes=2) == list(range(120, 0, -1))
    assert counts == [(50, 120), (100, 120), (120, 120)]


def test_the_function_runs_elsewhere_without_torch() -> None:
    found = in_processes(eval, ["__import__('os').getpid()", "'torch' in __import__('sys').modules"], processes=2)
    assert found[0] != os.getpid()
    assert found[1] is False


def test_errors_are_those_of_the_function(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(DataError, match=r"empty\.png is empty \(0 bytes\)\.$") as caught:
        in_processes(image_size, [tmp_path / "empty.png"], processes=2)
    assert caught.value.fault == "empty"


def test_what_a_process_that_dies_leaves_is_done_here() -> None:
    dies = f"0 if __import__('os').getpid() == {os.getpid()} else __import__('os')._exit(1)"
    assert in_processes(eval, [dies, "1", "2"], processes=2) == [0, 1, 2]


def test_a_script_without_a_guard_for_its_main_part_may_use_them(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from pixelwise.ops.processes import in_processes\nprint(in_processes(abs, [-1], processes=2))\n")
    assert subprocess.run([sys.executable, str(script)], capture_output=True, check=True, env=_env()).stdout == b"[1]\n"


@needs_proc
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_no_process_lives_on_when_the_one_that_started_it_is_stopped(way: signal.Signals) -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", _SLEEPER], stderr=subprocess.PIPE, env=_env(), start_new_session=True
    )
    workers = _wait_for(partial(_children, started.pid))
    time.sleep(0.5)  # they work by now
    if way == signal.SIGINT:
        os.killpg(started.pid, way)  # as Ctrl-C does: all of them get it
    else:
        started.send_signal(way)
    _, messages = started.communicate(timeout=20)
    assert _wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert messages.count(b"Traceback") == (way == signal.SIGINT)


def _env() -> dict[str, str]:
    """The environment in which a Python finds what this one finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def _children(process: int) -> list[int]:
    """The two or more processes that one has started; nothing before there are two."""
    listed = Path(f"/proc/{process}/task").glob("*/children")
    found = [int(child) for file in listed for child in file.read_text().split()]
    return found if len(found) > 1 else []


def _wait_for(condition: Callable[[], Found]) -> Found:
    """What a condition gives as soon as it holds, within ten seconds."""
    end = time.monotonic() + 10
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found
