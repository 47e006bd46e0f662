"""The same picture in two splits, by which a score flatters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import Pair
from pixelwise.data.scan import ScannedPair
from pixelwise.errors import some_of

__all__ = ["repeated_images"]


def repeated_images(splits: Mapping[str, Sequence[Pair]], scanned: Mapping[Pair, ScannedPair]) -> list[Decision]:
    """Find images that lie in two splits, byte for byte.

    Only files of the same length whose masks hold the same numbers are read, so that this costs next to nothing.

    Returns:
        One entry per two splits that share images; they are stated, not removed.
    """
    likely: dict[object, list[Pair]] = {}
    for pairs in splits.values():
        for pair in pairs:
            entry = scanned[pair]
            if not pair.image.is_file():
                continue  # it lies in a larger file
            key = (pair.image.stat().st_size, entry.image_size, tuple(sorted(entry.pixels.items())))
            likely.setdefault(key, []).append(pair)
    digests = {pair: _digest(pair.image) for several in likely.values() if len(several) > 1 for pair in several}
    decisions = []
    for first, second in combinations(splits, 2):
        known = {digests[pair] for pair in splits[first] if pair in digests}
        shared = [pair.image.name for pair in splits[second] if digests.get(pair) in known]
        if shared:
            verb = "is" if len(shared) == 1 else "are"
            what = f"{len(shared)} of {len(splits[second])} images of {second} {verb} in {first} too: {some_of(shared)}"
            why = f"the same files, byte for byte: scores on {second} flatter as long as they lie in both"
            decisions.append(Decision(what, why))
    return decisions


def _digest(file: Path) -> str:
    """A number for the bytes of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
