"""Mean squared difference."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from pixelwise.picture_losses._base import PictureLoss, PictureLossCard

__all__ = ["L2", "LOSS"]


class L2(PictureLoss):
    """Mean squared difference of all pixels and channels: its logarithm is the PSNR of the batch."""

    def distance(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of two batches `(B, C, H, W)`."""
        return F.mse_loss(prediction, target)


LOSS = PictureLossCard(
    build=L2,
    summary="mean squared difference of the pixels",
    paper="Dong et al.: Image Super-Resolution Using Deep Convolutional Networks, https://arxiv.org/abs/1501.00092",
)
