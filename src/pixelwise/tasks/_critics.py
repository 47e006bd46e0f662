"""Critics: what tells real pictures from made ones, for the tasks that train a network against one."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders.frozen import FrozenFeatures
from pixelwise.errors import SettingError, unknown_name
from pixelwise.nn.patch_gan import PatchGAN, PatchNorm

__all__ = ["Critic", "CriticKind", "FeatureCritic", "make_critic", "refuse_critic"]

CriticKind = Literal["patch", "features"]

_PICTURE_CHANNELS = 3
_USUAL_DEPTH = 3
_SMALLEST_SQUARE = 1e-6  # of a feature, on average over the channels


class FeatureCritic(nn.Module):
    """A critic that sees with a pretrained encoder: small networks judge each place of its features at three strides.

    What photographs are made of is known to it from the first step, so it learns which of that tells the kinds apart,
    and a network learns from it in a fraction of the steps that a critic of pixels takes. At each place, features are
    made one in size (root mean square), so that every stride counts alike with any encoder. Only the small networks
    are trained.

    Sauer, Chitta, Müller, Geiger: "Projected GANs Converge Faster", NeurIPS 2021, https://arxiv.org/abs/2111.01007.
    Differs from it: features are taken as they are, not mixed by random convolutions; the small networks judge places
    and have no spectral norm.

    Args:
        in_channels: Channels of what is judged: 3 for each of the pictures that are judged together.
        width: Channels of the small networks.

    Raises:
        SettingError: If the channels are not those of pictures, or the width is less than one.
        WeightsError: If the weights of the default encoder cannot be had.
    """

    def __init__(self, in_channels: int = _PICTURE_CHANNELS, width: int = 64) -> None:
        super().__init__()
        if in_channels < 1 or in_channels % _PICTURE_CHANNELS or width < 1:
            raise SettingError(
                f"A critic of features has {in_channels} channels and a width of {width}, but pictures have 3 channels "
                f"each, and the width is a whole number from 1."
            )
        self.in_channels = in_channels
        self.features = FrozenFeatures()
        self.smallest = max(self.features.strides)  # pixels of a side that leave one score of each stride
        pictures = in_channels // _PICTURE_CHANNELS
        self.heads = nn.ModuleList(_head(pictures * channels, width) for channels in self.features.channels)

    def forward(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` in [0, 1] to scores `(B, 3, ~H / 4, ~W / 4)`, raw, one channel for each stride.

        The scores of coarser strides are repeated, so that the mean counts every stride alike.

        Raises:
            SettingError: If the image is smaller than a place of the coarsest features.
        """
        self.refuse_small(image)
        pictures = image.split(_PICTURE_CHANNELS, dim=1)
        levels = zip(*(self.features(picture) for picture in pictures), strict=True)
        scores = [
            head(torch.cat([_of_one_size(features) for features in level], dim=1))
            for head, level in zip(self.heads, levels, strict=True)
        ]
        size = scores[0].shape[-2:]
        return torch.cat([F.interpolate(each, size) for each in scores], dim=1)

    def refuse_small(self, image: Tensor) -> None:
        """Make sure that an image is large enough for a score of each stride.

        Raises:
            SettingError: If it is not.
        """
        height, width = image.shape[-2:]
        if min(height, width) < self.smallest:
            raise SettingError(
                f"A view of {height} × {width} pixels is too small for a critic of features, which needs at least "
                f"{self.smallest} on each side. Take larger views, or --set task.arguments.critic=patch with "
                f"critic_depth=1."
            )


Critic = PatchGAN | FeatureCritic


def make_critic(kind: CriticKind, in_channels: int, width: int, depth: int, norm: PatchNorm) -> Critic:
    """A new critic: `patch`, a PatchGAN, or `features`, which has no depth and no norm to choose.

    Raises:
        SettingError: If a number is not possible.
        WeightsError: If the weights of the encoder that `features` sees with cannot be had.
    """
    return PatchGAN(in_channels, width, depth, norm) if kind == "patch" else FeatureCritic(in_channels, width)


def refuse_critic(kind: str, depth: int) -> None:
    """Make sure that there is such a kind of critic, and that a depth is asked of one that has it.

    Raises:
        SettingError: If not.
    """
    if kind not in get_args(CriticKind):
        raise unknown_name("critic", kind, get_args(CriticKind))
    if kind != "patch" and depth != _USUAL_DEPTH:
        raise SettingError(
            f"critic_depth is {depth}, but a critic of features sees at the strides of its encoder. Leave critic_depth "
            f"out, or take critic=patch."
        )


def _head(channels: int, width: int) -> nn.Sequential:
    """Judges each place of features by itself and those around it."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, width, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 1, 1),
    )


def _of_one_size(features: Tensor) -> Tensor:
    """Features `(B, C, H, W)` in float32 whose mean square over the channels is one at each place."""
    features = features.float()
    return features * torch.rsqrt(features.square().mean(dim=1, keepdim=True) + _SMALLEST_SQUARE)
