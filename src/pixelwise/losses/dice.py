"""Soft Dice: the overlap of prediction and truth per class, which counts small classes like large ones."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.losses._base import Loss, LossCard
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "Dice"]


class Dice(Loss):
    """One minus the mean Dice coefficient of the classes that the batch holds.

    Sums run over the whole batch, so that a class counts where it is, not in every image. With one channel, the
    coefficient is that of the object.

    Args:
        smooth: Added above and below the line, in pixels, so that a class of few pixels does not jump.

    Differs from the paper: probabilities are not squared in the denominator, as is usual since nnU-Net.
    """

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`, between 0 and 1."""
        scores = scores.float()
        labelled = target != IGNORE_INDEX
        index = target.masked_fill(~labelled, 0)
        if scores.shape[1] == 1:
            probability, truth = scores.sigmoid(), index.float().unsqueeze(1)
        else:
            probability = scores.softmax(dim=1)
            truth = F.one_hot(index, scores.shape[1]).permute(0, 3, 1, 2).float()
        truth = truth * labelled.unsqueeze(1)
        probability = probability * labelled.unsqueeze(1)
        overlap = (probability * truth).sum(dim=(0, 2, 3))
        pixels = truth.sum(dim=(0, 2, 3))
        dice = (2 * overlap + self.smooth) / (probability.sum(dim=(0, 2, 3)) + pixels + self.smooth)
        present = (pixels > 0).float() if scores.shape[1] > 1 else torch.ones_like(pixels)
        return ((1 - dice) * present).sum() / present.sum().clamp_min(1)


LOSS = LossCard(
    build=Dice,
    summary="one minus the soft Dice coefficient, averaged over the classes in the batch",
    paper="Milletari et al.: V-Net, https://arxiv.org/abs/1606.04797",
)
