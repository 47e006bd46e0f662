"""Sigmoid cross-entropy per pixel, for one channel that is object or background."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.losses._base import Loss, LossCard, mean_of
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "BinaryCrossEntropy"]


class BinaryCrossEntropy(Loss):
    """Mean over all labelled pixels of the binary cross-entropy of one channel.

    Args:
        object_weight: Factor for the pixels of the object; above one where the object is rare.
    """

    takes_weight = True
    object_weight: Tensor

    def __init__(self, object_weight: float = 1.0) -> None:
        super().__init__()
        if not 0 <= object_weight < math.inf:
            raise SettingError(f"object_weight is {object_weight:g}, but it is a factor: 0 or above.")
        self.register_buffer("object_weight", torch.tensor(object_weight, dtype=torch.float32), persistent=False)

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of scores `(B, 1, H, W)` against target `(B, H, W)` of 0, 1 and 255.

        A `weight` `(B, H, W)` is added to the 1 or the `object_weight` of each pixel; the mean is divided by the sum.
        """
        scores = scores.float().squeeze(1)
        labelled = target != IGNORE_INDEX
        truth = (target == 1).float()
        of_class = torch.where(target == 1, self.object_weight, 1.0)
        total = (of_class if weight is None else of_class + weight) * labelled
        summed = F.binary_cross_entropy_with_logits(scores, truth, total, reduction="sum")
        return mean_of(summed, total.sum())


LOSS = LossCard(
    build=BinaryCrossEntropy,
    summary="sigmoid cross-entropy of one channel: object against background",
    paper="the negative log-likelihood of a Bernoulli variable",
    abbreviation="bce",
    several_classes=False,
)
