"""What can be said of an encoder without building it, for all of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

import timm
import torch

from pixelwise.encoders.pyramid import Encoder
from pixelwise.encoders.weights import Weights, published_weights
from pixelwise.errors import SettingError

__all__ = ["EncoderFacts", "EncoderName", "encoder_name", "list_encoders"]

EncoderName: TypeAlias = str | Callable[..., object]
"""A name of timm's, or timm's function of that name, as fastai takes it."""


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


def encoder_name(encoder: EncoderName) -> str:
    """Name of an encoder that is given by its name, or by a function that is called the same.

    >>> encoder_name(timm.models.resnet18)
    'resnet18'

    Raises:
        SettingError: If it is neither; whether timm knows a name that is given as text is not looked at.
    """
    if isinstance(encoder, str):
        return encoder
    name = getattr(encoder, "__name__", None)
    if isinstance(name, str) and timm.is_model(name):
        return name
    what = f"an object of the type {type(encoder).__name__}" if name is None else f"the function or class {name}"
    raise SettingError(f"The encoder is {what}, which timm does not know; give a name of timm's, such as 'resnet18'.")


def list_encoders(pattern: str = "*") -> list[EncoderFacts]:
    """All encoders whose names fit a pattern such as `convnext*`, by name.

    A table that comes with the package answers at once; what a newer timm has beyond it is built without memory for
    its weights, and left out where it gives no features that can serve.
    """
    found = (_facts(name) for name in timm.list_models(pattern))
    return [facts for facts in found if facts is not None]


def _facts(name: str) -> EncoderFacts | None:
    row = _table().get(name)
    if row is None:
        try:
            with torch.device("meta"):
                encoder = Encoder(name)
        except SettingError:
            return None
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
