"""Frames of one video that are trained on and scored in turn."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._copies import splits_of
from pixelwise.data.checks._held_out import FEW_TO_LEARN, FEW_TO_SCORE
from pixelwise.data.checks._words import agree
from pixelwise.data.pairs import Pair
from pixelwise.data.split import is_beginning

__all__ = ["CHECK"]

_NAME = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)\D*")
_FEWEST = 12  # images that one prefix numbers
_MORE_ALIKE = 0.6  # distance of neighbours as a share of that of any two images
_BETWEEN = 0.5  # share of the held-out images that have a neighbour in train
_HELD_OUT = 0.2
_SHARES = (0.05, 0.5)  # of the images, that may be held out instead


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per sequence of names whose neighbours look alike and lie on both sides."""
    split_of = splits_of(survey.final_splits)
    numbered = _numbered(split_of, survey)
    torn = {
        prefix: held
        for prefix, frames in numbered.items()
        if (held := _torn(frames, split_of)) and _is_video(frames, survey)
    }
    if not torn:
        return
    cure = _cure(survey)
    for prefix, held in torn.items():
        yield _finding(prefix, numbered[prefix], held, cure)


def _numbered(pairs: Iterable[Pair], survey: Survey) -> dict[str, list[Pair]]:
    """Images that were looked at and whose names one beginning numbers, in the order of their numbers."""
    sequences: dict[str, list[tuple[int, Pair]]] = {}
    for pair in pairs:
        match = _NAME.fullmatch(pair.name)
        if match and pair in survey.looks:
            sequences.setdefault(match["prefix"], []).append((int(match["number"]), pair))
    return {
        prefix: [pair for _, pair in sorted(frames, key=lambda frame: frame[0])]
        for prefix, frames in sequences.items()
        if len(frames) >= _FEWEST and len({number for number, _ in frames}) == len(frames)
    }


def _torn(ordered: Sequence[Pair], split_of: Mapping[Pair, str]) -> list[Pair]:
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


def _finding(prefix: str, ordered: Sequence[Pair], held: Sequence[Pair], cure: str) -> Finding:
    """What to say of one sequence."""
    count = len(held)
    called = f"{prefix!r} are followed by a number" if prefix else "are numbers"
    return Finding(
        Severity.HARMS,
        f"{len(ordered)} images whose names {called} are frames of a video, as "
        f"neighbours look alike; {count} held-out {agree(count, 'one has its', 'ones have their')} neighbour in train.",
        "Neighbouring frames are nearly the same picture, so that the score flatters.",
        cure,
        tuple(pair.image for pair in held),
        count,
    )


def _cure(survey: Survey) -> str:
    """A beginning of names to hold out by which no video is torn; in words, where there is none."""
    pairs = [pair for split in ("", "train", "val", "test") for pair in survey.splits.get(split, ())]
    videos = [frames for frames in _numbered(pairs, survey).values() if _is_video(frames, survey)]
    ranked = [rank for one in _beginnings(survey, videos) if (rank := _rank(one, survey, videos)) is not None]
    if ranked:
        best = min(ranked)
        what = "a stretch of it" if best[1] else "a whole video"
        return f"Hold out {what} instead of single frames: `--validation {shlex.quote(best[-1])}`."
    if survey.is_drawn:
        return "Put a stretch of neighbouring frames, or a whole video, into a val of its own on disk."
    return "Move frames between the splits until each video, or each long stretch of one, lies in one split."


def _beginnings(survey: Survey, videos: Sequence[Sequence[Pair]]) -> list[str]:
    """How names of frames begin, as far as not too few and not too many images begin so."""
    pool = [pair.name for split in ("", "train", "val") for pair in survey.splits.get(split, ())]
    counts = Counter(name[:length] for name in pool for length in range(1, len(name) + 1))
    names = {pair.name for frames in videos for pair in frames}
    beginnings = {name[:length] for name in names for length in range(1, len(name))}
    most = _SHARES[1] * len(pool)
    return [one for one in beginnings if FEW_TO_SCORE <= counts[one] <= most and is_beginning(one) and one[0] != "-"]


def _rank(beginning: str, survey: Survey, videos: Sequence[Sequence[Pair]]) -> tuple[int, bool, float, int, str] | None:
    """How well it serves to hold out the names that begin so, the best the least; None where this finding would stay.

    None, too, where others would take its place: that too few images are left to learn from, or are scored.
    """
    found = {split: survey.splits.get(split, ()) for split in ("", "train", "val", "test")}
    left = [pair for split in ("", "train") for pair in found[split] if not pair.name.startswith(beginning)]
    held = [pair for split in ("", "train", "val") for pair in found[split] if pair.name.startswith(beginning)]
    share = len(held) / max(1, len(held) + len(left))
    if len(held) < FEW_TO_SCORE or len(left) < FEW_TO_LEARN or not _SHARES[0] <= share <= _SHARES[1]:
        return None
    split_of = splits_of({"train": left, "val": held, "test": found["test"]})
    kept = [[pair for pair in frames if pair in split_of] for frames in videos]
    if any(_torn(frames, split_of) for frames in kept):
        return None
    is_stretch = any(len({split_of[pair] for pair in frames}) > 1 for frames in kept)
    unlearnt = _shown(held, survey) - _shown(left, survey)
    return len(unlearnt), is_stretch, abs(share - _HELD_OUT), len(beginning), beginning


def _shown(pairs: Sequence[Pair], survey: Survey) -> set[str]:
    """The classes that masks of some pairs show."""
    known: Mapping[Pair, frozenset[str]] = {} if survey.usable is None else survey.usable.shown
    return {name for pair in pairs for name in known.get(pair, ())}


CHECK = Check(run, "frames of one video that are trained on and scored in turn", looks=True)
