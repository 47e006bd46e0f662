"""One class that turns any timm backbone into a pyramid of features."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pixelwise.encoders._backbone import Backbone
from pixelwise.encoders._families import find_fit, power_of_two
from pixelwise.encoders._levels import Levels
from pixelwise.encoders._same_padding import pad_in_whole_numbers
from pixelwise.errors import SettingError

__all__ = ["DEFAULT_ENCODER", "Encoder"]

# Its ImageNet weights come in an ordinary dependency, so that transfer learning needs no download.
DEFAULT_ENCODER = "tf_efficientnet_lite0"


class Encoder(Backbone):
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
        channels: Channels of each feature map, from the finest to the coarsest.
        strides: Input pixels per feature pixel of each, doubling from at most 4 to at least 32: (2, 4, 8, 16, 32).
        fixed_size: Height and width that every image is resized to; None for nearly all backbones.

    Raises:
        SettingError: If timm has no such backbone, or the backbone gives no features that can serve.
    """

    def __init__(self, name: str = DEFAULT_ENCODER, in_channels: int = 3) -> None:
        super().__init__(name, in_channels)
        pad_in_whole_numbers(self.backbone)
        pyramid: Any = self.backbone.feature_info  # timm's FeatureInfo, which nn.Module declares as a tensor or module
        reductions: list[int] = list(pyramid.reduction())
        self._fit = find_fit(name, min(reductions))
        self.fixed_size = self._fit.size
        if self.fixed_size is None:
            _refuse_uneven(name, reductions)
        self.levels = Levels(pyramid.channels(), [power_of_two(reduction) for reduction in reductions])
        self.channels = self.levels.channels
        self.strides = self.levels.strides

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, in_channels, H, W)` in [0, 1] to features `(B, channels[i], ~H / strides[i], ~W / strides[i])`.

        The image is normalised here, with the statistics that the backbone's weights were trained with. A side that
        is no multiple of a stride is rounded as the backbone rounds it (up, in nearly all), so a decoder resizes to
        the size of the feature that it joins.

        Raises:
            SettingError: If the image is smaller than the backbone can take.
        """
        return self.features(self.normalise(image))

    def features(self, normalised: Tensor) -> list[Tensor]:
        """The features of an image that `normalise` has seen; raises what `forward` raises."""
        height, width = normalised.shape[-2:]
        try:
            maps: list[Tensor] = self.backbone(self._fit.fit_image(normalised))
        except (RuntimeError, ValueError) as error:
            if any(sign in str(error) for sign in _TOO_SMALL):
                raise SettingError(
                    f"An image of {height} × {width} pixels is too small for the encoder '{self.name}'. "
                    f"Take images of at least 96 × 96 pixels, or another encoder, such as '{DEFAULT_ENCODER}'."
                ) from error
            raise
        if getattr(self.backbone, "output_fmt", "NCHW") == "NHWC":
            maps = [feature.permute(0, 3, 1, 2) for feature in maps]
        return self._fit.fit_features(self.levels(maps), self.strides, height, width)

    @staticmethod
    def refusal(name: str, reason: str) -> SettingError:
        """The error for a backbone that gives no pyramid."""
        return SettingError(
            f"The backbone '{name}' gives no pyramid of features ({reason}). "
            f"Take one that does, such as '{DEFAULT_ENCODER}', 'resnet34' or 'convnext_tiny'."
        )


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
