"""Masks of one class each that do not overlap, read as one mask with a number for each pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pixelwise.data.dataset import Dataset
from pixelwise.data.formats._class_files import ClassFiles, class_files_of
from pixelwise.data.pairs import Pair
from pixelwise.data.scan import ScannedPair

__all__ = ["LEFT_OUT", "Scanned", "as_read", "renumbered"]

Scanned = Mapping[Pair, ScannedPair]

LEFT_OUT = 254  # stands for pixels of several classes, or of none, where each is to have one


def renumbered(
    pairs: Mapping[str, Sequence[Pair]], scanned: Scanned, numbers: Mapping[str, int], uncovered: int
) -> tuple[dict[str, tuple[Pair, ...]], dict[Pair, ScannedPair]]:
    """Pairs and what they hold, with one number for each pixel.

    Args:
        pairs: Per split.
        scanned: What each of them holds, as sums of 1, 2, 4, …
        numbers: That of each class.
        uncovered: That of pixels of no class; those of several classes get `LEFT_OUT`.
    """
    sources: dict[int, ClassFiles] = {}

    def change(pair: Pair) -> Pair:
        old = class_files_of(pair)
        source = sources.setdefault(id(old), replace(old, numbers=dict(numbers), uncovered=uncovered, shared=LEFT_OUT))
        return replace(pair, source=source)

    splits = {split: tuple(map(change, several)) for split, several in pairs.items()}
    return splits, {pair: _recoded(entry, change(pair)) for pair, entry in scanned.items()}


def as_read(dataset: Dataset, pairs: Mapping[str, Sequence[Pair]]) -> dict[str, tuple[Pair, ...]]:
    """Pairs as they lie on disk, those with a mask per class with the numbers that the data set gives their pixels."""
    known = {pair: pair for several in dataset.splits.values() for pair in several}
    return {
        split: tuple(known.get(pair, pair) if isinstance(pair.source, ClassFiles) else pair for pair in several)
        for split, several in pairs.items()
    }


def _recoded(entry: ScannedPair, pair: Pair) -> ScannedPair:
    """What a pair holds, in its new numbers."""
    source = class_files_of(pair)

    def new(values: Sequence[int]) -> list[int]:
        changed: list[int] = source.recoded(np.array(values, np.int32)).tolist()
        return changed

    pixels: Counter[int] = Counter()
    for value, count in zip(new(list(entry.pixels)), entry.pixels.values(), strict=True):
        pixels[value] += count
    outline = entry.outline
    if outline is not None:
        thickness = dict(zip(new(list(outline.thickness)), outline.thickness.values(), strict=True))
        labels = source.recoded(outline.labels.astype(np.int32))
        outline = replace(outline, labels=labels, thickness=thickness)
    diameters = dict(zip(new(list(entry.diameters)), entry.diameters.values(), strict=True))
    return replace(entry, pair=pair, pixels=dict(sorted(pixels.items())), outline=outline, diameters=diameters)
