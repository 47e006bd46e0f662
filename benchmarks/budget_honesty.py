"""Whether a budget is kept, and whether more time gives a better network.

    python benchmarks/budget_honesty.py DATA [DATA …] [--minutes 3 5 10] [--seeds 3] [--out budgets] [--binary]

Runs `pixelwise train DATA --budget …` for each data set, budget and seed, one after the other, and takes the wall time
of the whole command, from its start to its end. The score is the mIoU of the model file that the command leaves, on all
validation images. Each result is appended to `results.jsonl` in OUT; what is there is not run again, so the command can
be stopped and repeated. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from pixelwise import artifact

Result = dict[str, Any]
KEY = ("data", "minutes", "seed")


def main() -> None:
    """Run what has not been run, and print the table."""
    parser = argparse.ArgumentParser(description="Budgets and what they give")
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 5, 10])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("budgets"))
    parser.add_argument("--binary", action="store_true", help="numbered objects are learnt against background")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "results.jsonl"
    known = {tuple(result[name] for name in KEY) for result in read(file)}
    for seed in range(arguments.seeds):  # outermost, so that whatever is there after a stop is balanced
        for data in arguments.data:
            for minutes in arguments.minutes:
                if (data.name, minutes, seed) not in known:
                    result = measure(data, minutes, seed, arguments.out, arguments.binary)
                    with file.open("a", encoding="utf-8") as lines:
                        lines.write(json.dumps(result) + "\n")
    report([result for result in read(file) if result["minutes"] in arguments.minutes])


def read(file: Path) -> list[Result]:
    """All results so far."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def measure(data: Path, minutes: float, seed: int, out: Path, binary: bool) -> Result:
    """One training by the command line."""
    run = out / f"{data.name}-{minutes:g}m-{seed}"
    shutil.rmtree(run, ignore_errors=True)  # of a measurement that was stopped
    command = [sys.executable, "-m", "pixelwise", "train", str(data)]
    command += [
        "--budget",
        f"{60 * minutes:g}s",
        "--seed",
        str(seed),
        "-o",
        str(run),
        *(["--binary"] if binary else []),
    ]
    begun = time.monotonic()
    subprocess.run(command, check=True)
    seconds = time.monotonic() - begun
    scores = artifact.load(run)[1].scores
    if scores is None:
        raise SystemExit(f"{run} has no score: {data} has no validation images.")
    return {"data": data.name, "minutes": minutes, "seed": seed, "seconds": seconds, "miou": scores.values["miou"]}


def report(results: list[Result]) -> None:
    """Print a row for each data set and budget."""
    print("| data | budget | wall time by budget, least to most | mIoU, median | all |")
    print("| --- | --- | --- | --- | --- |")
    for data, minutes in sorted({(result["data"], result["minutes"]) for result in results}):
        own = [result for result in results if (result["data"], result["minutes"]) == (data, minutes)]
        ratios = [result["seconds"] / (60 * minutes) for result in own]
        scores = [result["miou"] for result in own]
        listed = ", ".join(f"{score:.3f}" for score in scores)
        print(f"| {data} | {minutes:g}m | {min(ratios):.3f}–{max(ratios):.3f} | {median(scores):.3f} | {listed} |")


if __name__ == "__main__":
    main()
