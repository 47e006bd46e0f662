"""The convolutions that nearly everything here is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from torch import Tensor, nn

from pixelwise.nn.instance_norm import InstanceNorm2d
from pixelwise.nn.weight_norm import SpectralConv2d, WeightNormConv2d

__all__ = ["ConvBlock", "Init", "Norm", "batch_norm", "conv_bn_relu"]

Norm: TypeAlias = Literal["batch", "instance", "weight", "spectral"]
Init: TypeAlias = Callable[[Tensor], Tensor]

_FIRST_BIAS = 1e-3  # of a norm, as in fastai


class ConvBlock(nn.Module):
    """A convolution that keeps height and width, a norm, a ReLU.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Side of the kernel, odd.
        norm: "batch" or "instance" put a norm after the convolution, which then has no bias; "weight" or "spectral"
            normalise its weights; None does neither.
        zero_norm: Whether the weight of a batch or instance norm starts at zero instead of one.
        activation: Whether a ReLU follows.
        init: Fills the weight, in place; the bias starts at zero. None keeps PyTorch's own initialisation of both.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        norm: Norm | None = None,
        zero_norm: bool = False,
        activation: bool = True,
        init: Init | None = nn.init.kaiming_normal_,
    ) -> None:
        super().__init__()
        bias = norm not in ("batch", "instance")
        self.conv = _convolution(norm)(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=bias)
        self.norm = _norm(norm, out_channels, 0.0 if zero_norm else 1.0)
        self.activation = nn.ReLU(inplace=True) if activation else nn.Identity()
        if init is not None:
            init(self.conv.weight)
            if self.conv.bias is not None:
                nn.init.zeros_(self.conv.bias)
        if isinstance(self.conv, WeightNormConv2d | SpectralConv2d):
            self.conv.match_weight()

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        activated: Tensor = self.activation(self.norm(self.conv(feature)))
        return activated


def conv_bn_relu(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    stride: int = 1,
    groups: int = 1,
    activation: bool = True,
) -> nn.Sequential:
    """A convolution without bias, a batch norm, a ReLU: what most papers mean by a convolution.

    It starts as PyTorch's own layers do, where `ConvBlock` starts as fastai's.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Side of the kernel, odd; the input is padded with half as many zeros on each side.
        stride: Pixels of the input per pixel of the output.
        groups: Into how many parts the channels are divided that do not see each other.
        activation: Whether the ReLU follows.
    """
    convolution = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, groups=groups, bias=False
    )
    layers: list[nn.Module] = [convolution, nn.BatchNorm2d(out_channels)]
    if activation:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def batch_norm(channels: int, weight: float = 1.0) -> nn.BatchNorm2d:
    """Batch norm that starts at `weight` and, as in fastai, at a bias of 0.001."""
    norm = nn.BatchNorm2d(channels)
    _start(norm, weight)
    return norm


def _start(norm: nn.BatchNorm2d | nn.InstanceNorm2d, weight: float) -> None:
    nn.init.constant_(norm.weight, weight)
    nn.init.constant_(norm.bias, _FIRST_BIAS)


def _norm(norm: Norm | None, channels: int, weight: float) -> nn.Module:
    if norm == "batch":
        return batch_norm(channels, weight)
    if norm == "instance":
        instance_norm = InstanceNorm2d(channels, affine=True)
        _start(instance_norm, weight)
        return instance_norm
    return nn.Identity()


def _convolution(norm: Norm | None) -> type[nn.Conv2d | WeightNormConv2d | SpectralConv2d]:
    if norm == "weight":
        return WeightNormConv2d
    return SpectralConv2d if norm == "spectral" else nn.Conv2d
