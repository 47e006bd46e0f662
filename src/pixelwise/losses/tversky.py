"""Tversky: overlap in which what is claimed wrongly and what is missed count differently."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.losses._base import Loss, LossCard
from pixelwise.losses._overlap import mean_over_classes, overlap, ratio, refuse_smooth

__all__ = ["LOSS", "Tversky"]


class Tversky(Loss):
    """Mean over the classes that the batch holds of (1 - Tversky index) ** gamma.

    The index is TP / (TP + alpha FP + beta FN) of soft true positives, false positives and false negatives; with
    alpha and beta of 1/2 it is the Dice coefficient, with both of 1 that of Jaccard. Sums run over the whole batch.
    With one channel, it is that of the object.

    Args:
        alpha: Weight of what is claimed wrongly, from 0.
        beta: Weight of what is missed, from 0; above alpha, objects rather come out too large than too small.
        gamma: Exponent, above 0: below 1, classes that are nearly right go on pulling; 1 is the Tversky loss, 3/4 the
            focal Tversky loss as its authors recommend it.
        smooth: Added above and below the line, in pixels, so that a class of few pixels does not jump; from 0.

    Raises:
        SettingError: If one of these is out of range.

    Differs from the paper of the focal Tversky loss (Abraham, Khan: "A Novel Focal Tversky Loss Function With Improved
    Attention U-Net for Lesion Segmentation", ISBI 2019, https://arxiv.org/abs/1810.07842): gamma is the exponent, which
    is 1 / gamma there; the mean of the classes is taken, not their sum; and alpha and beta are those of Salehi et al.,
    which are exchanged there.
    """

    def __init__(self, alpha: float = 0.3, beta: float = 0.7, gamma: float = 1.0, smooth: float = 1.0) -> None:
        super().__init__()
        for name, value in (("alpha", alpha), ("beta", beta)):
            if not 0 <= value < float("inf"):
                raise SettingError(f"{name} is {value:g}, but it is a weight: 0 or above.")
        if not 0 < gamma < float("inf"):
            raise SettingError(f"gamma is {gamma:g}, but it is an exponent above 0; 1 leaves the index as it is.")
        refuse_smooth(smooth)
        self.alpha, self.beta, self.gamma, self.smooth = alpha, beta, gamma, smooth

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`, between 0 and 1."""
        shared, claimed, true, present = overlap(scores, target)
        wrong = self.alpha * (claimed - shared) + self.beta * (true - shared)
        loss = 1 - ratio(shared + self.smooth, shared + wrong + self.smooth)
        if self.gamma != 1:
            loss = loss.clamp_min(torch.finfo(loss.dtype).tiny) ** self.gamma  # the slope of 0 ** gamma is infinite
        return mean_over_classes(loss, present)


LOSS = LossCard(
    build=Tversky,
    summary="overlap in which misses count more than false claims; focal Tversky by gamma",
    paper="Salehi et al.: Tversky loss function for image segmentation, https://arxiv.org/abs/1706.05721",
)
