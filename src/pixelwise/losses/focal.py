"""Focal loss: cross-entropy in which pixels that are nearly right count for little."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.losses._base import Loss, LossCard, mean_of
from pixelwise.losses._pixels import as_tensor, pixel_weights, with_background
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "Focal"]


class Focal(Loss):
    """Weighted mean over all labelled pixels of (1 - p) ** gamma times -log p, p the probability of the true class.

    One channel is scored against background of score 0, which is the sigmoid's focal loss of the paper.

    Args:
        gamma: How much less the easy pixels count, from 0, which is cross-entropy.
        class_weights: One factor per class (background and object for one channel), or None for equal weights; the mean
            is divided by the sum of the pixels' weights. The paper's alpha is the pair 1 - alpha, alpha.

    Raises:
        SettingError: If gamma is negative.

    Differs from the paper: the sum is divided by the weights of all pixels, not by the number of those of objects; and
    classes that exclude one another share a softmax.
    """

    takes_weight = True
    class_weights: Tensor | None

    def __init__(self, gamma: float = 2.0, class_weights: Sequence[float] | None = None) -> None:
        super().__init__()
        if not 0 <= gamma < float("inf"):
            raise SettingError(f"gamma is {gamma:g}, but it is an exponent: 0 or above.")
        self.gamma = gamma
        self.register_buffer("class_weights", as_tensor(class_weights), persistent=False)

    def forward(self, scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`.

        A `weight` `(B, H, W)` is added to the weight that each pixel has for its class; the mean is divided by the sum.
        """
        entropy = F.cross_entropy(with_background(scores), target, ignore_index=IGNORE_INDEX, reduction="none")
        wrong = -torch.expm1(-entropy)  # 1 - p, exact where p is nearly 1
        if self.gamma < 1:
            wrong = wrong.clamp_min(torch.finfo(wrong.dtype).tiny)  # the slope of 0 ** gamma is infinite
        total = pixel_weights(target, self.class_weights)
        if weight is not None:
            total = total + weight * (target != IGNORE_INDEX)
        return mean_of((total * wrong**self.gamma * entropy).sum(), total.sum())


LOSS = LossCard(
    build=Focal,
    summary="cross-entropy in which pixels that are nearly right count for little",
    paper="Lin et al.: Focal Loss for Dense Object Detection, https://arxiv.org/abs/1708.02002",
)
