"""How far two pictures are apart in the features of a network trained on photographs.

Named after the network: `feature_distance_lite0`, `feature_distance_vgg16`. This is not LPIPS: LPIPS weighs the
features of AlexNet, VGG or SqueezeNet by what people answered, and its figures are not to be compared with these.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.encoders.frozen import FrozenFeatures

__all__ = ["FeatureDistance"]


class FeatureDistance(nn.Module):
    """Squared distance of the features' directions, averaged over places, then over strides.

    At each place the features are divided by their length, so that a value is from 0 (the same direction) to 4 (the
    opposite one). It has the form of Zhang et al.: "The Unreasonable Effectiveness of Deep Features as a Perceptual
    Metric", CVPR 2018, https://arxiv.org/abs/1801.03924, without their weights.

    Args:
        encoder: Name of a timm backbone, whose weights are installed for the default; or a file that holds a VGG16 of
            torchvision's.
        strides: Which of its feature maps are compared, by input pixels per feature pixel; None takes the usual ones,
            which are relu1_2, relu2_2, relu3_3 and relu4_3 of a VGG16's file, and else those at 4, 8 and 16.

    Attributes:
        name: Of the score, such as `feature_distance_lite0`.

    Raises:
        SettingError: If there is no such encoder, or it has no features at one of the strides.
        WeightsError: If its weights cannot be had, or the file holds others.
    """

    def __init__(self, encoder: str = DEFAULT_ENCODER, strides: Sequence[int] | None = None) -> None:
        super().__init__()
        self.features = FrozenFeatures(encoder, strides)
        self.name = f"feature_distance_{self.features.name}"

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Compare two batches `(B, 3, H, W)` in [0, 1], picture by picture: `(B,)`, in [0, 4]; without gradients."""
        with torch.no_grad():
            features = self.features(torch.cat([prediction, target]))
        return torch.stack([_directional_distance(*level.chunk(2)) for level in features]).mean(dim=0)


def _directional_distance(first: Tensor, second: Tensor) -> Tensor:
    """`(B, C, H, W)` twice to `(B,)`."""
    return (F.normalize(first) - F.normalize(second)).square().sum(dim=1).mean(dim=(1, 2))
