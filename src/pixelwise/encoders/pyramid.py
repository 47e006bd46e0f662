"""One class that turns a timm backbone into a pyramid of features."""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError, unknown_name

__all__ = ["DEFAULT_ENCODER", "Encoder"]

# Its ImageNet weights come in an ordinary dependency, so that transfer learning needs no download.
DEFAULT_ENCODER = "tf_efficientnet_lite0"


class Encoder(nn.Module):
    """The pyramid of features of a timm backbone, built without pretrained weights (see `load_pretrained`).

    Args:
        name: A name from `timm.list_models()`.
        in_channels: Channels of the image.

    Attributes:
        name: As given.
        channels: Channels of each feature map, from the finest to the coarsest.
        strides: Input pixels per feature pixel of each, such as (2, 4, 8, 16, 32).

    Raises:
        SettingError: If timm has no such backbone, or the backbone gives no pyramid, or takes images of one size only.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str = DEFAULT_ENCODER, in_channels: int = 3) -> None:
        super().__init__()
        if not timm.is_model(name):
            raise unknown_name("encoder", name, timm.list_models())
        try:
            self.backbone = timm.create_model(name, pretrained=False, features_only=True, in_chans=in_channels)
        except (RuntimeError, AttributeError, TypeError, NotImplementedError, AssertionError) as error:
            raise SettingError(
                f"The backbone '{name}' gives no pyramid of features ({error}). "
                f"Take one that does, such as '{DEFAULT_ENCODER}', 'resnet34' or 'convnext_tiny'."
            ) from error
        self.name = name
        self.in_channels = in_channels
        pyramid: Any = self.backbone.feature_info  # timm's FeatureInfo, which nn.Module declares as a tensor or module
        self.channels: tuple[int, ...] = tuple(pyramid.channels())
        self.strides: tuple[int, ...] = tuple(pyramid.reduction())
        if not _is_pyramid(self.strides):
            raise SettingError(
                f"The backbone '{name}' has features at strides {self.strides}, which is no pyramid. "
                f"Take one that has, such as '{DEFAULT_ENCODER}', 'resnet34' or 'convnext_tiny'."
            )
        self._refuse_fixed_size()
        mean, std = _statistics(name, in_channels)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, in_channels, H, W)` in [0, 1] to features `(B, channels[i], ~H / strides[i], ~W / strides[i])`.

        The image is normalised here, with the statistics that the backbone's weights were trained with. A side that
        is no multiple of a stride is rounded as the backbone rounds it (up, in nearly all), so a decoder resizes to
        the size of the feature that it joins.
        """
        return self.features(self.normalise(image))

    def normalise(self, image: Tensor) -> Tensor:
        """Shift and scale `(B, in_channels, H, W)` in [0, 1] as the backbone's weights were trained with."""
        return (image - self.mean) / self.std

    def features(self, normalised: Tensor) -> list[Tensor]:
        """The features of an image that `normalise` has seen."""
        features: list[Tensor] = self.backbone(normalised)
        if getattr(self.backbone, "output_fmt", "NCHW") == "NHWC":
            return [feature.permute(0, 3, 1, 2) for feature in features]
        return features

    def _refuse_fixed_size(self) -> None:
        """Try another size than that of the pretraining where timm says that it is fixed; for some it is not."""
        config = timm.get_pretrained_cfg(self.name)
        if config is None or not config.fixed_input_size:
            return
        self.backbone.eval()
        try:
            with torch.inference_mode():
                self.backbone(torch.zeros(1, self.in_channels, 97, config.input_size[-1] + 33))
        except (AssertionError, RuntimeError, IndexError, ValueError) as error:
            height, width = config.input_size[-2:]
            raise SettingError(
                f"The backbone '{self.name}' takes no images of other sizes than {height} × {width}. "
                f"Take one that does, such as '{DEFAULT_ENCODER}', 'resnet34' or 'convnext_tiny'."
            ) from error
        self.backbone.train()


def _is_pyramid(strides: tuple[int, ...]) -> bool:
    """Whether there are two or more, each larger than the one before, all of them powers of two."""
    return len(strides) > 1 and list(strides) == sorted({stride for stride in strides if stride.bit_count() == 1})


def _statistics(name: str, in_channels: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation `(1, C, 1, 1)`; other than three channels get the colours' average."""
    config = timm.get_pretrained_cfg(name)
    # Without a configuration ImageNet's own, which nearly all of timm has.
    values = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if config is None else (config.mean, config.std)
    mean, std = (torch.tensor(value, dtype=torch.float32).reshape(1, -1, 1, 1) for value in values)
    if mean.shape[1] != in_channels:
        mean, std = (value.mean().expand(1, in_channels, 1, 1).clone() for value in (mean, std))
    return mean, std
