"""Cross-entropy of the hardest pixels only: online hard example mining."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.losses._base import Loss, LossCard, mean_of, refuse_label_smoothing
from pixelwise.losses._pixels import as_tensor, total_weight, with_background
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["LOSS", "OhemCrossEntropy"]


class OhemCrossEntropy(Loss):
    """Weighted mean of the cross-entropy of the pixels that the network is not yet sure of.

    Those are all whose true class has a probability of at most `threshold`, and in any case as many of the least
    probable as `min_kept` asks for (all labelled ones, if there are fewer). Which they are is decided over the whole
    batch, from probabilities without class weights; where several processes share it, each keeps its share of pixels.

    Args:
        threshold: Probability of the true class above which a pixel is easy, above 0 and at most 1.
        min_kept: Smallest number of pixels to keep, as a share of all pixels of the batch, 0 to 1.
        class_weights: One factor per class (background and object for one channel), or None for equal weights; the
            mean is divided by the sum of the kept pixels' weights.
        label_smoothing: Share of each target that is spread evenly over all classes, 0 to 1.

    Raises:
        SettingError: If the threshold or a share is out of range.

    Differs from the paper, as is usual in segmentation since TorchSeg: pixels are mined instead of regions, and a
    probability decides beside a number.
    """

    is_shared = False
    class_weights: Tensor | None

    def __init__(
        self,
        threshold: float = 0.7,
        min_kept: float = 1 / 16,
        class_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        refuse_label_smoothing(label_smoothing)
        if not 0 < threshold <= 1:
            raise SettingError(f"threshold is {threshold:g}, but it is a probability: above 0 and at most 1.")
        if not 0 <= min_kept <= 1:
            raise SettingError(f"min_kept is {min_kept:g}, but it is a share of the pixels: 0 to 1.")
        self.smallest_loss = -math.log(threshold)
        self.min_kept = min_kept
        self.register_buffer("class_weights", as_tensor(class_weights), persistent=False)
        self.label_smoothing = label_smoothing

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """The loss of scores `(B, K, H, W)` against target `(B, H, W)`."""
        scores = with_background(scores)
        kept = self._hard_pixels(scores.detach(), target)
        mined = target.masked_fill(~kept, IGNORE_INDEX)
        summed = F.cross_entropy(
            scores,
            mined,
            self.class_weights,
            ignore_index=IGNORE_INDEX,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        return mean_of(summed, total_weight(mined, self.class_weights))

    def _hard_pixels(self, scores: Tensor, target: Tensor) -> Tensor:
        """Which pixels are kept, `(B, H, W)`; no number leaves the device to decide it."""
        loss = F.cross_entropy(scores, target, ignore_index=IGNORE_INDEX, reduction="none")
        labelled = target != IGNORE_INDEX
        loss = loss.masked_fill(~labelled, -1.0)  # below that of any labelled pixel, so taken last
        fewest = math.floor(self.min_kept * target.numel())
        easy = loss < self.smallest_loss  # false for a loss that is no number, which is to be seen
        if fewest > 0:
            hardest, _ = loss.flatten().topk(fewest, sorted=False)
            easy = easy & (loss < hardest.min())
        return labelled & ~easy


LOSS = LossCard(
    build=OhemCrossEntropy,
    summary="softmax cross-entropy of the pixels whose true class is not yet probable",
    paper="Shrivastava et al.: Training Region-based Object Detectors with OHEM, https://arxiv.org/abs/1604.03540",
    abbreviation="ohem",
)
