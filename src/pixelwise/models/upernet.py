"""UPerNet: pooled context at the coarsest scale, a feature pyramid, and all its scales fused.

Xiao, Liu, Zhou, Jiang, Sun: "Unified Perceptual Parsing for Scene Understanding", ECCV 2018,
https://arxiv.org/abs/1807.10221. The context is that of Zhao et al.: "Pyramid Scene Parsing Network",
https://arxiv.org/abs/1612.01105, and so is the auxiliary head.

Differs from the paper: of its heads only the one for objects, which is the one for segmentation; 256 channels instead
of 512; and the pooled maps get a bias instead of a batch norm. The largest cell covers the whole image, so that a norm
would see one value per image and channel there: statistics of a handful of numbers, and none at all for one image.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.nn import ConvBlock, pool_to_grid, resize_bilinear

__all__ = ["MODEL", "UPerNet"]


class UPerNet(ImageModel):
    """Pyramid pooling, lateral connections from stride 4 on, and a 3 × 3 convolution over all scales at stride 4.

    Features finer than stride 4 are left out. Any height and width are taken as they are, without padding. In training
    an auxiliary head tells the classes from the scale before the coarsest, which is stride 16 in nearly all encoders.

    Args:
        out_channels: Channels of the scores.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone.
        width: Channels of the decoder.
        dropout: Share of these channels that each step of the training leaves out before a classifier.
    """

    encoder: Encoder

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        encoder: str = DEFAULT_ENCODER,
        width: int = 256,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = Encoder(encoder, in_channels)
        self.left_out = sum(stride < 4 for stride in self.encoder.strides)
        *finer, coarsest = self.encoder.channels[self.left_out :]
        self.context = _PyramidPooling(coarsest, width)
        self.laterals = nn.ModuleList(ConvBlock(scale, width, kernel_size=1, norm="batch") for scale in finer[::-1])
        self.smooth = nn.ModuleList(ConvBlock(width, width, norm="batch") for _ in finer)
        self.fuse = ConvBlock((len(finer) + 1) * width, width, norm="batch")
        self.head = _classifier(width, out_channels, dropout)
        self.auxiliary = nn.Sequential(
            ConvBlock(self.encoder.channels[-2], width, norm="batch"), *_classifier(width, out_channels, dropout)
        )

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        return self._decode(self.encoder(image), image.shape[-2:])

    def all_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """The scores and those of the auxiliary head, each `(B, out_channels, H, W)`."""
        features, size = self.encoder(image), image.shape[-2:]
        return self._decode(features, size), resize_bilinear(self.auxiliary(features[-2]), size)

    def _decode(self, features: list[Tensor], size: torch.Size) -> Tensor:
        *finer, coarsest = features[self.left_out :]
        x = self.context(coarsest)
        scales = [x]
        for lateral, smooth, feature in zip(self.laterals, self.smooth, finer[::-1], strict=True):
            x = lateral(feature) + resize_bilinear(x, feature.shape[-2:])
            scales.append(smooth(x))
        *coarser, finest = scales
        fused = self.fuse(torch.cat([*(resize_bilinear(scale, finest.shape[-2:]) for scale in coarser), finest], dim=1))
        return resize_bilinear(self.head(fused), size)


class _PyramidPooling(nn.Module):
    """Averages over four grids, beside the features themselves, joined by a 3 × 3 convolution."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.pooled = nn.ModuleList(ConvBlock(in_channels, width, kernel_size=1) for _ in _GRIDS)
        self.merge = ConvBlock(in_channels + len(_GRIDS) * width, width, norm="batch")

    def forward(self, x: Tensor) -> Tensor:
        parts = [x]
        for grid, layer in zip(_GRIDS, self.pooled, strict=True):
            parts.append(resize_bilinear(layer(pool_to_grid(x, grid)), x.shape[-2:]))
        merged: Tensor = self.merge(torch.cat(parts, dim=1))
        return merged


_GRIDS = (1, 2, 3, 6)


def _classifier(width: int, out_channels: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(width, out_channels, kernel_size=1))


MODEL = ModelCard(
    build=UPerNet,
    summary="UPerNet on any encoder: pooled context, a feature pyramid, all scales fused; accurate and heavy",
    paper="Unified Perceptual Parsing for Scene Understanding, https://arxiv.org/abs/1807.10221",
    tasks=frozenset({"segmentation"}),
)
