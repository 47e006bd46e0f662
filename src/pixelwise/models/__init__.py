"""The networks: the model called `x` is the file `x.py`, which ends in `MODEL = ModelCard(...)`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.models._measured import Measured, measured, measured_how
from pixelwise.models._queries import QueryModel, QueryScores

__all__ = [
    "DEFAULT_MODEL",
    "MODELS",
    "ImageModel",
    "Measured",
    "ModelCard",
    "QueryModel",
    "QueryScores",
    "measured",
    "measured_how",
]

DEFAULT_MODEL = "lite_unet"

MODELS: Catalog[ModelCard] = Catalog(__name__, "model")
