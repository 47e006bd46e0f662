"""Soft Jaccard: intersection over union of prediction and truth per class, with probabilities for pixels."""

from __future__ import annotations

from torch import Tensor

from pixelwise.losses._base import Loss, LossCard
from pixelwise.losses._overlap import mean_over_classes, overlap, ratio, refuse_smooth

__all__ = ["LOSS", "Jaccard"]


class Jaccard(Loss):
    """One minus the mean soft intersection over union of the classes that the batch holds.

    Sums run over the whole batch, as in Dice, whose coefficient D it is a function of: D / (2 - D). With one channel,
    it is that of the object.

    Args:
        smooth: Added above and below the line, in pixels, so that a class of few pixels does not jump; from 0.

    Raises:
        SettingError: If it is negative.
    """

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        refuse_smooth(smooth)
        self.smooth = smooth

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`, between 0 and 1."""
        shared, claimed, true, present = overlap(scores, target)
        jaccard = ratio(shared + self.smooth, claimed + true - shared + self.smooth)
        return mean_over_classes(1 - jaccard, present)


LOSS = LossCard(
    build=Jaccard,
    summary="one minus the soft intersection over union, averaged over the classes in the batch",
    paper="Rahman, Wang: Optimizing Intersection-Over-Union in Deep Neural Networks for Image Segmentation, ISVC 2016",
)
