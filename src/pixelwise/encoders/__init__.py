"""Any timm backbone as a pyramid of features, and where its pretrained weights come from."""

from __future__ import annotations

from pixelwise.encoders.pyramid import DEFAULT_ENCODER, Encoder
from pixelwise.encoders.weights import Weights, load_pretrained

__all__ = ["DEFAULT_ENCODER", "Encoder", "Weights", "load_pretrained"]
