"""Soft Dice: the overlap of prediction and truth per class, which counts small classes like large ones."""

from __future__ import annotations

import torch
from torch import Tensor

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
        if scores.shape[1] == 1:
            probability = scores.sigmoid()
            truth = ((target == 1) & labelled).unsqueeze(1)
            overlap, pixels = (probability * truth).sum().reshape(1), truth.sum().reshape(1)
            present = torch.ones_like(overlap)
        else:
            probability = scores.softmax(dim=1)
            index = target.masked_fill(~labelled, 0)
            of_truth = probability.gather(1, index.unsqueeze(1)).squeeze(1) * labelled  # (B, H, W)
            overlap = probability.new_zeros(scores.shape[1]).index_add(0, index.flatten(), of_truth.flatten())
            pixels = torch.bincount(index[labelled], minlength=scores.shape[1])
            present = (pixels > 0).float()
        claimed = (probability * labelled.unsqueeze(1)).sum(dim=(0, 2, 3))
        dice = (2 * overlap + self.smooth) / (claimed + pixels + self.smooth)
        return ((1 - dice) * present).sum() / present.sum().clamp_min(1)


LOSS = LossCard(
    build=Dice,
    summary="one minus the soft Dice coefficient, averaged over the classes in the batch",
    paper="Milletari et al.: V-Net, https://arxiv.org/abs/1606.04797",
)
