"""What size of image each family of timm takes, as measured (benchmarks/encoders.py), and how an image is made to fit.

A family is a module of timm, such as `swin_transformer`. What is not named here is convolutional and takes any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import timm
import torch
from timm.models import get_arch_name, model_entrypoint
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.nn import resize_bilinear

__all__ = ["Fit", "create_backbone", "find_fit", "power_of_two"]

# Position embeddings are resampled to the image, attention windows are laid over it: `dynamic_img_size=True`.
_DYNAMIC = frozenset({
    "deit", "eva", "swin_transformer", "swin_transformer_v2", "swin_transformer_v2_cr", "vision_transformer",
    "vision_transformer_hybrid", "vitamin",
})  # fmt: skip

# Any size whose sides are multiples of this many pixels.
_MULTIPLE = dict.fromkeys(_DYNAMIC, 32) | {
    "byoanet": 32,
    "byobnet": 32,  # some, such as CLIP's ResNets, pool without rounding up
    "convmixer": 32,
    "csatv2": 64,
    "deepseek_vit": 32,
    "dla": 32,
    "efficientvim": 64,
    "efficientvit_msra": 64,
    "gemma4_vit": 96,  # patches of 16, pooled in threes
    "hieradet_sam2": 32,
    "hrnet": 32,
    "mobilevit": 64,  # patches of 2 × 2 up to a stride of 32
    "naflexvit": 32,
    "qwen3_vit": 32,
    "sequencer": 32,
    "shvit": 64,
    "swiftformer": 32,
    "tresnet": 32,
    "twins": 32,
    "vision_transformer_sam": 32,
    "xcit": 32,
}

# timm holds these for fixed in size, but without their classifier they are not.
_NOT_FIXED = frozenset({*_MULTIPLE} - {"byoanet"})

# Convolutions without padding: a feature map is smaller than the image divided by its stride.
_SHRINKING = frozenset({"inception_resnet_v2", "inception_v3", "inception_v4", "nasnet", "pnasnet", "xception"})


@dataclass(frozen=True)
class Fit:
    """How an image is made to fit a backbone, and its features to the image.

    Attributes:
        multiple_of: The image is padded at the bottom and the right to sides that are multiples of this.
        ratio: Then it is resized by this: 7/8 where patches of 14 pixels shall become a stride of 16.
        size: Or the image is resized to this height and width, whatever its own; None for any other backbone.
        is_resampled: Whether the features are resized to the image's size divided by their stride.
    """

    multiple_of: int = 1
    ratio: Fraction = Fraction(1)
    size: tuple[int, int] | None = None
    is_resampled: bool = False

    def fit_image(self, image: Tensor) -> Tensor:
        """What the backbone is given for a normalised image `(B, C, H, W)`."""
        if self.size is not None:
            return F.interpolate(image, size=self.size, mode="bilinear", antialias=True, align_corners=False)
        if self.multiple_of == 1:
            return image
        height, width = image.shape[-2:]
        bottom, right = -height % self.multiple_of, -width % self.multiple_of
        image = F.pad(image, (0, right, 0, bottom))  # zero is the mean colour of a normalised image
        if self.ratio == 1:
            return image
        up, down = self.ratio.as_integer_ratio()
        size = [side // down * up for side in (height + bottom, width + right)]
        return resize_bilinear(image, size)

    def fit_features(self, features: list[Tensor], strides: tuple[int, ...], height: int, width: int) -> list[Tensor]:
        """The features over the image alone: each side is the image's divided by the stride, rounded up."""
        sizes = [((height - 1) // stride + 1, (width - 1) // stride + 1) for stride in strides]
        if self.is_resampled:
            return [resize_bilinear(feature, size) for feature, size in zip(features, sizes, strict=True)]
        if self.multiple_of == 1:
            return features
        return [_crop(feature, *size) for feature, size in zip(features, sizes, strict=True)]


def create_backbone(name: str, in_channels: int, *, pretrained: bool = False) -> nn.Module:
    """The module of timm that gives the features of a backbone, made for images of any size where timm can."""
    settings: dict[str, Any] = {"in_chans": in_channels, "features_only": True, "pretrained": pretrained}
    if _is_fixed(name) and _family(name) in _DYNAMIC:
        settings["dynamic_img_size"] = True
    backbone: nn.Module = timm.create_model(name, **settings)
    return backbone


def find_fit(name: str, reduction: int) -> Fit:
    """How an image is made to fit a backbone.

    Args:
        name: A timm backbone.
        reduction: Input pixels per feature pixel of its finest map.
    """
    family = _family(name)
    multiple_of = _MULTIPLE.get(family, 1)
    config = timm.get_pretrained_cfg(name)
    if config is not None and config.fixed_input_size and family not in _NOT_FIXED:
        height, width = config.input_size[-2:]
        if not get_arch_name(name).startswith(("maxvit", "maxxvit")):
            return Fit(size=(height, width), is_resampled=True)
        multiple_of = height  # its windows and grids are a 32nd of that, and have to fill the coarsest map
    elif family == "resnet" and "aa" in name:
        multiple_of = 32  # these, too, pool without rounding up
    elif name == "haloregnetz_b":
        multiple_of = 224  # blocks of 7 × 7 up to a stride of 32
    elif "halo" in name or name.startswith("bat_"):
        multiple_of = 256  # blocks of 8 × 8 up to a stride of 32
    return Fit(multiple_of, Fraction(reduction, power_of_two(reduction)), is_resampled=family in _SHRINKING)


def power_of_two(reduction: float) -> int:
    """The power of two that is nearest, in octaves.

    >>> [power_of_two(reduction) for reduction in (4, 7, 14, 17, 28)]
    [4, 8, 16, 16, 32]
    """
    lower = 1 << (int(reduction).bit_length() - 1)
    return lower if reduction * reduction < 2 * lower * lower else 2 * lower


def _crop(feature: Tensor, height: int, width: int) -> Tensor:
    """The top left `height` × `width` pixels."""
    if not torch.compiler.is_compiling():
        return feature[..., :height, :width]
    # A slice of unknown length makes torch.export promise things about it; chosen rows and columns do not.
    rows, columns = (torch.arange(length, device=feature.device) for length in (height, width))
    return feature.index_select(2, rows).index_select(3, columns)


def _family(name: str) -> str:
    module: str = model_entrypoint(name).__module__
    return module.rpartition(".")[2]


def _is_fixed(name: str) -> bool:
    config = timm.get_pretrained_cfg(name)
    return config is not None and bool(config.fixed_input_size)
