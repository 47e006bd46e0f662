"""Upsampling by a convolution whose channels become pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.nn.conv import ConvBlock, Norm

__all__ = ["PixelShuffleUpsample", "icnr_"]


class PixelShuffleUpsample(nn.Module):
    """Double the height and the width: 1×1 convolution to four times the channels, ReLU, pixel shuffle.

    It starts as an upsampling by the nearest pixel (see `icnr_`), without the checkerboard of random weights.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        norm: As of `ConvBlock`.
        blur: Whether a mean over 2×2 pixels follows, which takes away what checkerboard the training brings back.

    Shi et al.: "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
    Network", CVPR 2016, https://arxiv.org/abs/1609.05158. The blur: Sugawara, Shiota, Kiya: "Super-Resolution using
    Convolutional Neural Networks without Any Checkerboard Artifacts", ICIP 2018, https://arxiv.org/abs/1806.02658.
    """

    def __init__(self, in_channels: int, out_channels: int, norm: Norm | None = None, blur: bool = False) -> None:
        super().__init__()
        self.conv = ConvBlock(in_channels, 4 * out_channels, kernel_size=1, norm=norm, init=icnr_)
        self.blur = blur

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, 2 * H, 2 * W)`."""
        upsampled = F.pixel_shuffle(self.conv(feature), 2)
        if self.blur:
            upsampled = F.avg_pool2d(F.pad(upsampled, (1, 0, 1, 0), mode="replicate"), kernel_size=2, stride=1)
        return upsampled


@torch.no_grad()
def icnr_(weight: Tensor, scale: int = 2) -> Tensor:
    """Fill the weight `(scale**2 * C, in_channels, h, w)` of a convolution before a pixel shuffle, in place.

    The channels that become one block of pixels start equal, so that the shuffle starts as an upsampling by the
    nearest pixel ("initialisation to convolution, then nearest-neighbour resize"). The rest is He's normal
    initialisation.

    Aitken et al.: "Checkerboard artifact free sub-pixel convolution", 2017, https://arxiv.org/abs/1707.02937.

    >>> weight = icnr_(torch.empty(8, 3, 1, 1))
    >>> bool((weight[0] == weight[3]).all()), bool((weight[3] == weight[4]).all())
    (True, False)
    """
    kernels = nn.init.kaiming_normal_(weight.new_empty(weight.shape[0] // scale**2, *weight.shape[1:]))
    return weight.copy_(kernels.repeat_interleave(scale**2, dim=0))
