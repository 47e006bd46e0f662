"""A residual block of constant width."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.nn.conv import ConvBlock, Norm

__all__ = ["ResidualBlock"]


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside an identity: convolution, ReLU, convolution, sum, ReLU.

    Args:
        channels: Channels of the input and of the output.
        inner_channels: Channels between the two convolutions.
        norm: As of `ConvBlock`. A batch or instance norm after the second convolution starts at weight zero, so
            that the block starts as the identity.

    He, Zhang, Ren, Sun: "Deep Residual Learning for Image Recognition", CVPR 2016, https://arxiv.org/abs/1512.03385.
    """

    def __init__(self, channels: int, inner_channels: int, norm: Norm | None = None) -> None:
        super().__init__()
        self.conv1 = ConvBlock(channels, inner_channels, norm=norm)
        self.conv2 = ConvBlock(inner_channels, channels, norm=norm, zero_norm=True, activation=False)

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, channels, H, W)` to the same shape."""
        return F.relu(self.conv2(self.conv1(feature)) + feature)
