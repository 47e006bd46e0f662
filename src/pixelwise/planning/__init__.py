"""From what the data are to how to train on them: every value of a plan has its reason."""

from __future__ import annotations

from pixelwise.planning.network import build_component
from pixelwise.planning.overrides import apply_overrides, change_training
from pixelwise.planning.pictures import make_picture_plan
from pixelwise.planning.plan import Plan, Stage, TrainingSettings, make_plan, refuse_two_ends
from pixelwise.planning.progressive import Progressive, parse_progressive, resize_progressively
from pixelwise.planning.recipe import Recipe, read_recipe
from pixelwise.planning.settings import check_picture_request, check_request, duration_text, parse_duration
from pixelwise.planning.wording import readable

__all__ = [
    "Plan",
    "Progressive",
    "Recipe",
    "Stage",
    "TrainingSettings",
    "apply_overrides",
    "build_component",
    "change_training",
    "check_picture_request",
    "check_request",
    "duration_text",
    "make_picture_plan",
    "make_plan",
    "parse_duration",
    "parse_progressive",
    "read_recipe",
    "readable",
    "refuse_two_ends",
    "resize_progressively",
]
