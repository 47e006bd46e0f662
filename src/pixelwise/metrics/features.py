"""Pictures as vectors of features, for scores that compare two sets of pictures.

The usual network for this is Inception v3 at 299 × 299 pixels, whose weights are not installed. Any network serves, as
long as the name of the score says which one: `fid_lite0` and an FID of Inception v3 are not to be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.encoders.frozen import FrozenFeatures

__all__ = ["PooledFeatures", "collect_features"]


class PooledFeatures(nn.Module):
    """The features of a pretrained encoder at stride 32, averaged over the picture.

    Pictures are looked at in the size that they have. Two sets whose sizes differ differ in their features too, so they
    should be of one size.

    Args:
        encoder: Name of a timm backbone, whose weights are installed for the default; or a file that holds a VGG16 of
            torchvision's, whose last pooling is averaged.

    Attributes:
        name: What the names of scores end in, such as `lite0`, or `vgg16`.
        num_features: D.

    Raises:
        SettingError: If there is no such encoder.
        WeightsError: If its weights cannot be had, or the file holds others.
    """

    def __init__(self, encoder: str = DEFAULT_ENCODER) -> None:
        super().__init__()
        self.features = FrozenFeatures(encoder, strides=(32,))
        self.name = self.features.name
        self.num_features = self.features.channels[0]

    def forward(self, image: Tensor) -> Tensor:
        """Map `(B, 3, H, W)` in [0, 1] to `(B, D)`."""
        coarse: Tensor = self.features(image)[0]
        return coarse.mean(dim=(2, 3))


def collect_features(features: Callable[[Tensor], Tensor], batches: Iterable[Tensor]) -> Tensor:
    """The features of all pictures of a set, without gradients.

    Args:
        features: `(B, 3, H, W)` in [0, 1] to `(B, D)`.
        batches: Of any length, on the device of the network.

    Returns:
        `(N, D)`, float64, on the CPU.

    Raises:
        ValueError: If there is no picture.
    """
    with torch.no_grad():
        found = [features(batch).double().cpu() for batch in batches]
    if not found:
        raise ValueError("There are no pictures in one of the sets; a set needs at least two.")
    return torch.cat(found)
