"""CycleGAN's generator: down to a quarter of the resolution, residual blocks there, and up again.

Zhu, Park, Isola, Efros: "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV 2017,
https://arxiv.org/abs/1703.10593; the skeleton is that of Johnson, Alahi, Fei-Fei: "Perceptual Losses for Real-Time
Style Transfer and Super-Resolution", ECCV 2016, https://arxiv.org/abs/1603.08155. `antialias=True` is the generator of
Park, Efros, Zhang, Zhu: "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV 2020,
https://arxiv.org/abs/2007.15651.

Differs from the papers: pixels are in [0, 1] outside, [-1, 1] inside, so the output is (tanh + 1) / 2, or with
`residual` the image + tanh; an image of fewer than 8 pixels on a side is extended by its mirror image.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models._base import ImageModel, ModelCard, refuse_sum
from pixelwise.nn.instance_norm import InstanceNorm2d
from pixelwise.nn.normal_init import initialise_normal
from pixelwise.ops.mirror import mirror_pad
from pixelwise.ops.pad import pad_to_multiple

__all__ = ["MODEL", "ResNetGenerator"]

_SMALLEST = 8  # two pixels at the coarsest level, the fewest that can be mirrored


class ResNetGenerator(ImageModel):
    """Two halvings, residual blocks, two doublings, with instance norm and reflected borders.

    Args:
        out_channels: Channels of the picture.
        in_channels: Channels of the image.
        width: Channels at full resolution; each of the two halvings doubles them.
        depth: How many residual blocks there are: 9 in the papers, 6 for images of 128 × 128 pixels.
        antialias: Whether the resolution is halved by a blur and doubled by interpolation, against checkerboards,
            instead of by strided and transposed convolutions.
        residual: Whether what the network makes, in [-1, 1], is added to the image. It then begins near the image
            itself and learns what to change: for kinds whose shapes are the same, as seasons, and for little time.

    Raises:
        SettingError: If a number is less than one, or residual is asked for and the channels differ.
    """

    training_methods: ClassVar[tuple[str, ...]] = (*ImageModel.training_methods, "patch_features")

    def __init__(
        self,
        out_channels: int = 3,
        in_channels: int = 3,
        width: int = 64,
        depth: int = 9,
        antialias: bool = False,
        residual: bool = False,
    ) -> None:
        super().__init__()
        if residual:
            refuse_sum(type(self).__name__, in_channels, out_channels)
        if width < 1 or depth < 1:
            raise SettingError(
                f"A resnet_generator has a width of {width} and a depth of {depth}; both are whole numbers from 1."
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.adds_image = residual
        self.multiple_of = 4
        self.patch_channels = (in_channels, 2 * width, 4 * width, 4 * width, 4 * width)

        self.stem = nn.Sequential(*_normed(_reflecting(in_channels, width, 7)))
        self.down = nn.Sequential(*(_halve(width * 2**level, antialias) for level in range(2)))
        self.blocks = nn.Sequential(*(_Block(4 * width) for _ in range(depth)))
        self.up = nn.Sequential(*(_double(width * 2**level, antialias) for level in (1, 0)))
        self.head = _reflecting(width, out_channels, 7)
        initialise_normal(self)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to a picture `(B, out_channels, H, W)`; H and W are multiples of 4.

        The picture is in [0, 1], or with `residual` in [-1, 2], of which prediction clips what is outside of [0, 1].
        """
        height, width = image.shape[-2:]
        if height < _SMALLEST or width < _SMALLEST:
            image = mirror_pad(image, 0, max(0, _SMALLEST - height), 0, max(0, _SMALLEST - width))
        x = self.down(self.stem(2 * image - 1))
        made: Tensor = self.head(self.up(self.blocks(x))).tanh()
        return image + made if self.adds_image else (made + 1) / 2

    def patch_features(self, image: Tensor) -> list[Tensor]:
        """What patches of pictures are compared in: the image, the convolutions of both halvings, and two blocks.

        The blocks are the first and the middle one. The convolutions are taken before their norms, as the authors do;
        after a ReLU a patch may have no feature at all, and so no direction.

        Args:
            image: `(B, in_channels, H, W)` in [0, 1], at least 8 pixels on each side.

        Returns:
            Feature maps `(B, patch_channels[i], H / s, W / s)`, `s` being 1, 2, 4, 4, 4, or with `antialias` 1, 1, 2,
            4, 4.
        """
        features = [2 * pad_to_multiple(image, self.multiple_of) - 1]
        x = self.stem(features[0])
        for halve in self.down:
            convolution, *others = halve.children()
            x = convolution(x)
            features.append(x)
            for layer in others:
                x = layer(x)
        middle = len(self.blocks) // 2
        for index, block in enumerate(self.blocks[: middle + 1]):
            x = block(x)
            if index in (0, middle):
                features.append(x)
        return features if middle else [*features, x]


class _Block(nn.Module):
    """Convolution, norm, ReLU, convolution, norm, beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (_reflecting(channels, channels, 3) for _ in range(2))
        self.layers = nn.Sequential(*_normed(first), second, InstanceNorm2d(channels))

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, channels, H, W)` to the same shape."""
        residual: Tensor = self.layers(feature)
        return feature + residual


class _Halve(nn.Module):
    """Every second pixel of a blurred feature map."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        line = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("kernel", (line[:, None] * line)[None, None], persistent=False)

    def forward(self, feature: Tensor) -> Tensor:
        """Map `(B, C, H, W)` to `(B, C, H / 2, W / 2)`."""
        channels = feature.shape[1]
        padded = F.pad(feature, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(padded, self.kernel.to(feature.dtype).expand(channels, 1, 3, 3), stride=2, groups=channels)


def _halve(channels: int, antialias: bool) -> nn.Sequential:
    convolution = nn.Conv2d(channels, 2 * channels, 3, stride=1 if antialias else 2, padding=1)
    return nn.Sequential(*_normed(convolution), *([_Halve()] if antialias else []))


def _double(channels: int, antialias: bool) -> nn.Sequential:
    """From twice as many channels at half the resolution."""
    if not antialias:
        return nn.Sequential(*_normed(nn.ConvTranspose2d(2 * channels, channels, 3, 2, padding=1, output_padding=1)))
    upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    return nn.Sequential(upsample, *_normed(nn.Conv2d(2 * channels, channels, 3, padding=1)))


def _reflecting(before: int, after: int, kernel_size: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel_size, padding=kernel_size // 2, padding_mode="reflect")


def _normed(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [convolution, InstanceNorm2d(convolution.out_channels), nn.ReLU(inplace=True)]


MODEL = ModelCard(
    build=ResNetGenerator,
    summary="CycleGAN's generator: residual blocks at a quarter of the resolution; pictures to pictures",
    paper="Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, "
    "https://arxiv.org/abs/1703.10593",
    tasks=frozenset({"paired_translation", "unpaired_translation"}),
    encoder=None,
    learning_rate=2e-4,  # the paper's
)
