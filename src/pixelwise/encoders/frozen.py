"""A pretrained encoder that judges pictures and is never trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from pixelwise.encoders.pyramid import DEFAULT_ENCODER, Encoder
from pixelwise.encoders.vgg_file import VGG_STRIDES, is_weights_file, vgg_from_file
from pixelwise.encoders.weights import load_pretrained
from pixelwise.errors import SettingError

__all__ = ["FrozenFeatures"]

_STRIDES = (4, 8, 16)


class FrozenFeatures(nn.Module):
    """Some levels of a pretrained encoder's pyramid, with weights and statistics that stay as they are.

    Gradients reach the image and not the weights, and `train()` leaves batch norm to the statistics of ImageNet.

    Args:
        encoder: Name of a timm backbone, whose weights are installed for the default; or a file that holds a VGG16 of
            torchvision's (see `vgg_file`).
        strides: Which feature maps, by input pixels per feature pixel; None takes 4, 8 and 16, and of a VGG16's file
            1, 2, 4 and 8: relu1_2, relu2_2, relu3_3 and relu4_3.

    Attributes:
        strides: Of the maps.
        channels: Of each of them.
        name: What the names of scores call it: `lite0` for the default, else the name of the backbone, such as `vgg16`.

    Raises:
        SettingError: If there is no such encoder, or it has no features at one of the strides.
        WeightsError: If its weights cannot be had, or the file holds others.
    """

    def __init__(self, encoder: str = DEFAULT_ENCODER, strides: Sequence[int] | None = None) -> None:
        super().__init__()
        is_file = is_weights_file(encoder)
        self.encoder = vgg_from_file(Path(encoder)) if is_file else Encoder(encoder)
        self.strides = tuple(strides or (VGG_STRIDES if is_file else _STRIDES))
        known = self.encoder.strides
        if missing := [stride for stride in self.strides if stride not in known]:
            raise SettingError(f"The encoder '{encoder}' has features at strides {known}, but not at {missing[0]}.")
        if not is_file:
            load_pretrained(self.encoder)
        self.eval().requires_grad_(False)
        self._levels = [known.index(stride) for stride in self.strides]
        self.channels = tuple(self.encoder.channels[level] for level in self._levels)
        self.name = self.encoder.name.removeprefix("tf_efficientnet_")

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, 3, H, W)` in [0, 1] to features `(B, channels[i], ~H / strides[i], ~W / strides[i])`."""
        features = self.encoder(image)
        return [features[level] for level in self._levels]

    def train(self, mode: bool = True) -> FrozenFeatures:
        """Stay as it is."""
        super().train(False)
        return self
