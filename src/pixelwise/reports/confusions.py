"""Which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass

from pixelwise.metrics import SegmentationScores

__all__ = ["Confusion", "most_confused"]


@dataclass(frozen=True)
class Confusion:
    """Pixels of one class that were taken for another.

    Attributes:
        truth: The class that they have.
        prediction: The class that was predicted.
        pixels: How many there are.
        share: Their share of all pixels of the true class, 0 to 1.
        share_of_all: Their share of all counted pixels, 0 to 1.
    """

    truth: str
    prediction: str
    pixels: int
    share: float
    share_of_all: float


def most_confused(scores: SegmentationScores, count: int) -> list[Confusion]:
    """The pairs of classes with the most confused pixels, from the most on.

    Args:
        scores: Of classes that do not overlap.
        count: How many pairs; fewer where fewer are confused.
    """
    names, support = scores.names, scores.support
    counts = scores.matrix.clone().fill_diagonal_(0).flatten()
    ranked = counts.argsort(descending=True, stable=True)[:count].tolist()
    places = [(*divmod(place, len(names)), int(counts[place])) for place in ranked]
    return [
        Confusion(names[truth], names[guess], pixels, pixels / support[truth], pixels / sum(support))
        for truth, guess, pixels in places
        if pixels
    ]
