"""The networks that the contract is tested on: all that a new model adds is one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from pixelwise.models import MODELS, ImageModel


@dataclass(frozen=True)
class Case:
    """A model of the catalog with settings that make it small."""

    model: str
    settings: dict[str, Any]

    def __str__(self) -> str:
        return self.model

    def build(self, out_channels: int = 5, in_channels: int = 3, seed: int = 0) -> ImageModel:
        torch.manual_seed(seed)
        return MODELS[self.model].build(out_channels=out_channels, in_channels=in_channels, **self.settings)


CASES = [
    Case("dynamic_unet", {"encoder": "test_resnet"}),
    Case("fcn", {"encoder": "test_convnext", "width": 16}),
    Case("lite_unet", {"encoder": "test_efficientnet", "widths": (0, 8, 16, 16, 16)}),
]
