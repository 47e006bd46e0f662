"""Self-attention over the pixels of a feature map."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pixelwise.nn.weight_norm import SpectralConv2d

__all__ = ["SelfAttention"]


class SelfAttention(nn.Module):
    """Every pixel takes a share of every other, weighted by likeness; at first none (`gamma` starts at zero).

    Memory and time grow with the square of the number of pixels: 7.3 million weights an image at 45 × 60.

    Args:
        channels: Channels of the feature map, at least 8; queries and keys have an eighth of them.

    Zhang, Goodfellow, Metaxas, Odena: "Self-Attention Generative Adversarial Networks", ICML 2019,
    https://arxiv.org/abs/1805.08318.
    Differs from the authors' code, as fastai does: values have all channels, no convolution follows the weighted sum,
    and nothing is pooled.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = SpectralConv2d(channels, channels // 8, kernel_size=1, bias=False)
        self.key = SpectralConv2d(channels, channels // 8, kernel_size=1, bias=False)
        self.value = SpectralConv2d(channels, channels, kernel_size=1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, channels, H, W)` to the same shape."""
        query, key, value = (layer(feature).flatten(2) for layer in (self.query, self.key, self.value))  # (B, ·, N)
        likeness = torch.bmm(query.transpose(1, 2), key)  # (B, N, N)
        attended = torch.bmm(value, likeness.softmax(dim=1))  # each column sums to one: the shares that a pixel takes
        return self.gamma * attended.reshape(feature.shape) + feature
