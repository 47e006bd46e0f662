"""A pretrained encoder that judges pictures and is never trained."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from pixelwise.encoders.pyramid import DEFAULT_ENCODER, Encoder
from pixelwise.encoders.weights import load_pretrained
from pixelwise.errors import SettingError

__all__ = ["FrozenFeatures"]


class FrozenFeatures(nn.Module):
    """Some levels of a pretrained encoder's pyramid, with weights and statistics that stay as they are.

    Gradients reach the image and not the weights, and `train()` leaves batch norm to the statistics of ImageNet.

    Args:
        encoder: Name of a timm backbone; the default's weights are installed.
        strides: Which feature maps, by input pixels per feature pixel.

    Attributes:
        channels: Of each of these maps.
        name: What the names of scores call it: `lite0` for the default, else the name of the backbone.

    Raises:
        SettingError: If there is no such encoder, or it has no features at one of the strides.
        WeightsError: If its weights cannot be had.
    """

    def __init__(self, encoder: str = DEFAULT_ENCODER, strides: Sequence[int] = (4, 8, 16)) -> None:
        super().__init__()
        self.encoder = Encoder(encoder)
        known = self.encoder.strides
        if missing := [stride for stride in strides if stride not in known]:
            raise SettingError(f"The encoder '{encoder}' has features at strides {known}, but not at {missing[0]}.")
        load_pretrained(self.encoder)
        self.eval().requires_grad_(False)
        self._levels = [known.index(stride) for stride in strides]
        self.channels = tuple(self.encoder.channels[level] for level in self._levels)
        self.name = encoder.removeprefix("tf_efficientnet_")

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map `(B, 3, H, W)` in [0, 1] to features `(B, channels[i], ~H / strides[i], ~W / strides[i])`."""
        features = self.encoder(image)
        return [features[level] for level in self._levels]

    def train(self, mode: bool = True) -> FrozenFeatures:
        """Stay as it is."""
        super().train(False)
        return self
