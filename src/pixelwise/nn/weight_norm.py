"""Convolutions whose weights are normalised at every use.

They are modules of their own rather than hooks on `nn.Conv2d`, so that `torch.export` and `torch.compile` see plain
arithmetic. Autocasting leaves it in the precision of the weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["SpectralConv2d", "WeightNormConv2d"]

_FIRST_ITERATIONS = 15  # enough for the first estimate of the norm to be within a few percent


class WeightNormConv2d(nn.Conv2d):
    """A convolution with weights of a direction (`weight`) and a length (`gain`) for each output channel.

    Takes the arguments of `nn.Conv2d`. After an initialisation of `weight`, call `match_weight`.

    Salimans, Kingma: "Weight Normalization", NeurIPS 2016, https://arxiv.org/abs/1602.07868.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding=padding, bias=bias)
        self.gain = nn.Parameter(torch.empty(out_channels, 1, 1, 1))
        self.match_weight()

    @torch.no_grad()
    def match_weight(self) -> None:
        """Set the lengths so that the weights in effect are `weight` as it is."""
        self.gain.copy_(self._length())

    def forward(self, input: Tensor) -> Tensor:
        """Convolve `(B, in_channels, H, W)`."""
        convolved: Tensor = self._conv_forward(input, self.weight * (self.gain / self._length()), self.bias)
        return convolved

    def _length(self) -> Tensor:
        return self.weight.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()


class SpectralConv2d(nn.Conv2d):
    """A convolution with weights divided by their largest singular value.

    The singular vectors `left` and `right` belong to the state; one step of power iteration refines them at each
    forward in training, none in evaluation. Takes the arguments of `nn.Conv2d`. After an initialisation of `weight`,
    call `match_weight`.

    Miyato, Kataoka, Koyama, Yoshida: "Spectral Normalization for Generative Adversarial Networks", ICLR 2018,
    https://arxiv.org/abs/1802.05957.
    """

    left: Tensor
    right: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding=padding, bias=bias)
        matrix = self.weight.flatten(1)
        self.register_buffer("left", F.normalize(torch.randn(matrix.shape[0]), dim=0))
        self.register_buffer("right", F.normalize(torch.randn(matrix.shape[1]), dim=0))
        self.match_weight()

    @torch.no_grad()
    def match_weight(self) -> None:
        """Estimate the singular vectors of `weight` anew."""
        for _ in range(_FIRST_ITERATIONS):
            self._iterate(self.weight.flatten(1))

    def forward(self, input: Tensor) -> Tensor:
        """Convolve `(B, in_channels, H, W)`."""
        matrix = self.weight.flatten(1)
        if self.training:
            self._iterate(matrix)
        # Copies, because the next forward changes the buffers before this one's gradient may have been taken.
        left, right = self.left.clone(), self.right.clone()
        with torch.autocast(matrix.device.type, enabled=False):
            largest_singular_value = torch.dot(left, torch.mv(matrix, right))  # sums in the order that PyTorch's does
        convolved: Tensor = self._conv_forward(input, self.weight / largest_singular_value, self.bias)
        return convolved

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> None:
        self.right.copy_(F.normalize((matrix * self.left[:, None]).sum(dim=0), dim=0, eps=1e-12))
        self.left.copy_(F.normalize((matrix * self.right).sum(dim=1), dim=0, eps=1e-12))
