"""Scores of classes that may overlap: each class against the rest, pixel by pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pixelwise.metrics.confusion import SegmentationScores, class_margins
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["MultilabelScores", "multilabel_counts"]


def multilabel_counts(prediction: Tensor, target: Tensor) -> Tensor:
    """Count for each class the pixels inside and outside of it by what was predicted for them.

    Args:
        prediction: `(K, ...)`, any integer type: 1 where a pixel is predicted to belong to the class, else 0.
        target: The same shape: 1, 0, or 255 for pixels that are not counted.

    Returns:
        `(K, 2, 2)` int64 on the device of the target; row = truth, column = prediction, 0 = rest, 1 = class.

    Raises:
        ValueError: If the shapes differ, or there are other values.

    >>> multilabel_counts(torch.tensor([[1, 1, 0, 0]]), torch.tensor([[1, 0, 0, 255]]))
    tensor([[[1, 1],
             [0, 1]]])
    """
    if prediction.shape != target.shape:
        raise ValueError(f"The prediction is {tuple(prediction.shape)}, but the target is {tuple(target.shape)}.")
    counted = target != IGNORE_INDEX
    if ((target > 1) & counted).any() or (prediction > 1).any() or (target < 0).any() or (prediction < 0).any():
        raise ValueError(f"Predictions hold 0 and 1, targets 0, 1 and {IGNORE_INDEX}.")
    truth, guess = target == 1, (prediction == 1) & counted
    hits, positive, claimed, total = (part.flatten(1).sum(dim=1) for part in (truth & guess, truth, guess, counted))
    rest = torch.stack([total - positive - claimed + hits, claimed - hits], dim=-1)
    return torch.stack([rest, torch.stack([positive - hits, hits], dim=-1)], dim=-2)


@dataclass(frozen=True, eq=False, repr=False)
class MultilabelScores(SegmentationScores):
    """The scores that follow from the counts of each class against the rest.

    A class has an IoU where it is in the truth or in the prediction, as in `SegmentationScores`; the rest has none, so
    that it does not raise the mean.

    Attributes:
        matrix: `(K, 2, 2)` int64, as `multilabel_counts` gives it.
        names: Names of the K classes.
    """

    @property
    def margins(self) -> Tensor:
        """Hits, true pixels and predicted pixels of each class, `(3, K)` float64."""
        return class_margins(self.matrix)

    @property
    def pixel_accuracy(self) -> float:
        """Share of the decisions, one for each pixel and class, that are right; nan if none is counted."""
        total = int(self.matrix.sum())
        return int(self.matrix.diagonal(dim1=-2, dim2=-1).sum()) / total if total else math.nan

    @property
    def num_pixels(self) -> int:
        """Number of counted pixels."""
        return int(self.matrix.sum(dim=(-2, -1)).max())
