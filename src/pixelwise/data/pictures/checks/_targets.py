"""The pictures of one side as the search for copies takes them: each as an image of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pixelwise.data.looks import Look
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.sources import BESIDE
from pixelwise.data.pictures.survey import Side

__all__ = ["looks_of", "splits_of_side"]


def looks_of(side: Side) -> Mapping[Pair, Look]:
    """How each picture looks; the picture stands where an image does."""
    return {Pair(side.files[pair], None, BESIDE): look.look for pair, look in side.looks.items()}


def splits_of_side(side: Side) -> Mapping[str, Sequence[Pair]]:
    """The pictures of each split, likewise."""
    return {
        split: tuple(Pair(side.files[pair], None, BESIDE) for pair in pairs) for split, pairs in side.splits.items()
    }
