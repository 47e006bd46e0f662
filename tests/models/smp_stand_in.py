"""As much of segmentation_models_pytorch as our adapter touches, for where it is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SegmentationModel(nn.Module):
    """The library's base, by which its networks are told from the rest of its names."""


class _TimmEncoder(nn.Module):
    def __init__(self, name: str, in_channels: int, depth: int) -> None:
        super().__init__()
        stages = tuple(range(depth))
        backbone: Any = timm.create_model(
            name.removeprefix("tu-"), in_chans=in_channels, features_only=True, out_indices=stages, pretrained=False
        )
        self.model = backbone
        self.out_channels = int(backbone.feature_info.channels()[-1])
        self.output_stride = int(backbone.feature_info.reduction()[-1])


class _Decoder(nn.Module):
    """Keeps what it was given, and brings the coarsest features to the size of the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(channels, 4, kernel_size=1)
        self.given: Sequence[Tensor] = ()

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        self.given = features
        return F.interpolate(self.convolve(features[-1]), size=features[0].shape[-2:])


class Unet(SegmentationModel):
    """A network with the arguments, the parts and the carelessness of the library's."""

    def __init__(
        self,
        encoder_name: str = "resnet34",
        encoder_depth: int = 4,
        encoder_weights: str | None = "imagenet",
        decoder_channels: Sequence[int] = (8, 8, 8, 8),
        in_channels: int = 3,
        classes: int = 1,
        activation: str | None = None,
        aux_params: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        if len(decoder_channels) != encoder_depth:
            raise ValueError(f"{encoder_depth} stages, {len(decoder_channels)} widths.\nSecond line.")
        self.arguments = {"encoder_name": encoder_name, "encoder_weights": encoder_weights, **kwargs}
        self.encoder = _TimmEncoder(encoder_name, in_channels, encoder_depth)
        self.decoder: nn.Module = _Decoder(self.encoder.out_channels)
        self.segmentation_head = nn.Conv2d(4, classes, kernel_size=1)


class PAN(Unet):
    """One whose features have to be 8 pixels high and wide."""

    def __init__(self, encoder_name: str = "resnet34", **kwargs: Any) -> None:
        super().__init__(encoder_name, **kwargs)
        self.decoder = nn.Sequential(self.decoder, nn.MaxPool2d(1))

        def refuse_small(_: nn.Module, given: tuple[Sequence[Tensor]]) -> None:
            if min(given[0][-1].shape[-2:]) < 8:
                raise RuntimeError("too small")

        self.decoder.register_forward_pre_hook(refuse_small)


class Halved(Unet):
    """One whose scores are not as large as the image."""

    def __init__(self, encoder_name: str = "resnet34", **kwargs: Any) -> None:
        super().__init__(encoder_name, **kwargs)
        self.decoder = nn.Sequential(self.decoder, nn.AvgPool2d(2))


class DPT(Unet):
    """One that takes no pyramid."""


def stand_in() -> ModuleType:
    """The module, as `import segmentation_models_pytorch` gives it."""
    library: Any = ModuleType("segmentation_models_pytorch")
    library.base = SimpleNamespace(SegmentationModel=SegmentationModel)
    library.losses = SimpleNamespace()
    for architecture in (Unet, PAN, Halved, DPT):
        setattr(library, architecture.__name__, architecture)
    library.Tensor = torch.Tensor  # a class that is no network
    module: ModuleType = library
    return module
