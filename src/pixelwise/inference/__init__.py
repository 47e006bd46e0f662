"""Using a trained model: images of any size in, predictions out."""

from __future__ import annotations

from pixelwise.inference.predictor import Picture, Prediction, Predictor, load
from pixelwise.inference.tta import TTA

__all__ = ["TTA", "Picture", "Prediction", "Predictor", "load"]
