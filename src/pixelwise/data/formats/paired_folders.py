"""One folder of images and one of masks, without splits.

    DATA/
    ├── images/  a.jpg …
    └── masks/   a.png … or a_mask.png …

The words for both are those of `IMAGE_WORDS` and `MASK_WORDS`, in whatever case.
"""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    Format,
    Found,
    best_part,
    paired_part,
    subfolders_called,
)

__all__ = ["FORMAT"]


def find(root: Path) -> Found | None:
    """Find a folder of images and a folder of masks."""
    parts = [
        part
        for images in subfolders_called(root, IMAGE_WORDS)
        for masks in subfolders_called(root, MASK_WORDS)
        if (part := paired_part(images, masks)) is not None
    ]
    best = best_part(parts)
    return None if best is None else Found(root, {"": best})


FORMAT = Format(find, "images/ with masks/")
