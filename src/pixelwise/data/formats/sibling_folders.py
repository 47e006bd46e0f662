"""Any two folders whose files have the same names: the last resort.

    DATA/
    ├── CamVid_RGB/     a.png …
    └── GTofCamVid/     a.png … or a_L.png …

Which of the two holds the masks is told by the files: masks hold few values, images many.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np

from pixelwise.data.formats._base import (
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    best_part,
    image_files,
    paired_part,
    subfolders,
)
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_head, read_stored

__all__ = ["FORMAT"]

_SAME_NAMES = 0.9  # share of the files that must have a partner
_FEW_VALUES = 64
_RICHER = 4  # an image holds at least so many times the values of a mask
_PROBES = 3
_DEEP_MASK = (1, "uint16")
_COUNTLESS = 1 << 24
_MOST_FOLDERS = 12  # more are a collection, such as one folder per class


def find(root: Path) -> Found | None:
    """Find two folders with the same names of files, of which one holds masks."""
    folders = [folder for folder in subfolders(root) if folder.name.lower() not in SPLIT_WORDS and image_files(folder)]
    if len(folders) > _MOST_FOLDERS:
        return None
    richness = {folder: _num_values(folder) for folder in folders}
    parts = [
        part
        for images, masks in permutations(folders, 2)
        if 0 < richness[masks] <= _FEW_VALUES and richness[images] >= _RICHER * richness[masks]
        if (part := _part(images, masks)) is not None
    ]
    best = best_part(parts)
    return None if best is None else Found(root, {"": best})


def _part(images: Path, masks: Path) -> Part | None:
    """Two folders, if nearly all of their files belong together."""
    try:
        part = paired_part(images, masks)
    except DataError:  # two files of one name: these folders are not a data set of this kind
        return None
    if part is None or not part.pairing.pairs:
        return None
    total = len(part.pairing.pairs) + max(len(part.pairing.images_alone), len(part.pairing.masks_alone))
    return part if len(part.pairing.pairs) >= _SAME_NAMES * total else None


def _num_values(folder: Path) -> int:
    """The most values, or colours, that one of the first files holds; 0 where none can be read."""
    return max(map(_num_values_of, image_files(folder)[:_PROBES]))


def _num_values_of(file: Path) -> int:
    """How many values, or colours, a file holds; 0 where it cannot be read, very many where it can be no mask."""
    try:
        head = image_head(file)
        if not head.is_plain and (head.bands, head.dtype) != _DEEP_MASK:
            return _COUNTLESS
        values = read_stored(file).values
    except DataError:
        return 0
    if values.ndim == 3:
        values = values.astype(np.int64) @ (256 ** np.arange(values.shape[2]))
    return len(np.unique(values))


FORMAT = Format(find, "any two folders with the same names of files", rank=2)
