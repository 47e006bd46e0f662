"""From what the data are to how to train on them: every value of a plan has its reason."""

from __future__ import annotations

from pixelwise.planning.plan import Plan, Stage, TrainingSettings, make_plan, readable
from pixelwise.planning.settings import apply_overrides, change_training, parse_duration

__all__ = [
    "Plan",
    "Stage",
    "TrainingSettings",
    "apply_overrides",
    "change_training",
    "make_plan",
    "parse_duration",
    "readable",
]
