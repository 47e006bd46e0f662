"""What every encoder is made around: a backbone of timm's, and the normalisation that its weights were trained with."""

from __future__ import annotations

from abc import ABC, abstractmethod

import timm
import torch
from torch import Tensor, nn

from pixelwise.encoders._families import create_backbone
from pixelwise.errors import SettingError, unknown_name

__all__ = ["Backbone"]


class Backbone(nn.Module, ABC):
    """A backbone of timm's, built without pretrained weights (see `load_pretrained`).

    Args:
        name: A name from `timm.list_models()`, with or without the tag of its weights (`resnet50.a1_in1k`).
        in_channels: Channels of the image.

    Attributes:
        backbone: timm's module, whose names the state keeps.
        name: As given.
        in_channels: As given.
        channels: Channels of each feature map, from the finest to the coarsest.
        strides: Input pixels per feature pixel of each.

    Raises:
        SettingError: If timm has no such backbone, or none that gives features.
    """

    backbone: nn.Module
    channels: tuple[int, ...]
    strides: tuple[int, ...]
    mean: Tensor
    std: Tensor

    def __init__(self, name: str, in_channels: int) -> None:
        super().__init__()
        if not timm.is_model(name):
            raise unknown_name("encoder", name, timm.list_models())
        try:
            self.backbone = create_backbone(name, in_channels)
        except (RuntimeError, AttributeError, TypeError, NotImplementedError, AssertionError) as error:
            raise self.refusal(name, str(error)) from error
        self.name = name
        self.in_channels = in_channels
        mean, std = _statistics(name, in_channels)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    @abstractmethod
    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, in_channels, H, W)` in [0, 1] to features `(B, channels[i], ~H / strides[i], ~W / strides[i])`."""

    @staticmethod
    @abstractmethod
    def refusal(name: str, reason: str) -> SettingError:
        """The error for a backbone of timm's that cannot serve, with one that can."""

    def normalise(self, image: Tensor) -> Tensor:
        """Shift and scale `(B, in_channels, H, W)` in [0, 1] as the backbone's weights were trained with."""
        return (image - self.mean) / self.std


def _statistics(name: str, in_channels: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation `(1, C, 1, 1)`; other than three channels get the colours' average."""
    config = timm.get_pretrained_cfg(name)
    # Without a configuration ImageNet's own, which nearly all of timm has.
    values = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if config is None else (config.mean, config.std)
    mean, std = (torch.tensor(value, dtype=torch.float32).reshape(1, -1, 1, 1) for value in values)
    if mean.shape[1] != in_channels:
        mean, std = (value.mean().expand(1, in_channels, 1, 1).clone() for value in (mean, std))
    return mean, std
