"""Bicubic enlargement by a whole factor, as one convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["BicubicUpsample"]

_REACH = 2  # pixels to each side that a cubic kernel may look at


class BicubicUpsample(nn.Module):
    """Enlarge an image by cubic convolution with a = -0.5: Pillow's and MATLAB's `bicubic`, which papers compare with.

    PyTorch's own has a = -0.75 unless it is antialiased, which makes other pictures. Every pixel becomes `scale` ×
    `scale` of them by a fixed convolution, so that each export format can express it. It has no state, and computes in
    float32 under autocast too. At the border the outermost pixel is repeated; Pillow leaves the missing ones out.

    Args:
        scale: Pixels of the output per pixel of the input, at least 1.

    Keys: "Cubic Convolution Interpolation for Digital Image Processing", IEEE Transactions on Acoustics, Speech, and
    Signal Processing 29, 1981, https://doi.org/10.1109/TASSP.1981.1163711.

    >>> BicubicUpsample(2)(torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 1, 4, 4))[0, 0, 0].tolist()
    [0.0, -0.0234375, -0.0703125, 0.203125, 0.796875, 1.0703125, 1.0234375, 1.0]
    """

    kernels: Tensor

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        lines = torch.tensor([_line(phase, scale) for phase in range(scale)])  # (S, 5)
        kernels = lines[:, None, :, None] * lines[None, :, None, :]  # (S, S, 5, 5): row, column, and what they look at
        self.register_buffer("kernels", kernels.flatten(0, 1)[:, None], persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Map `(B, C, H, W)` to `(B, C, scale * H, scale * W)`, float32; values may leave the image's range."""
        if self.scale == 1:
            return image
        with torch.autocast(image.device.type, enabled=False):
            padded = F.pad(image.float(), [_REACH] * 4, mode="replicate")
            channels = [F.conv2d(channel, self.kernels.float()) for channel in padded.split(1, dim=1)]
            return torch.cat([F.pixel_shuffle(channel, self.scale) for channel in channels], dim=1)


def _line(phase: int, scale: int) -> list[float]:
    """Weights of five neighbouring pixels for one of the `scale` pixels that replace the middle one."""
    centre = (phase + 0.5) / scale - 0.5  # in pixels of the input, from the middle of the middle one
    return [_cubic(abs(offset - centre)) for offset in range(-_REACH, _REACH + 1)]


def _cubic(distance: float) -> float:
    if distance < 1:
        return 1.5 * distance**3 - 2.5 * distance**2 + 1
    return -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2 if distance < 2 else 0.0
