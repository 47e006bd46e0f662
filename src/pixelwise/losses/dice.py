"""Soft Dice: the overlap of prediction and truth per class, which counts small classes like large ones."""

from __future__ import annotations

from torch import Tensor

from pixelwise.losses._base import Loss, LossCard
from pixelwise.losses._overlap import mean_over_classes, overlap, ratio, refuse_smooth

__all__ = ["LOSS", "Dice"]


class Dice(Loss):
    """One minus the mean Dice coefficient of the classes that the batch holds.

    Sums run over the whole batch, so that a class counts where it is, not in every image. With one channel, the
    coefficient is that of the object.

    Args:
        smooth: Added above and below the line, in pixels, so that a class of few pixels does not jump; from 0.

    Raises:
        SettingError: If it is negative.

    Differs from the paper: probabilities are not squared in the denominator, as is usual since nnU-Net.
    """

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        refuse_smooth(smooth)
        self.smooth = smooth

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`, between 0 and 1."""
        shared, claimed, true, present = overlap(scores, target)
        dice = ratio(2 * shared + self.smooth, claimed + true + self.smooth)
        return mean_over_classes(1 - dice, present)


LOSS = LossCard(
    build=Dice,
    summary="one minus the soft Dice coefficient, averaged over the classes in the batch",
    paper="Milletari et al.: V-Net, https://arxiv.org/abs/1606.04797",
)
