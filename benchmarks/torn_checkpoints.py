"""Damages checkpoints at random places: does a training ever go on from something that was changed?

    python benchmarks/torn_checkpoints.py --rounds 1000

Each round takes a folder with two checkpoints and damages the newest, its tensors or its manifest: cut short at a
random place, or one random bit flipped. In a quarter of the rounds the one before is damaged as well. Counted is what
`load_checkpoint` does: falls back to the one before and says so, refuses where none is whole, or loads something wrong.
What a save takes is measured, too, with a checkpoint as large as that of the default network.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from pixelwise.errors import RunError
from pixelwise.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

Fault = Callable[[bytes, random.Random], bytes]
STEPS = (10, 20)


def truncate(content: bytes, chance: random.Random) -> bytes:
    """The beginning, of random length, nothing included."""
    return content[: chance.randrange(len(content))]


def flip(content: bytes, chance: random.Random) -> bytes:
    """The same with one bit flipped."""
    place = chance.randrange(8 * len(content))
    changed = bytearray(content)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


FAULTS: dict[str, Fault] = {"truncation": truncate, "bit flip": flip}


def torn_rounds(folder: Path, fault: Fault, *, rounds: int, seed: int) -> Counter[str]:
    """Damage, load, restore, many times; how often each thing happened."""
    chance = random.Random(seed)
    saved = {step: _state(step) for step in STEPS}
    for tensors, facts in saved.values():
        save_checkpoint(folder, tensors, facts)
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    counts: Counter[str] = Counter()
    for _ in range(rounds):
        both = chance.random() < 0.25
        for step in STEPS if both else STEPS[1:]:
            kind = chance.choice(("json", "safetensors"))
            path = folder / f"step-{step:09d}.{kind}"
            path.write_bytes(fault(whole[path], chance))
        counts[_outcome(folder, saved, expected="refused" if both else "fell back")] += 1
        for path, content in whole.items():
            path.write_bytes(content)
    return counts


def _outcome(folder: Path, saved: dict[int, Checkpoint], *, expected: str) -> str:
    """What loading does: as expected, `silent wrong load`, or `unused` for a whole checkpoint that was refused."""
    said: list[str] = []
    try:
        loaded = load_checkpoint(folder, said.append)
    except RunError:
        return "refused" if expected == "refused" else "unused"
    is_right = expected == "fell back" and len(said) == 1 and _same(loaded, saved[STEPS[0]])
    return "fell back" if is_right else "silent wrong load"


def _same(loaded: Checkpoint | None, saved: Checkpoint) -> bool:
    if loaded is None or loaded[1] != saved[1] or loaded[0].keys() != saved[0].keys():
        return False
    return all(torch.equal(tensor, saved[0][name]) for name, tensor in loaded[0].items())


def _state(step: int) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    tensors = {f"model.{i}": torch.randn(16, 16, generator=generator) for i in range(8)}
    return tensors, {"step": step, "seconds": step / 3, "available": None, "budget_seconds": None, "weights": None}


def _seconds_per_save(folder: Path, megabytes: int, saves: int = 5) -> float:
    tensors: dict[str, Tensor] = {"a": torch.randn(megabytes * 250_000)}
    begun = time.monotonic()
    for step in range(saves):
        save_checkpoint(folder, tensors, {"step": step})
    return (time.monotonic() - begun) / saves


def main() -> int:
    """Run all rounds; the exit code is 1 if a wrong state was loaded, or a whole one was not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--megabytes", type=int, default=70, help="of the checkpoint whose writing is measured")
    arguments = parser.parse_args()
    wrong = 0
    for name, fault in FAULTS.items():
        with tempfile.TemporaryDirectory() as folder:
            counts = torn_rounds(Path(folder), fault, rounds=arguments.rounds, seed=arguments.seed)
        wrong += counts["silent wrong load"] + counts["unused"]
        print(
            f"{arguments.rounds} rounds of {name}: fell back {counts['fell back']}, refused {counts['refused']}, "
            f"silent wrong loads {counts['silent wrong load']}, whole ones not used {counts['unused']}",
            flush=True,
        )
    with tempfile.TemporaryDirectory() as folder:
        seconds = _seconds_per_save(Path(folder), arguments.megabytes)
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
    print(f"A save of {arguments.megabytes} MB takes {seconds:.2f} s; the two that are kept take {size:.0f} MB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
