"""The networks: the model called `x` is the file `x.py`, which ends in `MODEL = ModelCard(...)`."""

from __future__ import annotations

from pixelwise.catalog import Catalog
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.models._measured import Measured, measured, measured_how
from pixelwise.models._queries import QueryModel, QueryScores

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_MODELS",
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
DEFAULT_MODELS = {
    "segmentation": DEFAULT_MODEL,
    "super_resolution": "lite_sr",
    "restoration": "lite_sr",
    "paired_translation": "pix2pix_unet",
    "unpaired_translation": "resnet_generator",
}

MODELS: Catalog[ModelCard] = Catalog(__name__, "model")
