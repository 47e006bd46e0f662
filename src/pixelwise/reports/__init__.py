"""Scores, pictures and the report of a trained model."""

from __future__ import annotations

from pixelwise.reports.evaluate import Evaluation, evaluate, pick_examples
from pixelwise.reports.examples import Example

__all__ = ["Evaluation", "Example", "evaluate", "pick_examples"]
