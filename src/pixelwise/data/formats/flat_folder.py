"""Images and masks side by side in one folder.

DATA/
├── a.jpg
├── a_mask.png     or a-mask, a_label, a_seg, a_gt, a_L, a_P, …
└── b.jpg …        or, without such a word, a.jpg as the image and a.png as its mask
"""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.formats._base import Format, Found, Part, image_files
from pixelwise.data.pairs import pair_by_suffix

__all__ = ["FORMAT"]


def find(root: Path) -> Found | None:
    """Find images and masks in the folder itself."""
    pairing = pair_by_suffix(image_files(root))
    return Found(root, {"": Part(root, root, pairing)}) if pairing.pairs else None


FORMAT = Format(find, "a.jpg with a_mask.png in one folder", rank=1)
