"""The same picture twice; in two splits a score flatters by it."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import Pair
from pixelwise.data.scan import ScannedPair
from pixelwise.errors import some_of

__all__ = ["copied_files", "copied_images", "repeated_images", "splits_of_copies"]

Key = TypeVar("Key", bound=Hashable)

_CHECK = "duplicates"  # which tells of them, too
_HEAD = 1 << 16  # bytes by which nearly all files of one length differ already


def copied_images(scanned: Mapping[Pair, ScannedPair]) -> dict[Pair, str]:
    """Find images that are there twice or more, byte for byte.

    Only files of the same length whose masks hold the same numbers are read, so that this costs next to nothing.

    Returns:
        Those that have copies, each with a text that it has in common with these.
    """
    likely: dict[object, list[Pair]] = {}
    for pair, entry in scanned.items():
        if not pair.image.is_file():
            continue  # it lies in a larger file
        key = (pair.image.stat().st_size, entry.image_size, tuple(sorted(entry.pixels.items())))
        likely.setdefault(key, []).append(pair)
    digests = {pair: _digest(pair.image) for several in likely.values() if len(several) > 1 for pair in several}
    counts = Counter(digests.values())
    return {pair: digest for pair, digest in digests.items() if counts[digest] > 1}


def copied_files(files: Mapping[Key, Path]) -> dict[Key, str]:
    """Find pairs, or whatever has a file, whose files are there twice or more, byte for byte; as `copied_images`.

    Args:
        files: The file of each that counts. Of those of one length the first 64 KiB are read, and the rest where
            these agree.
    """
    groups: dict[object, list[Key]] = {}
    for pair, file in files.items():
        groups.setdefault(file.stat().st_size, []).append(pair)
    for read in (_digest_of_head, _digest):
        finer: dict[object, list[Key]] = {}
        for key, pairs in groups.items():
            for pair in pairs if len(pairs) > 1 else ():
                finer.setdefault((key, read(files[pair])), []).append(pair)
        groups = finer
    return {pair: str(files[pairs[0]]) for pairs in groups.values() if len(pairs) > 1 for pair in pairs}


def splits_of_copies(files: Iterable[Path], splits: Mapping[str, Sequence[Pair]]) -> dict[Path, str]:
    """Find files that are images or masks of a data set too, byte for byte.

    Args:
        files: Any; those that cannot be read are none.
        splits: The pairs of each split.

    Returns:
        The split of each that is; of several, the last one.
    """
    known: dict[tuple[str, Path], Path] = {}
    for split, pairs in splits.items():
        for pair in pairs:
            both = (pair.source.image_file(pair), pair.target)
            known |= {(split, file): file for file in both if file is not None and file.is_file()}
    asked = {("", file): file for file in files if file.is_file() and os.access(file, os.R_OK)}
    of_data, of_asked = ({file.stat().st_size for file in several.values()} for several in (known, asked))
    likely = {key: file for key, file in (known | asked).items() if file.stat().st_size in of_data & of_asked}
    copies: dict[str, list[tuple[str, Path]]] = {}
    for key, text in copied_files(likely).items():
        copies.setdefault(text, []).append(key)
    found: dict[Path, str] = {}
    for several in copies.values():
        within = [split for split, _ in several if split]
        found |= {file: within[-1] for split, file in several if within and not split}
    return found


def repeated_images(splits: Mapping[str, Sequence[Pair]], copied: Mapping[Pair, str]) -> list[Decision]:
    """Say which images lie in two splits, byte for byte, or are listed in both.

    Args:
        splits: The pairs of each split.
        copied: What `copied_images` has found.

    Returns:
        One entry per two splits that share images; they are stated, not removed.
    """
    decisions = []
    for first, second in combinations(splits, 2):
        known = {copied.get(pair, pair) for pair in splits[first]}
        shared = [pair.image.name for pair in splits[second] if copied.get(pair, pair) in known]
        if shared:
            verb = "is" if len(shared) == 1 else "are"
            what = f"{len(shared)} of {len(splits[second])} images of {second} {verb} in {first} too: {some_of(shared)}"
            why = f"the same files, byte for byte: scores on {second} flatter as long as they lie in both"
            decisions.append(Decision(what, why, _CHECK))
    return decisions


def _digest_of_head(file: Path) -> str:
    """A number for the beginning of a file."""
    with file.open("rb") as stream:
        return hashlib.sha256(stream.read(_HEAD)).hexdigest()


def _digest(file: Path) -> str:
    """A number for the bytes of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
