"""Frames of one video that are trained on and scored in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._copies import splits_of
from pixelwise.data.checks._words import agree
from pixelwise.data.pairs import Pair

__all__ = ["CHECK"]

_NAME = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)\D*")
_FEWEST = 12  # images that one prefix numbers
_MORE_ALIKE = 0.6  # distance of neighbours as a share of that of any two images
_BETWEEN = 0.5  # share of the held-out images that have a neighbour in train
_HELD_OUT = 0.2


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per sequence of names whose neighbours look alike and lie on both sides."""
    split_of = splits_of(survey.final_splits)
    train = survey.final_splits.get("train", ())
    sequences: dict[str, list[tuple[int, Pair]]] = {}
    for pair in split_of:
        match = _NAME.fullmatch(pair.name)
        if match and pair in survey.looks:
            sequences.setdefault(match["prefix"], []).append((int(match["number"]), pair))
    for prefix, frames in sequences.items():
        numbers = [number for number, _ in frames]
        if len(frames) < _FEWEST or len(set(numbers)) < len(numbers):
            continue
        ordered = [pair for _, pair in sorted(frames, key=lambda frame: frame[0])]
        held = _torn(ordered, split_of)
        if held and _is_video(ordered, survey):
            yield _finding(prefix, ordered, held, train)


def _torn(ordered: Sequence[Pair], split_of: dict[Pair, str]) -> list[Pair]:
    """The held-out images with a neighbour in train, if they are most of those held out."""
    beside = {
        one
        for a, b in pairwise(ordered)
        for one, other in ((a, b), (b, a))
        if split_of[one] != "train" and split_of[other] == "train"
    }
    held_out = [pair for pair in ordered if split_of[pair] != "train"]
    return [pair for pair in held_out if pair in beside] if len(beside) >= _BETWEEN * max(1, len(held_out)) else []


def _is_video(ordered: Sequence[Pair], survey: Survey) -> bool:
    """Whether neighbours look more alike than any two images do."""
    stamps = np.stack([_flat(survey.looks[pair].grey) for pair in ordered])
    apart = len(ordered) // 2
    near = np.median(np.abs(stamps[1:] - stamps[:-1]).mean(axis=1))
    far = np.median(np.abs(stamps[apart:] - stamps[: len(stamps) - apart]).mean(axis=1))
    return bool(near <= _MORE_ALIKE * far)


def _flat(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """A stamp as 64 numbers, without its brightness and contrast."""
    small = grey.reshape(8, 4, 8, 4).mean(axis=(1, 3)).reshape(-1)
    flat: NDArray[np.float32] = (small - small.mean()) / (small.std() + 1)
    return flat


def _finding(prefix: str, ordered: Sequence[Pair], held: Sequence[Pair], train: Sequence[Pair]) -> Finding:
    """What to say of one sequence."""
    beginning = _beginning([pair.name for pair in ordered])
    count = len(held)
    cure = (
        f"Hold out a stretch of it instead of single frames: `--validation {beginning}`."
        if beginning
        else "Hold out a stretch of neighbouring frames, or a whole other video, instead of single frames."
    )
    called = f"{prefix!r} are followed by a number" if prefix else "are numbers"
    return Finding(
        Severity.HARMS,
        f"{len(ordered)} images whose names {called if prefix else 'are numbers'} are frames of a video, as "
        f"neighbours look alike; {count} held-out {agree(count, 'one has its', 'ones have their')} neighbour in train.",
        "Neighbouring frames are nearly the same picture, so that the score flatters.",
        cure,
        tuple(pair.image for pair in held),
        count,
    )


def _beginning(names: Sequence[str]) -> str:
    """The beginning of names that comes nearest a fifth of them; empty where none comes near."""
    counts: dict[str, int] = {}
    for name in names:
        for length in range(1, len(name)):
            counts[name[:length]] = counts.get(name[:length], 0) + 1
    wanted = _HELD_OUT * len(names)
    best = min(counts, key=lambda beginning: (abs(counts[beginning] - wanted), len(beginning), beginning), default="")
    return best if best and 0.4 * wanted <= counts[best] <= 2.5 * wanted else ""


CHECK = Check(run, "frames of one video that are trained on and scored in turn", looks=True)
