"""Mean absolute difference."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from pixelwise.picture_losses._base import PictureLoss, PictureLossCard

__all__ = ["L1", "LOSS"]


class L1(PictureLoss):
    """Mean absolute difference of all pixels and channels: the median of what is possible, sharper than the mean."""

    def distance(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of two batches `(B, C, H, W)`."""
        return F.l1_loss(prediction, target)


LOSS = PictureLossCard(
    build=L1,
    summary="mean absolute difference of the pixels",
    paper="Zhao et al.: Loss Functions for Image Restoration with Neural Networks, https://arxiv.org/abs/1511.08861",
)
