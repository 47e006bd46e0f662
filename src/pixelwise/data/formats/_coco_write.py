"""Writing a data set as COCO: the region of each class as a run-length code, so that no pixel changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.dataset import WHOLE, Dataset
from pixelwise.data.formats._objects import BACKGROUND, is_background
from pixelwise.data.formats._written import class_indices, regions, written_images
from pixelwise.data.run_length import packed_counts, run_counts
from pixelwise.ops.files import write_atomically
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["write"]


def write(dataset: Dataset, folder: Path) -> None:
    """Write a data set into an empty folder: images per split, and one annotation file for each.

    Each class of an image is one annotation; ignored pixels are one of a crowd. The first class is what no annotation
    covers; where it is not called background, a category with the supercategory background keeps its name.

    Raises:
        DataError: If a file cannot be read.
        OutputError: If one cannot be written.
    """
    for split, pairs in dataset.splits.items():
        is_whole = split == WHOLE
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for pair, path in written_images(pairs, folder / ("images" if is_whole else split)):
            index = class_indices(pair, dataset.classes)
            number = len(images) + 1
            images.append(
                {"id": number, "file_name": path.name, "height": index.shape[0], "width": index.shape[1], "license": 0}
            )
            for annotation in _annotations(index):
                annotations.append({"id": len(annotations) + 1, "image_id": number, **annotation})
        document = {
            "info": {"description": "Each class of an image is one annotation; a crowd is ignored."},
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": _categories(dataset.classes.names),
        }
        name = f"instances_{'default' if is_whole else split}.json"
        write_atomically(folder / "annotations" / name, json.dumps(document, ensure_ascii=False).encode())


def _categories(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The classes but for the background, unless that has a name of its own."""
    first = [] if is_background(names[0]) else [{"id": 0, "name": names[0], "supercategory": BACKGROUND}]
    return first + [{"id": i, "name": name, "supercategory": "object"} for i, name in enumerate(names) if i]


def _annotations(index: NDArray[np.uint8]) -> Iterator[dict[str, Any]]:
    """One annotation per class of a mask of class indices."""
    for region in regions(index):
        is_crowd = region.value == IGNORE_INDEX
        yield {
            "category_id": 1 if is_crowd else region.value,
            "iscrowd": int(is_crowd),
            "area": int(np.count_nonzero(region.pixels)),
            "bbox": [region.left, region.top, region.width, region.height],
            "segmentation": {"size": list(index.shape), "counts": packed_counts(run_counts(region.pixels))},
        }
