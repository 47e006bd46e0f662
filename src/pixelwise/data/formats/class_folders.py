"""Masks in a folder per class, each of which shows one class: pixels may belong to several classes.

    DATA/                              DATA/                       DATA/
    ├── images/  a.png …               ├── train/                  ├── images/  train/ a.png …
    └── masks/                         │   ├── images/  a.png …    └── masks/   train/
        ├── nucleus/  a.png …          │   └── masks/                  ├── nucleus/  a.png …
        └── vessel/   a.png …          │       ├── nucleus/  …         └── vessel/   …
                                       └── val/  …

The words for images, masks and splits are the usual ones. Folders that are called like splits are no classes. A mask is
named like its image, or adds something to the name (`a_nucleus.png`). Whether the classes overlap, and what a mask that
is not there means, is found out when all of them have been read (`data/planes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pixelwise.data.formats._base import IMAGE_WORDS, SPLIT_WORDS, Format, Found, image_files, subfolders
from pixelwise.data.formats._class_files import Planes, find_planes, image_of, refuse_twice

__all__ = ["FORMAT"]


def find(root: Path) -> Found | None:
    """Find a folder of masks for each class."""
    return find_planes(root, _match, "the folders of masks")


def _match(place: Path, images: Sequence[Path], masks: Path) -> Planes | None:
    """The masks in the folders of a folder, if at least two of these hold some."""
    folders = [folder for folder in subfolders(masks) if folder.name.lower() not in (*SPLIT_WORDS, *IMAGE_WORDS)]
    by_stem = {image.stem: image for image in images}
    several: dict[Path, dict[str, list[Path]]] = {}
    alone: list[Path] = []
    for folder in folders:
        for file in image_files(folder):
            known = image_of(file.stem, by_stem)
            if known is None:
                alone.append(file)
            else:
                several.setdefault(known[0], {}).setdefault(folder.name, []).append(file)
    if len({name for by_class in several.values() for name in by_class}) < 2:
        return None
    for image, by_class in several.items():
        for name, files in by_class.items():
            refuse_twice(image, name, files)
    return Planes(
        images=place,
        masks=masks,
        files={image: {name: files[0] for name, files in by_class.items()} for image, by_class in several.items()},
        targets={image: masks / "*" / f"{image.stem}.*" for image in several},
        images_alone=tuple(image for image in images if image not in several),
        masks_alone=tuple(alone),
    )


FORMAT = Format(find, "images/ with masks/CLASS/, a folder per class", rank=5)
