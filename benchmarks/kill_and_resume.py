"""Kills a training at random moments and resumes it: is the result the same to the bit, and is nothing left behind?

    python benchmarks/kill_and_resume.py --kills 30

Each round starts a small training through the command line, sends it SIGKILL at a random moment, resumes it to the
end, and compares the last checkpoint (weights, their average, the optimiser's moments) with that of the training that
was left alone, byte by byte. A process of the round that is still there after the kill counts as an orphan.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pixelwise.data.scenes import write_scenes
from pixelwise.training.checkpoint import newest_manifest

SETTINGS = (
    "training.checkpoint_seconds=0",
    "training.batch_size=4",
    "training.precision=fp32",
    "training.stages=[{until: 1.0, height: 64, width: 64, min_scale: 0.5, max_scale: 1.0}]",
)


def main() -> int:
    """Run all rounds; the exit code is 1 if one of them differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--epochs", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where to keep what differs, beside the training left alone")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_scenes(root / "data", {"train": 16, "val": 2}, height=64, width=96)
        started = time.monotonic()
        subprocess.run(
            train_command(root, "whole", arguments.epochs),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        duration = time.monotonic() - started
        expected = last_checkpoint(root / "whole")
        equal = orphans = killed_in_training = 0
        for round_number in range(arguments.kills):
            run = f"round-{round_number}"
            after = chance.uniform(0.4, 0.9) * duration
            left, step = kill_after(train_command(root, run, arguments.epochs), after, root / run)
            orphans += left
            killed_in_training += step is not None
            if (root / run / "config.yaml").exists():
                command = [sys.executable, "-m", "pixelwise", "resume", str(root / run)]
            else:
                command = train_command(root, run, arguments.epochs)
            resumed = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            same = last_checkpoint(root / run) == expected
            equal += same
            where = "before its first checkpoint" if step is None else f"at step {step}"
            how = "equal" if same else f"DIFFERENT {first_difference(root, run)} (exit code {resumed.returncode})"
            print(f"{round_number + 1:3}: killed after {after:5.1f} s, {where}: {how}", flush=True)
            if same:
                shutil.rmtree(root / run)
            elif arguments.keep is not None:
                shutil.copytree(root, arguments.keep, dirs_exist_ok=True)
    print(
        f"{equal} of {arguments.kills} equal to the bit ({killed_in_training} killed after their first checkpoint), "
        f"{orphans} orphan processes"
    )
    return 0 if equal == arguments.kills and not orphans else 1


def train_command(root: Path, run: str, epochs: float) -> list[str]:
    """The command line of the small training."""
    command = [sys.executable, "-m", "pixelwise", "train", str(root / "data"), "-o", str(root / run)]
    command += ["--epochs", str(epochs), "--encoder", "test_resnet", "--no-pretrained"]
    for setting in SETTINGS:
        command += ["--set", setting]
    return command


def kill_after(command: list[str], seconds: float, run: Path) -> tuple[int, int | None]:
    """Start, wait, kill; how many processes are left, and the step of the checkpoint that is there."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    time.sleep(0.5)
    manifest = newest_manifest(run / "checkpoints")
    return len(processes_about(str(run))), None if manifest is None else manifest["facts"]["step"]


def processes_about(text: str) -> list[int]:
    """Other processes whose command line holds `text`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:  # ended meanwhile
                continue
            if text in line:
                found.append(int(folder.name))
    return found


def last_checkpoint(run: Path) -> str:
    """SHA-256 of the tensors of the newest checkpoint."""
    manifest = newest_manifest(run / "checkpoints")
    return "" if manifest is None else str(manifest["sha256"])


def first_difference(root: Path, run: str) -> str:
    """From which recorded step on the losses are other ones."""
    expected = recorded_losses(root / "whole")
    for step, loss in sorted(recorded_losses(root / run).items()):
        if loss != expected.get(step):
            return f"from a step before {step} on"
    return "in no recorded loss"


def recorded_losses(run: Path) -> dict[int, float]:
    """Loss by step; where a step was taken twice, the second time counts."""
    file = run / "metrics.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return {row["step"]: row["loss"] for row in rows if "loss" in row}


if __name__ == "__main__":
    sys.exit(main())
