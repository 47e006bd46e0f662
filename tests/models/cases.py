"""The networks that the contract is tested on: all that a new model adds is one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch

from pixelwise.models import MODELS, ImageModel


@dataclass(frozen=True)
class Case:
    """A model of the catalog with settings that make it small, and the package it needs beyond our dependencies."""

    model: str
    settings: dict[str, Any]
    needs: str | None = None

    def __str__(self) -> str:
        return self.model

    def build(self, out_channels: int = 5, in_channels: int = 3, seed: int = 0) -> ImageModel:
        if self.needs is not None:
            pytest.importorskip(self.needs)
        torch.manual_seed(seed)
        return MODELS[self.model].build(out_channels=out_channels, in_channels=in_channels, **self.settings)


CASES = [
    Case("bisenet", {"encoder": "test_resnet", "width": 16, "head_width": 16, "auxiliary_width": 16}),
    Case("bisenet_v2", {"width": 8, "head_width": 16, "auxiliary_width": 16}),
    Case("dynamic_unet", {"encoder": "test_resnet"}),
    Case("edsr", {"width": 8, "depth": 2, "scale": 3}),
    Case("edsr", {"width": 8, "depth": 1, "scale": 1}),
    Case("eomt", {"encoder": "test_vit", "queries": 8}),
    Case("fcn", {"encoder": "test_convnext", "width": 16}),
    Case("lite_unet", {"encoder": "test_efficientnet", "widths": (0, 8, 16, 16, 16)}),
    Case("lite_sr", {"width": 8, "depth": 2, "scale": 2}),
    Case("pix2pix_unet", {"width": 4, "depth": 5}),
    Case("resnet_generator", {"width": 4, "depth": 2}),
    Case("resnet_generator", {"width": 4, "depth": 2, "antialias": True}),
    Case("segformer", {"encoder": "test_convnext", "width": 16}),
    Case("smp", {"architecture": "FPN", "encoder": "test_resnet"}, needs="segmentation_models_pytorch"),
    Case("unet", {"width": 4}),
    Case("unet", {"width": 4, "depth": 2, "padding": "valid"}),
    Case("upernet", {"encoder": "test_resnet", "width": 16}),
]
