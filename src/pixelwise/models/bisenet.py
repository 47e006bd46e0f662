"""BiSeNet: one path keeps the detail, another sees the context, and the two are joined at an eighth of the resolution.

Yu, Wang, Peng, Gao, Yu, Sang: "BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation",
ECCV 2018, https://arxiv.org/abs/1808.00897; the layers are those of the authors' code (TorchSeg).

Differs from the paper, as the authors' code does: attention refinement begins with a 3 × 3 convolution, a 3 × 3
convolution follows each upsampling of the context, and the attention of the fusion has no batch norm.
Differs from both: where batch norm follows a mean over the whole image, it is computed before that mean. In evaluation
the two orders are the same function, with the same weights. In training the norm then sees every pixel instead of one
value per image: means of four images make poor statistics, and that of one image has none. Upsampling does not align
corners, so that a feature lies over the same pixels whatever the size of the image.

With `detail="encoder"`, the spatial path is the encoder's features at an eighth, as in Fan et al.: "Rethinking BiSeNet
For Real-time Semantic Segmentation" (STDC, CVPR 2021, https://arxiv.org/abs/2104.13188): pretrained, and for free.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.errors import SettingError, unknown_name
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.nn import conv_bn_relu, resize_bilinear

__all__ = ["MODEL", "BiSeNet"]

_STRIDES = (16, 32)  # of the features that the context is made of
_DETAIL_STRIDE = (8,)
_DETAILS = ("image", "encoder")


class BiSeNet(ImageModel):
    """A spatial path of four convolutions beside a context path on an encoder.

    Two auxiliary heads on the context path, at a sixteenth and an eighth of the resolution, serve the training only.

    Args:
        out_channels: Channels of the scores.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone with features at strides 16 and 32.
        width: Channels of the two paths where they are joined.
        head_width: Channels of the head between its two convolutions.
        auxiliary_width: The same of each auxiliary head.
        detail: Where the detail comes from: "image", through convolutions of its own as in the paper, or "encoder",
            from its features at stride 8.

    Raises:
        SettingError: If the encoder has no features at strides 16 and 32, or not at 8 where `detail` needs them, or
            `detail` is something else.
    """

    encoder: Encoder

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        encoder: str = DEFAULT_ENCODER,
        width: int = 128,
        head_width: int = 64,
        auxiliary_width: int = 256,
        detail: str = "image",
    ) -> None:
        super().__init__()
        if detail not in _DETAILS:
            raise unknown_name("detail of a bisenet", detail, _DETAILS)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = Encoder(encoder, in_channels)
        self.multiple_of = max(self.encoder.strides)
        self._levels = _levels(self.encoder, _STRIDES)
        self._detail_level = _levels(self.encoder, _DETAIL_STRIDE)[0] if detail == "encoder" else None
        sixteenth, thirty_second = (self.encoder.channels[level] for level in self._levels)
        if self._detail_level is None:
            self.spatial_path = nn.Sequential(
                conv_bn_relu(in_channels, 64, kernel_size=7, stride=2),
                conv_bn_relu(64, 64, stride=2),
                conv_bn_relu(64, 64, stride=2),
                conv_bn_relu(64, width, kernel_size=1),
            )
        else:
            self.spatial_path = conv_bn_relu(self.encoder.channels[self._detail_level], width, kernel_size=1)
        self.context_path = _ContextPath(sixteenth, thirty_second, width)
        self.fusion = _FeatureFusion(2 * width)
        self.head = _head(2 * width, head_width, out_channels)
        self.auxiliary_heads = nn.ModuleList(_head(width, auxiliary_width, out_channels) for _ in _STRIDES)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        fused, _ = self._features(image)
        return resize_bilinear(self.head(fused), image.shape[-2:])

    def all_scores(self, image: Tensor) -> tuple[Tensor, ...]:
        """The scores, and those of the context path at a sixteenth and at an eighth; each `(B, out_channels, H, W)`."""
        fused, context = self._features(image)
        auxiliary = (head(feature) for head, feature in zip(self.auxiliary_heads, context, strict=True))
        return tuple(resize_bilinear(scores, image.shape[-2:]) for scores in (self.head(fused), *auxiliary))

    def _features(self, image: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        normalised = self.encoder.normalise(image)
        features = self.encoder.features(normalised)
        source = normalised if self._detail_level is None else features[self._detail_level]
        detail = self.spatial_path(source)  # (B, width, H / 8, W / 8)
        sixteenth, thirty_second = (features[level] for level in self._levels)
        context = self.context_path(sixteenth, thirty_second, detail)
        return self.fusion(detail, context[-1]), context


class _ContextPath(nn.Module):
    """The mean of the image, then its features at 1/32, then those at 1/16: each refined and added to what was there.

    Gives the sum after 1/32 at the size of 1/16, and the sum after 1/16 at the size of the detail.
    """

    def __init__(self, sixteenth: int, thirty_second: int, width: int) -> None:
        super().__init__()
        self.whole = _NormalisedMean(thirty_second, width)
        self.refine_32 = _AttentionRefinement(thirty_second, width)
        self.refine_16 = _AttentionRefinement(sixteenth, width)
        self.smooth_32 = conv_bn_relu(width, width)
        self.smooth_16 = conv_bn_relu(width, width)

    def forward(self, sixteenth: Tensor, thirty_second: Tensor, detail: Tensor) -> tuple[Tensor, Tensor]:
        x = self.refine_32(thirty_second) + F.relu(self.whole(thirty_second))
        coarse = self.smooth_32(resize_bilinear(x, sixteenth.shape[-2:]))
        x = self.refine_16(sixteenth) + coarse
        return coarse, self.smooth_16(resize_bilinear(x, detail.shape[-2:]))


class _AttentionRefinement(nn.Module):
    """A 3 × 3 convolution whose channels are weighted by what the whole image shows."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.convolve = conv_bn_relu(in_channels, width)
        self.attention = _NormalisedMean(width, width)

    def forward(self, x: Tensor) -> Tensor:
        convolved: Tensor = self.convolve(x)
        mean: Tensor = self.attention(convolved)
        return convolved * mean.sigmoid()


class _FeatureFusion(nn.Module):
    """Detail and context side by side, mixed; channels that the whole image asks for count up to twice."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = conv_bn_relu(channels, channels, kernel_size=1)
        self.attention = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, kernel_size=1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:
        mixed: Tensor = self.mix(torch.cat([detail, context], dim=1))
        attention: Tensor = self.attention(mixed.mean(dim=(2, 3), keepdim=True))
        return mixed + mixed * attention


class _NormalisedMean(nn.Module):
    """1 × 1 convolution, batch norm over all pixels, mean over the image: `(B, C, H, W)` to `(B, width, 1, 1)`."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        pooled: Tensor = self.norm(self.conv(x)).mean(dim=(2, 3), keepdim=True)
        return pooled


def _levels(encoder: Encoder, strides: Sequence[int]) -> tuple[int, ...]:
    if not set(strides) <= set(encoder.strides):
        raise SettingError(
            f"A bisenet needs features at {_at(strides)}, but the encoder '{encoder.name}' "
            f"has them at {', '.join(map(str, encoder.strides))}. Take one that has all, such as "
            f"'resnet18' or '{DEFAULT_ENCODER}'."
        )
    return tuple(encoder.strides.index(stride) for stride in strides)


def _at(strides: Sequence[int]) -> str:
    return f"stride {strides[0]}" if len(strides) == 1 else f"strides {' and '.join(map(str, strides))}"


def _head(in_channels: int, width: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(conv_bn_relu(in_channels, width), nn.Conv2d(width, out_channels, kernel_size=1))


MODEL = ModelCard(
    build=BiSeNet,
    summary="BiSeNet: a path for detail beside one for context, two auxiliary heads in training",
    paper="BiSeNet: Bilateral Segmentation Network, https://arxiv.org/abs/1808.00897",
    tasks=frozenset({"segmentation"}),
    encoder="resnet18",
)
