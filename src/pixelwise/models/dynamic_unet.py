"""fastai's U-Net: any encoder, pixel shuffles upwards, skip connections, and the image itself once more at the end.

`DynamicUnet` of fastai 2, https://docs.fast.ai/vision.models.unet.html; the skeleton is that of Ronneberger, Fischer,
Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015, https://arxiv.org/abs/1505.04597.

With the same weights it gives the same output as fastai 2.8. Differs from fastai: the image is normalised inside; no
hooks, so that it can be exported and compiled; `bottle` works (there it raises, for want of channels in the head);
He's and ICNR initialisation reach weight- and spectrally normalised layers too; an encoder whose finest feature map
has stride 4 is followed by two pixel shuffles rather than one and a nearest-pixel resize; an encoder too shallow for
the self-attention is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.errors import SettingError, unknown_name
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.nn import ConvBlock, Norm, PixelShuffleUpsample, ResidualBlock, SelfAttention, batch_norm, resize_nearest

__all__ = ["MODEL", "DynamicUNet"]


class DynamicUNet(ImageModel):
    """A U-Net around any encoder, as wide as the encoder makes it.

    Any height and width are taken as they are, without padding.

    Args:
        out_channels: Channels of the output.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone. The width of the decoder follows from it: 41 million parameters in all with
            "resnet34", 339 million with "resnet50".
        blur: Whether a mean over 2 × 2 pixels follows each upsampling of the decoder, against checkerboards.
        blur_final: With `blur`, whether it also follows the last one.
        self_attention: Whether the third block from the end (1/8 of the image's size, in a ResNet) ends in
            self-attention, whose memory grows with the square of the number of pixels.
        y_range: Lowest and highest output; scores are squashed into it by a sigmoid. None leaves them raw, which is
            what classes need.
        last_cross: Whether the normalised image is joined to the features at full size, and a residual block
            follows. It takes more than a third of the computation.
        bottle: Whether that residual block is half as wide inside.
        norm_type: Norm of every convolution of the decoder: "batch", "instance", "weight", "spectral" or None.
        statistics: Mean and standard deviation of each channel in [0, 1], by which images are normalised. None takes
            those that the encoder's weights were trained with; weights that were trained with others need theirs.

    Raises:
        SettingError: If an argument is unknown or impossible.
    """

    encoder: Encoder

    def __init__(  # noqa: PLR0913 - these are fastai's settings, all of them
        self,
        out_channels: int,
        in_channels: int = 3,
        encoder: str = DEFAULT_ENCODER,
        blur: bool = False,
        blur_final: bool = True,
        self_attention: bool = False,
        y_range: tuple[float, float] | None = None,
        last_cross: bool = True,
        bottle: bool = False,
        norm_type: Norm | None = None,
        statistics: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        _check(y_range, norm_type)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = Encoder(encoder, in_channels)
        if statistics is not None:
            _set_statistics(self.encoder, statistics)
        self.y_range = y_range

        deepest = self.encoder.channels[-1]
        self.bottom_norm = batch_norm(deepest)
        self.middle = nn.Sequential(
            ConvBlock(deepest, 2 * deepest, norm=norm_type), ConvBlock(2 * deepest, deepest, norm=norm_type)
        )
        blocks = _blocks(self.encoder, blur, blur_final, self_attention, norm_type)
        self.decoder = nn.ModuleList(blocks)

        width = blocks[-1].out_channels
        doublings = self.encoder.strides[0].bit_length() - 1
        self.upsample = nn.Sequential(*(PixelShuffleUpsample(width, width, norm=norm_type) for _ in range(doublings)))
        self.residual: ResidualBlock | None = None
        if last_cross:
            width += in_channels
            self.residual = ResidualBlock(width, width // 2 if bottle else width, norm=norm_type)
        self.head = ConvBlock(width, out_channels, kernel_size=1, norm=norm_type, activation=False, init=None)
        if self.head.conv.bias is not None:
            nn.init.normal_(self.head.conv.bias, std=0.01)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        image = self.encoder.normalise(image)
        *skips, deepest = self.encoder.features(image)
        x = self.middle(F.relu(self.bottom_norm(deepest)))
        for block, skip in zip(self.decoder, reversed(skips), strict=True):
            x = block(x, skip)
        x = resize_nearest(self.upsample(x), image.shape[-2:])
        if self.residual is not None:
            x = self.residual(torch.cat([x, image], dim=1))
        scores: Tensor = self.head(x)
        if self.y_range is not None:
            low, high = self.y_range
            scores = scores.sigmoid() * (high - low) + low
        return scores


class _Block(nn.Module):
    """One step of the decoder: double the size, join the skip connection, two convolutions."""

    def __init__(
        self, below: int, skip: int, out_channels: int, blur: bool, self_attention: bool, norm: Norm | None
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.upsample = PixelShuffleUpsample(below, below // 2, norm=norm, blur=blur)
        self.skip_norm = batch_norm(skip)
        self.conv1 = ConvBlock(below // 2 + skip, out_channels, norm=norm)
        self.conv2 = ConvBlock(out_channels, out_channels, norm=norm)
        self.attention = SelfAttention(out_channels) if self_attention else nn.Identity()

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        upsampled = resize_nearest(self.upsample(below), skip.shape[-2:])  # ends in a ReLU of its own
        joined = torch.cat([upsampled, F.relu(self.skip_norm(skip))], dim=1)
        block: Tensor = self.attention(self.conv2(self.conv1(joined)))
        return block


def _blocks(encoder: Encoder, blur: bool, blur_final: bool, self_attention: bool, norm: Norm | None) -> list[_Block]:
    *skips, width = encoder.channels
    if self_attention and len(skips) < 3:
        raise SettingError(
            f"self_attention needs an encoder of four feature maps; '{encoder.name}' has {len(skips) + 1}. "
            f"Leave it out, or take an encoder such as '{DEFAULT_ENCODER}' or 'resnet34'."
        )
    blocks: list[_Block] = []
    for left, skip in reversed(list(enumerate(skips))):  # blocks that are left after this one
        joined = width // 2 + skip
        block = _Block(
            below=width,
            skip=skip,
            out_channels=joined if left else joined // 2,
            blur=blur and (left > 0 or blur_final),
            self_attention=self_attention and left == 2,
            norm=norm,
        )
        blocks.append(block)
        width = block.out_channels
    return blocks


def _check(y_range: tuple[float, float] | None, norm_type: str | None) -> None:
    if norm_type is not None and norm_type not in get_args(Norm):
        raise unknown_name("norm_type", norm_type, get_args(Norm))
    if y_range is None:
        return
    if not isinstance(y_range, list | tuple) or [isinstance(end, int | float) for end in y_range] != [True, True]:
        raise SettingError(f"y_range is {y_range!r}: two numbers are expected, the lower one first, such as [-3, 3].")
    if not y_range[0] < y_range[1]:
        raise SettingError(f"y_range is {tuple(y_range)}: the first number must be less than the second.")


def _set_statistics(encoder: Encoder, statistics: tuple[Sequence[float], Sequence[float]]) -> None:
    mean, std = statistics
    if not len(mean) == len(std) == encoder.in_channels or min(std) <= 0:
        raise SettingError(
            f"statistics is {statistics}: a mean and a positive standard deviation are expected for each of the "
            f"{encoder.in_channels} channels."
        )
    encoder.mean.copy_(torch.tensor(mean).reshape(1, -1, 1, 1))
    encoder.std.copy_(torch.tensor(std).reshape(1, -1, 1, 1))


MODEL = ModelCard(
    build=DynamicUNet,
    summary="fastai's U-Net on any encoder, heavy; with the same weights it gives the same output",
    paper="fastai: DynamicUnet, https://docs.fast.ai/vision.models.unet.html",
    tasks=frozenset({"segmentation", "super_resolution", "restoration", "paired_translation", "unpaired_translation"}),
    learning_rate=1e-3,  # fastai's own; three times as much is too much for a decoder without norms
)
