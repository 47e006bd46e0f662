"""Scores of predictions, held in the tests to the libraries that the field uses."""

from __future__ import annotations

from pixelwise.metrics.calibration import PixelSample
from pixelwise.metrics.confusion import SegmentationScores, bootstrap_interval, confusion_matrix
from pixelwise.metrics.multilabel import MultilabelScores, multilabel_counts

__all__ = [
    "MultilabelScores",
    "PixelSample",
    "SegmentationScores",
    "bootstrap_interval",
    "confusion_matrix",
    "multilabel_counts",
]
