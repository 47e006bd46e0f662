"""From what the data are to how to train on them: every value of a plan has its reason."""

from __future__ import annotations

from pixelwise.planning.length import duration_text, parse_duration, refuse_two_ends
from pixelwise.planning.network import build_component
from pixelwise.planning.objective import refuse_without_pixel_weights
from pixelwise.planning.overrides import apply_overrides, change_training, differences
from pixelwise.planning.pictures import make_picture_plan
from pixelwise.planning.plan import Plan, Stage, TrainingSettings, make_plan
from pixelwise.planning.progressive import Progressive, parse_progressive, resize_progressively
from pixelwise.planning.recipe import Recipe, read_recipe
from pixelwise.planning.settings import check_picture_request, check_request
from pixelwise.planning.training import refuse_batch, refuse_parts, refuse_uneven_batch
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
    "differences",
    "duration_text",
    "make_picture_plan",
    "make_plan",
    "parse_duration",
    "parse_progressive",
    "read_recipe",
    "readable",
    "refuse_batch",
    "refuse_parts",
    "refuse_two_ends",
    "refuse_uneven_batch",
    "refuse_without_pixel_weights",
    "resize_progressively",
]
