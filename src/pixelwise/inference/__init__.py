"""Using a trained model: images of any size in, predictions out."""

from __future__ import annotations

from pixelwise.inference.predictor import Prediction, Predictor, load

__all__ = ["Prediction", "Predictor", "load"]
