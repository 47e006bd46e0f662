"""One minus the index of structural similarity."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelwise.ops.structural_similarity import structural_similarity
from pixelwise.picture_losses._base import PictureLoss, PictureLossCard

__all__ = ["LOSS", "Ssim"]


class Ssim(PictureLoss):
    """One minus SSIM, averaged over places and channels; from 0 to 2. Pictures have at least 11 × 11 pixels."""

    def distance(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of two batches `(B, C, H, W)`."""
        with torch.autocast(prediction.device.type, enabled=False):  # bf16 leaves nothing of a variance
            return 1 - structural_similarity(prediction, target, peak=1.0).mean()


LOSS = PictureLossCard(
    build=Ssim,
    summary="one minus the structural similarity",
    paper="Wang et al.: Image quality assessment: from error visibility to structural similarity, "
    "https://doi.org/10.1109/TIP.2003.819861",
)
