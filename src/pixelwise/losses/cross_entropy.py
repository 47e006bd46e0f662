"""Softmax cross-entropy per pixel, for classes that exclude one another."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from pixelwise.losses._base import Loss, LossCard, mean_of, refuse_label_smoothing
from pixelwise.losses._pixels import as_tensor, total_weight, with_background
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "CrossEntropy"]


class CrossEntropy(Loss):
    """Weighted mean over all labelled pixels of the batch of the negative log-probability of the true class.

    One channel is scored against background of score 0, which is the sigmoid cross-entropy of the object.

    Args:
        class_weights: One factor per class (background and object for one channel), or None for equal weights. As in
            torch, the mean is divided by the sum of the pixels' weights, so that the size of the loss does not depend
            on the batch's mixture.
        label_smoothing: Share of each target that is spread evenly over all classes, 0 to 1.

    Raises:
        SettingError: If that share is out of range.
    """

    takes_weight = True
    class_weights: Tensor | None

    def __init__(self, class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        refuse_label_smoothing(label_smoothing)
        self.register_buffer("class_weights", as_tensor(class_weights), persistent=False)
        self.label_smoothing = label_smoothing

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`.

        A `weight` `(B, H, W)` is added to the weight that each pixel has for its class; the mean is divided by the sum.
        """
        scores = with_background(scores)
        summed = F.cross_entropy(
            scores,
            target,
            self.class_weights,
            ignore_index=IGNORE_INDEX,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        total = total_weight(target, self.class_weights)
        if weight is not None:
            alone = F.cross_entropy(
                scores, target, ignore_index=IGNORE_INDEX, reduction="none", label_smoothing=self.label_smoothing
            )
            summed = summed + (alone * weight).sum()
            total = total + (weight * (target != IGNORE_INDEX)).sum()
        return mean_of(summed, total)


LOSS = LossCard(
    build=CrossEntropy,
    summary="softmax cross-entropy per pixel, with class weights and label smoothing",
    paper="Szegedy et al.: Rethinking the Inception Architecture (label smoothing), https://arxiv.org/abs/1512.00567",
    abbreviation="ce",
)
