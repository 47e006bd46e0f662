"""Difference of the pixels, of the features of a network trained on photographs, and of their correlations.

Pixels alone are nearest on average to a blurred picture, because that is between all sharp ones; features and the
correlations between their channels (style) tell sharp from blurred.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.encoders.frozen import FrozenFeatures
from pixelwise.errors import SettingError
from pixelwise.picture_losses._base import PictureLoss, PictureLossCard

__all__ = ["LOSS", "Perceptual"]

# For the default encoder; each level then counts about alike. Of photographs made 4 times smaller and enlarged again
# (T91), pixels are 0.035, features 0.05, 0.06 and 0.10, style 0.29, 0.27 and 0.20.
_WEIGHTS = (0.01, 0.015, 0.03)
_RELATIVE_WEIGHT = 0.1  # of each level of any other network, whose features are made one in size
_SMALLEST_SIZE = 1e-6


class Perceptual(PictureLoss):
    """fastai's feature loss: L1 of the pixels + sum of w L1(features) + sum of w² `style` L1(Gram matrices).

    Features are taken at strides 4, 8 and 16: in `vgg16_bn`, the last activations before the third to the fifth
    pooling, as in fastai. Of a VGG16 that is read from a file they are relu1_2, relu2_2, relu3_3 and relu4_3, as in
    Johnson et al. A Gram matrix is divided by channels times places.

    Args:
        encoder: Name of a timm backbone, whose weights are installed for the default; or a file that holds a VGG16 of
            torchvision's.
        weights: One w for each level, from 0. Encoders differ in the size of their features: fastai's for `vgg16_bn`
            is (5, 15, 2). None takes the default encoder's; for any other network, features are divided by the mean
            size of the target's, picture by picture, and each w is 0.1.
        style: Factor of the Gram matrices, from 0; fastai's is 5000.
        strides: Where features are taken, by input pixels per feature pixel; None takes those above.

    Raises:
        SettingError: If there is no such encoder, or a weight is not possible.
        WeightsError: If the weights of the encoder cannot be had, or the file holds others.

    Source: fastai, lesson 7 of 2019, after Johnson, Alahi, Fei-Fei: "Perceptual Losses for Real-Time Style Transfer and
    Super-Resolution", ECCV 2016, https://arxiv.org/abs/1603.08155.
    Differs from it: the default encoder is the one whose weights are installed, with weights of its own.
    """

    def __init__(
        self,
        encoder: str = DEFAULT_ENCODER,
        weights: Sequence[float] | None = None,
        style: float = 5e3,
        strides: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.features = FrozenFeatures(encoder, strides)
        self.strides = self.features.strides
        self.is_relative = weights is None and (encoder != DEFAULT_ENCODER or len(self.strides) != len(_WEIGHTS))
        usual = [_RELATIVE_WEIGHT] * len(self.strides) if self.is_relative else _WEIGHTS
        self.weights = tuple(usual if weights is None else weights)
        self.style = style
        if len(self.weights) != len(self.strides) or min(*self.weights, style) < 0:
            raise SettingError(
                f"The weights of the perceptual loss are {list(self.weights)} and style is {style:g}, but there is one "
                f"weight for each of the strides {list(self.strides)}, and none of these numbers is below 0."
            )

    def distance(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The loss of two batches `(B, 3, H, W)`."""
        return torch.stack(list(self.parts(prediction, target).values())).sum()

    def parts(self, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The weighted terms whose sum is the loss: `pixels`, then `features 4`, `style 4` and so on by stride."""
        with torch.no_grad():
            wanted = self.features(target)
        parts = {"pixels": F.l1_loss(prediction, target)}
        levels = zip(self.strides, self.weights, self.features(prediction), wanted, strict=True)
        for stride, weight, ours, theirs in levels:
            ours, theirs = ours.float(), theirs.float()
            if self.is_relative:
                size = theirs.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(_SMALLEST_SIZE)
                ours, theirs = ours / size, theirs / size
            parts[f"features {stride}"] = weight * F.l1_loss(ours, theirs)
            parts[f"style {stride}"] = weight**2 * self.style * F.l1_loss(_gram(ours), _gram(theirs))
        return parts


def _gram(features: Tensor) -> Tensor:
    """How the channels of `(B, C, H, W)` go together: `(B, C, C)`, in the precision of the features."""
    flat = features.flatten(2)
    with torch.autocast(features.device.type, enabled=False):
        return flat @ flat.transpose(1, 2) / (flat.shape[1] * flat.shape[2])


LOSS = PictureLossCard(
    build=Perceptual,
    summary="difference of the pixels, of a pretrained encoder's features, and of their correlations",
    paper="Johnson et al.: Perceptual Losses for Real-Time Style Transfer and Super-Resolution, "
    "https://arxiv.org/abs/1603.08155",
    variant="encoder",
)
