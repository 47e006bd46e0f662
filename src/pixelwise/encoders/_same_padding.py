"""TensorFlow's "same" padding in whole numbers, so that a network can be exported for images of any size.

timm computes it with a division of floats, which torch.export cannot follow where height and width are unknown. The
output is the same to the bit, and so are the names and types of all layers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.pool2d_same import AvgPool2dSame, MaxPool2dSame
from timm.layers.std_conv import ScaledStdConv2dSame, StdConv2dSame
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["pad_in_whole_numbers"]

# What each layer does once its input is padded.
_UNPADDED: dict[type[nn.Module], Callable[[Any, Tensor], Tensor]] = {
    Conv2dSame: nn.Conv2d.forward,
    StdConv2dSame: StdConv2dSame.forward,
    ScaledStdConv2dSame: ScaledStdConv2dSame.forward,
    AvgPool2dSame: nn.AvgPool2d.forward,
    MaxPool2dSame: nn.MaxPool2d.forward,
}


def pad_in_whole_numbers(network: nn.Module) -> None:
    """Replace the padding of timm's layers with "same" padding, in place.

    The method is replaced, not the layer, so that whoever looks for a `Conv2dSame` (to fold a norm into it, say)
    still finds one.
    """
    for module in network.modules():
        if type(module) not in _UNPADDED or not getattr(module, "same_pad", True):
            continue
        if isinstance(module, StdConv2dSame | ScaledStdConv2dSame):
            module.same_pad = False  # it is padded here instead
        module.__dict__["forward"] = MethodType(_forward, module)


def _forward(module: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - a convolution or a pooling
    return _UNPADDED[type(module)](module, _padded(module, x))


def _padded(module: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    height, width = x.shape[-2:]
    dilation = _pair(getattr(module, "dilation", 1))
    kernel, stride = _pair(module.kernel_size), _pair(module.stride)
    vertical = _same_padding(height, kernel[0], stride[0], dilation[0])
    horizontal = _same_padding(width, kernel[1], stride[1], dilation[1])
    top, left = vertical // 2, horizontal // 2
    value = -float("inf") if isinstance(module, nn.MaxPool2d) else 0.0
    return F.pad(x, (left, horizontal - left, top, vertical - top), value=value)


def _same_padding(side: int, kernel: int, stride: int, dilation: int) -> int:
    """How many pixels are added so that the output has `side / stride` pixels, rounded up."""
    reach = dilation * (kernel - 1) + 1
    padding: int = (side - 1) // stride * stride + reach - side
    # Only a kernel that is narrower than its stride can leave pixels out.
    if reach < stride:
        padding = torch.sym_max(padding, 0)  # type: ignore[assignment]
    return padding


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
