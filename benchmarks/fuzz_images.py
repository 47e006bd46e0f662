"""Whether every image file, however hostile, ends in an image or in a sentence, in little time and memory.

    python -m benchmarks.fuzz_images --files 3000 --seed 0

Each file is read by all functions that read images, in a process of its own kind: its memory and its time are limited,
and a crash ends that process and not this one. A file fails if it raises anything but a DataError, kills the process,
takes more than 2 seconds or 256 MiB, or if anything is warned of, logged or printed. A file that claims a size that it
cannot have must be refused within 100 ms.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.hostile_images import BOMBS, hostile_file
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_head, read_image, read_pixels, read_stored
from pixelwise.ops.thumbnail import thumbnail

MOST_SECONDS, MOST_MEBIBYTES, MOST_BOMB_SECONDS = 2.0, 256, 0.1
_ALARM_SECONDS, _LIMIT_BYTES = 20, 3 * 1024**3
_READERS = (image_head, read_image, read_stored, read_pixels, thumbnail)


def main() -> None:
    """Read the files, print a table and what failed; exit with 1 if anything did."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--files", type=int, default=3000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.worker:
        read_files(chosen.first, chosen.files, chosen.seed)
        return
    started = time.monotonic()
    results = run_workers(chosen.first, chosen.files, chosen.seed)
    failures = print_table(results)
    print(f"{len(results)} files in {time.monotonic() - started:.0f} s, {len(failures)} failed")
    for failure in failures[:40]:
        print(f"  file {failure['index']} ({failure['kind']}): {failure['fault']}")
    sys.exit(bool(failures))


def run_workers(first: int, last: int, seed: int) -> list[dict[str, Any]]:
    """Read files `first` to `last` in worker processes, a new one after each crash."""
    results: list[dict[str, Any]] = []
    while first < last:
        command = [sys.executable, "-m", "benchmarks.fuzz_images", "--worker"]
        command += ["--first", str(first), "--files", str(last), "--seed", str(seed)]
        worker = subprocess.run(command, capture_output=True, text=True, check=False)
        found = [json.loads(line) for line in worker.stdout.splitlines()]
        results += found
        first += len(found)
        if first < last:
            words = worker.stderr.strip().splitlines()[-1:] or [""]
            fault = f"the process ended with {worker.returncode} {words[0]}"
            results.append(_result(first, seed, 0.0, 0.0, "failed", fault))
            first += 1
    return results


def read_files(first: int, last: int, seed: int) -> None:
    """Read files one after the other; print one line of JSON for each."""
    warnings.simplefilter("always")
    resource.setrlimit(resource.RLIMIT_AS, (_LIMIT_BYTES, _LIMIT_BYTES))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as noise:
        logging.basicConfig(level=logging.WARNING)
        os.dup2(noise.fileno(), 2)
        path = Path(folder) / "hostile"
        _warm_up(path)
        for index in range(first, last):
            path.write_bytes(hostile_file(index, seed)[1])
            noise.seek(0)
            noise.truncate()
            signal.alarm(_ALARM_SECONDS)
            measured = [_measure(read, path) for read in _READERS]
            signal.alarm(0)
            seconds, memory = (max(values) for values in list(zip(*measured, strict=True))[:2])
            faults = [fault for *_, fault in measured if fault]
            noise.seek(0)
            if printed := noise.read():
                faults.append(f"printed {printed[:200]!r}")
            outcome = "read" if any(outcome == "read" for *_, outcome, _ in measured[1:]) else "refused"
            print(json.dumps(_result(index, seed, seconds, memory, outcome, "; ".join(faults))), flush=True)


def print_table(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per kind of file; returns what failed."""
    kinds: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        kinds[result["kind"]].append(result)
    print(f"{'kind':<16}{'files':>6}{'read':>6}{'refused':>9}{'failed':>8}{'slowest':>12}{'most memory':>14}")
    for kind, rows in [*sorted(kinds.items()), ("all", results)]:
        counts = [sum(row["outcome"] == outcome for row in rows) for outcome in ("read", "refused")]
        slowest, largest = max(row["seconds"] for row in rows), max(row["memory"] for row in rows)
        failed = sum(bool(row["fault"]) for row in rows)
        print(f"{kind:<16}{len(rows):>6}{counts[0]:>6}{counts[1]:>9}{failed:>8}", end="")
        print(f"{1000 * slowest:>9.0f} ms{largest:>10.0f} MiB")
    return [result for result in results if result["fault"]]


def _result(index: int, seed: int, seconds: float, memory: float, outcome: str, fault: str) -> dict[str, Any]:
    """What came of one file, with what is too slow or too large among its faults."""
    kind = hostile_file(index, seed)[0]
    faults = [fault] if fault else []
    limit = MOST_BOMB_SECONDS if kind in BOMBS and outcome == "refused" else MOST_SECONDS
    if seconds > limit:
        faults.append(f"took {seconds:.2f} s")
    if memory > MOST_MEBIBYTES:
        faults.append(f"took {memory:.0f} MiB")
    result = {"index": index, "kind": kind, "seconds": seconds, "memory": memory, "outcome": outcome}
    return result | {"fault": "; ".join(faults)}


def _measure(read: Any, path: Path) -> tuple[float, float, str, str]:  # noqa: ANN401 - one of the readers
    """Seconds, mebibytes, outcome and fault of one reading."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before, started = _mebibytes("VmRSS"), time.perf_counter()
    outcome, fault = "failed", ""
    try:
        read(path)
        outcome = "read"
    except DataError:
        outcome = "refused"
    except BaseException as error:
        fault = f"{read.__name__} raised {type(error).__name__}: {error}"
    seconds = time.perf_counter() - started
    return seconds, max(0.0, _mebibytes("VmHWM") - before), outcome, fault


def _mebibytes(name: str) -> float:
    """A line of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _warm_up(path: Path) -> None:
    """Read something of each kind, so that what is imported then is not counted."""
    for index in range(60):
        path.write_bytes(hostile_file(index, seed=-1)[1])
        for read in _READERS:
            _measure(read, path)


if __name__ == "__main__":
    main()
