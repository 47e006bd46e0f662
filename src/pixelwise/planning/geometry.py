"""At which scale images are learnt from, and how large the views of them are."""

from __future__ import annotations

import math

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.working_size import (
    LONGEST,
    RESOLVED,
    SMALLEST_SCALE,
    is_tiny,
    median_size,
    smallest_objects,
    working_scale,
)
from pixelwise.planning.training import Stage

__all__ = ["SIDE_MULTIPLE", "SMALLEST_SIDE", "decide_geometry"]

SMALLEST_SIDE = 64  # of a view: at a thirty-second of it, batch norm still has more than one value
SIDE_MULTIPLE = 32  # views whose sides every usual encoder divides without a rest


def decide_geometry(dataset: Dataset, decisions: list[Decision]) -> tuple[float, tuple[Stage, ...]]:
    """The working scale of the images, and the sizes of the views; what is decided is added to `decisions`.

    Objects below two cells of the features at stride 4 cannot be told apart on these: a pattern needs two samples.
    Images of such objects are not reduced as far as others, and views are cut out of them at a larger scale instead.
    """
    height, width = median_size(dataset)
    scale = working_scale(dataset)
    smallest = smallest_objects(dataset)
    tiny = smallest if smallest is not None and is_tiny(dataset) else None
    size = f"the median is {height} × {width}, longer than {LONGEST}"
    if scale < 1:
        why = size if tiny is None else f"{size}, but {_about(tiny)}"
        decisions.append(Decision(f"images at {scale:g} of their size", why))
    elif tiny is not None and max(height, width) > LONGEST:
        decisions.append(Decision("images at their full size", f"{size}, but {_about(tiny)}"))
    scaled = (round(height * scale), round(width * scale))
    reduced = min(1.0, LONGEST / max(scaled))  # a view is no larger than those of other images
    low = SMALLEST_SCALE if tiny is None else min(1.0, max(SMALLEST_SCALE, round(RESOLVED / (tiny[1] * scale), 3)))
    stage = Stage(
        until=1.0, height=_view(scaled[0] * reduced), width=_view(scaled[1] * reduced), min_scale=low, max_scale=1.0
    )
    if tiny is None:
        why = f"images are {scaled[0]} × {scaled[1]}: at the smaller scale a view holds a whole image"
    else:
        why = f"images are {scaled[0]} × {scaled[1]}, and a view holds a part of one: {_about(tiny)}"
    at = f"{low:g} to 1" if low < 1 else "1"
    decisions.append(Decision(f"views of {stage.height} × {stage.width} at {at} of the image's scale", why))
    return scale, (stage,)


def _about(tiny: tuple[str, float]) -> str:
    """Why images of tiny objects are kept large."""
    name, size = tiny
    return f"'{name}' is typically {size:.0f} pixels large in them, and below {RESOLVED:g} it is hardly seen"


def _view(side: float) -> int:
    """At least half of a side, as a multiple of 32."""
    return max(SMALLEST_SIDE, SIDE_MULTIPLE * math.ceil(round(side) * 0.5 / SIDE_MULTIPLE))
