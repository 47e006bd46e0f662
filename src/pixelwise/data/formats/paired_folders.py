"""One folder of images and one of masks, without folders for splits.

    DATA/
    ├── images/  a.jpg …
    ├── masks/   a.png … or a_mask.png …
    └── valid.txt                            may be missing: the names of the images that are held out, one per line

The words for both are those of `IMAGE_WORDS` and `MASK_WORDS`, in whatever case. Lists of names are
explained in `_lists.py`; fastai's copy of CamVid has one. Splits are written into `dataset.yaml`.
"""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    Format,
    Found,
    best_part,
    paired_part,
    subfolders_called,
)
from pixelwise.data.formats._index_folders import write_parts
from pixelwise.data.formats._lists import split_by_lists

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
    if best is None:
        return None
    splits, decisions = split_by_lists(root, best)
    return Found(root, splits, decisions=decisions)


def write(dataset: Dataset, folder: Path) -> None:
    """Write `images/`, `masks/`, `classes.txt` and `dataset.yaml`."""
    places = dict.fromkeys(dataset.splits, ("images", "masks"))
    with_splits = set(dataset.splits) != {"train"}
    write_parts(dataset, folder, places, format_name="paired_folders", with_splits=with_splits)


FORMAT = Format(find, "images/ with masks/", write=write)
