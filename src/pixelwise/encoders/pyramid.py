"""One class that turns any timm backbone into a pyramid of features."""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn

from pixelwise.encoders._families import create_backbone, find_fit, power_of_two
from pixelwise.encoders._levels import Levels
from pixelwise.encoders._same_padding import pad_in_whole_numbers
from pixelwise.errors import SettingError, unknown_name

__all__ = ["DEFAULT_ENCODER", "Encoder"]

# Its ImageNet weights come in an ordinary dependency, so that transfer learning needs no download.
DEFAULT_ENCODER = "tf_efficientnet_lite0"


class Encoder(nn.Module):
    """The pyramid of features of a timm backbone, built without pretrained weights (see `load_pretrained`).

    Any name of timm's serves, at any size of image:

    - A backbone with a pyramid of its own gives it as it is. Where it begins at a stride above 4 or ends below 32,
      the missing maps are made of the nearest that is there.
    - A plain vision transformer has one map; the pyramid is made of it by transposed convolutions and pooling (a
      simple feature pyramid, https://arxiv.org/abs/2203.16527). Patches of 14 pixels become a stride of 16, since
      the image is made smaller by 7/8.
    - A backbone that needs sides which are multiples of something gets an image padded with its mean colour; the
      features of the padding are cut off.
    - A backbone for one size of image only, such as an MLP-Mixer, sees the image resized to that size, and its
      features are resized to the strides. `fixed_size` says so: it sees no detail that such an image has not.

    Args:
        name: A name from `timm.list_models()`, with or without the tag of its weights (`resnet50.a1_in1k`).
        in_channels: Channels of the image.

    Attributes:
        name: As given.
        channels: Channels of each feature map, from the finest to the coarsest.
        strides: Input pixels per feature pixel of each, doubling from at most 4 to at least 32: (2, 4, 8, 16, 32).
        fixed_size: Height and width that every image is resized to; None for nearly all backbones.

    Raises:
        SettingError: If timm has no such backbone, or the backbone gives no features that can serve.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str = DEFAULT_ENCODER, in_channels: int = 3) -> None:
        super().__init__()
        if not timm.is_model(name):
            raise unknown_name("encoder", name, timm.list_models())
        try:
            self.backbone = create_backbone(name, in_channels)
        except (RuntimeError, AttributeError, TypeError, NotImplementedError, AssertionError) as error:
            raise SettingError(
                f"The backbone '{name}' gives no pyramid of features ({error}). "
                f"Take one that does, such as '{DEFAULT_ENCODER}', 'resnet34' or 'convnext_tiny'."
            ) from error
        pad_in_whole_numbers(self.backbone)
        self.name = name
        self.in_channels = in_channels
        pyramid: Any = self.backbone.feature_info  # timm's FeatureInfo, which nn.Module declares as a tensor or module
        reductions: list[int] = list(pyramid.reduction())
        self._fit = find_fit(name, min(reductions))
        self.fixed_size = self._fit.size
        if self.fixed_size is None:
            _refuse_uneven(name, reductions)
        self.levels = Levels(pyramid.channels(), [power_of_two(reduction) for reduction in reductions])
        self.channels: tuple[int, ...] = self.levels.channels
        self.strides: tuple[int, ...] = self.levels.strides
        mean, std = _statistics(name, in_channels)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, in_channels, H, W)` in [0, 1] to features `(B, channels[i], ~H / strides[i], ~W / strides[i])`.

        The image is normalised here, with the statistics that the backbone's weights were trained with. A side that
        is no multiple of a stride is rounded as the backbone rounds it (up, in nearly all), so a decoder resizes to
        the size of the feature that it joins.

        Raises:
            SettingError: If the image is smaller than the backbone can take, or a training batch holds so few pixels
                that batch norm has nothing to average.
        """
        return self.features(self.normalise(image))

    def normalise(self, image: Tensor) -> Tensor:
        """Shift and scale `(B, in_channels, H, W)` in [0, 1] as the backbone's weights were trained with."""
        return (image - self.mean) / self.std

    def features(self, normalised: Tensor) -> list[Tensor]:
        """The features of an image that `normalise` has seen; raises what `forward` raises."""
        height, width = normalised.shape[-2:]
        try:
            maps: list[Tensor] = self.backbone(self._fit.fit_image(normalised))
        except (RuntimeError, ValueError) as error:
            self._explain(error, tuple(normalised.shape))
            raise
        if getattr(self.backbone, "output_fmt", "NCHW") == "NHWC":
            maps = [feature.permute(0, 3, 1, 2) for feature in maps]
        return self._fit.fit_features(self.levels(maps), self.strides, height, width)

    def _explain(self, error: Exception, shape: tuple[int, ...]) -> None:
        """Say in our own words what torch says of an image or a batch that is too small."""
        batch, _, height, width = shape
        if "more than 1 value per channel" in str(error):
            raise SettingError(
                f"The encoder '{self.name}' cannot be trained on a batch of {batch} view of {height} × {width} pixels: "
                f"its batch norm averages over the batch, and here over one single value. "
                f"Take a larger batch (training.batch_size) or larger views."
            ) from error
        if any(sign in str(error) for sign in _TOO_SMALL):
            raise SettingError(
                f"An image of {height} × {width} pixels is too small for the encoder '{self.name}'. "
                f"Take images of at least 96 × 96 pixels, or another encoder, such as '{DEFAULT_ENCODER}'."
            ) from error


# What torch says of an image that a network has shrunk to nothing.
_TOO_SMALL = (
    "can't be greater than actual input size",
    "Output size is too small",
    "should be less than the corresponding input dimension",
    "greater than or equal to zero",
    "non-zero size for non-batch dimension",
    "to be greater than 0",
)


def _refuse_uneven(name: str, reductions: list[int]) -> None:
    """Refuse strides that are not one number times powers of two, since no decoder could join them."""
    finest = min(reductions)
    if any(value * power_of_two(finest) != finest * power_of_two(value) for value in reductions):
        raise SettingError(
            f"The backbone '{name}' has features at strides {tuple(reductions)}, which do not double and so make no "
            f"pyramid. Take one that has, such as '{DEFAULT_ENCODER}', 'resnet34' or 'convnext_tiny'."
        )


def _statistics(name: str, in_channels: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation `(1, C, 1, 1)`; other than three channels get the colours' average."""
    config = timm.get_pretrained_cfg(name)
    # Without a configuration ImageNet's own, which nearly all of timm has.
    values = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if config is None else (config.mean, config.std)
    mean, std = (torch.tensor(value, dtype=torch.float32).reshape(1, -1, 1, 1) for value in values)
    if mean.shape[1] != in_channels:
        mean, std = (value.mean().expand(1, in_channels, 1, 1).clone() for value in (mean, std))
    return mean, std
