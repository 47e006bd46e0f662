"""How large the views are that trainings on pictures see."""

from __future__ import annotations

__all__ = ["USUAL_SIDES", "view_side"]

USUAL_SIDES = {"super_resolution": 96, "restoration": 96, "paired_translation": 256, "unpaired_translation": 256}
"""Pixels of a target, by task: as in EDSR, pix2pix and CycleGAN."""

_LEAST_SIDE = 8


def view_side(task: str, smallest_side: int, scale: int) -> int:
    """Pixels of a side of a view of the images: as usual, or as the smallest target allows.

    Args:
        task: Its name.
        smallest_side: Pixels of the shortest side of any target.
        scale: Pixels of a target per pixel of its image, along a side.
    """
    return max(_LEAST_SIDE, min(USUAL_SIDES[task], smallest_side // 2 * 2) // scale)
