"""What can be said of an encoder without building it, for all of them at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import timm
import torch

from pixelwise.encoders.pyramid import Encoder
from pixelwise.encoders.weights import Weights, published_weights

__all__ = ["EncoderFacts", "list_encoders"]


@dataclass(frozen=True)
class EncoderFacts:
    """What helps to choose an encoder.

    Attributes:
        name: A name of timm's.
        parameters: How many there are, those that make missing strides included.
        strides: Of the features, in pixels of the image.
        fixed_size: Height and width that every image is resized to; None if images keep their size.
        weights: Where pretrained weights come from, and their licence; None if none are published.
    """

    name: str
    parameters: int
    strides: tuple[int, ...]
    fixed_size: tuple[int, int] | None
    weights: Weights | None


def list_encoders(pattern: str = "*") -> list[EncoderFacts]:
    """All encoders whose names fit a pattern such as `convnext*`, by name.

    A table that comes with the package answers at once; what a newer timm has beyond it is built without memory for
    its weights.
    """
    return [_facts(name) for name in timm.list_models(pattern)]


def _facts(name: str) -> EncoderFacts:
    row = _table().get(name)
    if row is None:
        with torch.device("meta"):
            encoder = Encoder(name)
        parameters = sum(parameter.numel() for parameter in encoder.parameters())
        return EncoderFacts(name, parameters, encoder.strides, encoder.fixed_size, published_weights(name))
    size = row["fixed_size"]
    fixed_size = None if size is None else (size[0], size[1])
    return EncoderFacts(name, row["parameters"], tuple(row["strides"]), fixed_size, published_weights(name))


@cache
def _table() -> dict[str, Any]:
    """Written by `benchmarks/encoders.py --table`."""
    text = resources.files("pixelwise.encoders").joinpath("table.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
