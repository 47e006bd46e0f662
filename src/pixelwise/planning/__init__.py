"""From what the data are to how to train on them: every value of a plan has its reason."""

from __future__ import annotations

from pixelwise.planning.plan import Plan, Stage, TrainingSettings, make_plan
from pixelwise.planning.settings import apply_overrides, parse_duration, readable

__all__ = ["Plan", "Stage", "TrainingSettings", "apply_overrides", "make_plan", "parse_duration", "readable"]
