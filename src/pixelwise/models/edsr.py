"""EDSR: residual blocks without batch norm at the resolution of the input, pixel shuffles at the end.

Lim, Son, Kim, Nah, Lee: "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR Workshops 2017,
https://arxiv.org/abs/1707.02921. The defaults are its baseline (16 blocks of 64 channels); the large network is
`width=256, depth=32, residual_scale=0.1`.

Differs from the paper: pixels and weights are those of a range of 1 instead of 255 (weights of the authors give the
same pictures once all of their biases are divided by 255); images of other than three channels are centred on 0.5
instead of on DIV2K's mean; `scale=1`, for restoration, has no upsampling and adds the image itself to the output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models._base import ImageModel, ModelCard

__all__ = ["EDSR", "MODEL"]

_DIV2K_MEAN = (0.4488, 0.4371, 0.4040)  # RGB
_SHUFFLES: dict[int, tuple[int, ...]] = {1: (), 2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}  # of each scale


class EDSR(ImageModel):
    """A deep stack of residual blocks, and a picture `scale` times as high and wide as the image.

    The output is the picture, in [0, 1] but for overshoots. Where it has other channels than the image, neither the
    mean nor the image is added.

    Args:
        out_channels: Channels of the picture.
        in_channels: Channels of the image.
        scale: Pixels of the picture per pixel of the image: 1, 2, 3, 4 or 8.
        width: Channels of the residual blocks.
        depth: How many residual blocks there are.
        residual_scale: What each block's sum is multiplied by before it is added; 0.1 keeps wide networks stable.

    Raises:
        SettingError: If a number is not among those that serve.
    """

    adds_image = True
    mean: Tensor

    def __init__(
        self,
        out_channels: int = 3,
        in_channels: int = 3,
        scale: int = 2,
        width: int = 64,
        depth: int = 16,
        residual_scale: float = 1.0,
    ) -> None:
        super().__init__()
        if scale not in _SHUFFLES:
            raise SettingError(
                f"An edsr has a scale of {scale}, but only {', '.join(map(str, _SHUFFLES))} are possible."
            )
        if width < 1 or depth < 1:
            raise SettingError(f"An edsr has a width of {width} and a depth of {depth}; both are whole numbers from 1.")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.scale = scale
        values = _DIV2K_MEAN if in_channels == 3 else (0.5,) * in_channels
        self.register_buffer("mean", torch.tensor(values).reshape(1, -1, 1, 1), persistent=False)

        self.stem = _convolution(in_channels, width)
        self.body = nn.Sequential(*(_Block(width, residual_scale) for _ in range(depth)), _convolution(width, width))
        upsampling: list[nn.Module] = []
        for step in _SHUFFLES[scale]:
            upsampling += [_convolution(width, width * step**2), nn.PixelShuffle(step)]
        self.upsample = nn.Sequential(*upsampling)
        self.head = _convolution(width, out_channels)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to the picture `(B, out_channels, scale * H, scale * W)`."""
        x = self.stem(image - self.mean)
        x = x + self.body(x)
        output: Tensor = self.head(self.upsample(x))
        if self.in_channels != self.out_channels:
            return output
        return output + (image if self.scale == 1 else self.mean)


class _Block(nn.Module):
    """Convolution, ReLU, convolution, beside an identity."""

    def __init__(self, width: int, residual_scale: float) -> None:
        super().__init__()
        self.conv1 = _convolution(width, width)
        self.conv2 = _convolution(width, width)
        self.residual_scale = residual_scale

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, width, H, W)` to the same shape."""
        residual: Tensor = self.conv2(self.conv1(feature).relu())
        return feature + self.residual_scale * residual


def _convolution(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel_size=3, padding=1)


MODEL = ModelCard(
    build=EDSR,
    summary="residual blocks without norms for super-resolution, restoration too (scale=1); deep",
    paper="Enhanced Deep Residual Networks for Single Image Super-Resolution, https://arxiv.org/abs/1707.02921",
    tasks=frozenset({"super_resolution", "restoration"}),
    encoder=None,
)
