"""How a segmentation target marks the pixels that have no class."""

from __future__ import annotations

__all__ = ["IGNORE_INDEX"]

IGNORE_INDEX = 255  # Pascal VOC's "void": never trained on, never scored
