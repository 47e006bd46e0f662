"""Progressive resizing: a training begins with small views, which are fast, and ends with those that were planned.

J. Howard, fast.ai's entry to DAWNBench, 2018 (https://www.fast.ai/posts/2018-04-30-dawnbench-fastai.html); studied by
Tan and Le 2021, https://arxiv.org/abs/2104.00298. Here a view shows as much of an image as before, at fewer pixels.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from pixelwise.errors import SettingError
from pixelwise.planning.geometry import SIDE_MULTIPLE, SMALLEST_SIDE
from pixelwise.planning.plan import Plan, Stage

__all__ = ["DEFAULT_FACTOR", "DEFAULT_SHARE", "Progressive", "parse_progressive", "resize_progressively"]

DEFAULT_FACTOR = 0.5
DEFAULT_SHARE = 0.6


@dataclass(frozen=True)
class Progressive:
    """How a training begins.

    Attributes:
        factor: Sides of the first views as a share of those that were planned, in (0, 1).
        share: Part of the training, or of its budget, that sees them, in (0, 1).

    Raises:
        SettingError: If a number is out of range.
    """

    factor: float = DEFAULT_FACTOR
    share: float = DEFAULT_SHARE

    def __post_init__(self) -> None:
        for what, value in (("the factor of the sides", self.factor), ("the share of the training", self.share)):
            if not 0 < value < 1:
                raise SettingError(
                    f"Progressive resizing takes numbers above 0 and below 1, but {what} is {value:g}. "
                    f"Write it as {DEFAULT_FACTOR:g}:{DEFAULT_SHARE:g}: half the size for the first 60 %."
                )

    def __str__(self) -> str:
        return f"{self.factor:g}:{self.share:g}"


def parse_progressive(text: str) -> Progressive:
    """Read `FACTOR:SHARE`, or `FACTOR` alone for the usual share.

    >>> parse_progressive("0.5:0.6")
    Progressive(factor=0.5, share=0.6)

    Raises:
        SettingError: If the text is neither, or a number is out of range.
    """
    number = r"(\d*\.?\d+)"
    match = re.fullmatch(rf"{number}(?::{number})?", text.strip())
    if match is None:
        raise SettingError(
            f"Progressive resizing cannot be read from '{text}'. Write the factor of the sides and the share of the "
            f"training, such as {DEFAULT_FACTOR:g}:{DEFAULT_SHARE:g}: half the size for the first 60 %."
        )
    factor, share = match.groups()
    return Progressive(float(factor), DEFAULT_SHARE if share is None else float(share))


def resize_progressively(plan: Plan, progressive: Progressive, asked: str = "asked for") -> Plan:
    """A copy of `plan` that begins with smaller views; stated among its decisions.

    Sides are multiples of 32 pixels, at least 64; the scales are `factor` times the planned ones. A factor by which the
    longer side would come below 64 pixels is raised until it comes to 64. A plan that resizes progressively already is
    changed to the new numbers.

    Args:
        plan: One stage of views is planned in it.
        progressive: How much smaller, and for how long.
        asked: The reason that the decision gives.

    Raises:
        SettingError: If several stages are planned, the views are as small as can be learnt from, or they would stay
            as they are.
    """
    training = plan.training
    earlier = _told(training.stages[0])
    decisions = [decision for decision in plan.decisions if decision[0] != earlier]
    is_again = len(decisions) < len(plan.decisions)
    if len(training.stages) > 1 and not is_again:
        raise SettingError(
            f"Progressive resizing makes stages of the planned views, but training.stages has {len(training.stages)} "
            f"already. Give either."
        )
    last = training.stages[-1]
    factor = _factor(last, progressive)
    first = _smaller(last, factor, progressive.share)
    why = f"{asked}: progressive resizing, small views are fast; then as planned"
    if factor > progressive.factor:
        why += f"; by {factor:.2g} instead of {progressive.factor:g}, since views are at least {SMALLEST_SIDE} pixels"
    told = (_told(first), why)
    stages = (first, last)
    return plan.model_copy(
        update={"training": training.model_copy(update={"stages": stages}), "decisions": (*decisions, told)}
    )


def _factor(stage: Stage, progressive: Progressive) -> float:
    """The factor that was asked for, or the smallest that leaves the longer side long enough."""
    longer = max(stage.height, stage.width)
    if longer <= SMALLEST_SIDE:
        raise SettingError(
            f"The planned views are {_size(stage)}, and those of progressive resizing would be smaller than "
            f"{SMALLEST_SIDE} pixels, too small to learn from. Leave it out."
        )
    return max(progressive.factor, SMALLEST_SIDE / longer)


def _smaller(stage: Stage, factor: float, share: float) -> Stage:
    """The stage with smaller views, which hold as much of an image."""
    height, width = (
        min(side, max(SMALLEST_SIDE, SIDE_MULTIPLE * math.ceil(round(side * factor, 6) / SIDE_MULTIPLE)))
        for side in (stage.height, stage.width)
    )
    if (height, width) == (stage.height, stage.width):
        raise SettingError(
            f"Progressive resizing by {factor:g} leaves views of {_size(stage)} as they are, since sides are multiples "
            f"of {SIDE_MULTIPLE}. Give a smaller factor."
        )
    scales = {"min_scale": round(stage.min_scale * factor, 4), "max_scale": round(stage.max_scale * factor, 4)}
    return Stage(until=share, height=height, width=width, **scales)


def _told(stage: Stage) -> str:
    """The first stage in words."""
    return (
        f"views of {_size(stage)} at {stage.min_scale:g} to {stage.max_scale:g} of the image's scale "
        f"for the first {100 * stage.until:g} % of the training"
    )


def _size(stage: Stage) -> str:
    """Such as `64 × 96`."""
    return f"{stage.height} × {stage.width}"
