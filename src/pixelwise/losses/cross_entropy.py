"""Softmax cross-entropy per pixel, for classes that exclude one another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.losses._base import Loss, LossCard, refuse_label_smoothing
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "CrossEntropy"]


class CrossEntropy(Loss):
    """Weighted mean over all labelled pixels of the batch of the negative log-probability of the true class.

    Args:
        class_weights: One factor per class, or None for equal weights. As in torch, the mean is divided by the sum
            of the pixels' weights, so that the size of the loss does not depend on the batch's mixture.
        label_smoothing: Share of each target that is spread evenly over all classes, 0 to 1.

    Raises:
        SettingError: If that share is out of range.
    """

    takes_weight = True
    class_weights: Tensor | None

    def __init__(self, class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        refuse_label_smoothing(label_smoothing)
        weights = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32)
        self.register_buffer("class_weights", weights, persistent=False)
        self.label_smoothing = label_smoothing

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`.

        A `weight` `(B, H, W)` is added to the weight that each pixel has for its class; the mean is divided by the sum.
        """
        scores = scores.float()
        summed = F.cross_entropy(
            scores,
            target,
            self.class_weights,
            ignore_index=IGNORE_INDEX,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        total = _total_weight(target, self.class_weights)
        if weight is not None:
            alone = F.cross_entropy(
                scores, target, ignore_index=IGNORE_INDEX, reduction="none", label_smoothing=self.label_smoothing
            )
            summed = summed + (alone * weight).sum()
            total = total + (weight * (target != IGNORE_INDEX)).sum()
        return summed / total.clamp_min(torch.finfo(torch.float32).tiny)


def _total_weight(target: Tensor, class_weights: Tensor | None) -> Tensor:
    labelled = target != IGNORE_INDEX
    if class_weights is None:
        return labelled.sum().float()
    return (class_weights[target.masked_fill(~labelled, 0)] * labelled).sum()


LOSS = LossCard(
    build=CrossEntropy,
    summary="softmax cross-entropy per pixel, with class weights and label smoothing",
    paper="Szegedy et al.: Rethinking the Inception Architecture (label smoothing), https://arxiv.org/abs/1512.00567",
)
