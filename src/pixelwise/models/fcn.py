"""The simple and fast way: an image classifier without its classifier, and five transposed convolutions.

Long, Shelhamer, Darrell: "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015,
https://arxiv.org/abs/1411.4038, in the form that fast.ai taught in 2018 (`Upsample34`).

Differs from the paper: no skip connections; every doubling of the size is a transposed convolution of its own, whose
kernel of 2 × 2 does not overlap with itself. Differs from `Upsample34`: any encoder, any size of image, any number of
output channels; with a ResNet-34 it has the same layers in the same order.
"""

from __future__ import annotations

from torch import Tensor, nn

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.models._base import ImageModel, ModelCard

__all__ = ["FCN", "MODEL"]


class FCN(ImageModel):
    """The coarsest feature map of an encoder, doubled in size until it is as large as the image.

    Args:
        out_channels: Channels of the output.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone.
        width: Channels between the transposed convolutions.
    """

    encoder: Encoder

    def __init__(
        self, out_channels: int, in_channels: int = 3, encoder: str = DEFAULT_ENCODER, width: int = 256
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = Encoder(encoder, in_channels)
        self.multiple_of = self.encoder.strides[-1]

        doublings = self.multiple_of.bit_length() - 1
        widths = [self.encoder.channels[-1]] + [width] * (doublings - 1)
        self.decoder = nn.Sequential(*(_double(before, width) for before in widths[:-1]))
        self.head = nn.ConvTranspose2d(widths[-1], out_channels, kernel_size=2, stride=2)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        coarsest = self.encoder(image)[-1]
        scores: Tensor = self.head(self.decoder(coarsest.relu()))
        return scores


def _double(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2),
        nn.ReLU(inplace=True),
        nn.BatchNorm2d(out_channels),
    )


MODEL = ModelCard(
    build=FCN,
    summary="the simple and fast way: an encoder and five transposed convolutions, no skip connections",
    paper="Fully Convolutional Networks for Semantic Segmentation, https://arxiv.org/abs/1411.4038",
    tasks=frozenset({"segmentation"}),
    encoder="resnet34",
)
