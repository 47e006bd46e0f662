"""Writing a data set as labelme: the region of each class as a small mask, so that no pixel changes."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.dataset import WHOLE, Dataset
from pixelwise.data.formats._objects import is_background
from pixelwise.data.formats._written import class_indices, written_images
from pixelwise.errors import DataError
from pixelwise.ops.files import write_atomically
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["IGNORED", "write"]

IGNORED = "__ignore__"
_BACKGROUND = "_background_"
_VERSION = "5.5.0"  # of labelme, whose files these are like; masks came with 5.3


def write(dataset: Dataset, folder: Path) -> None:
    """Write a data set into an empty folder: one file beside each image, and labels.txt.

    Raises:
        DataError: If the first class is no background, which labelme cannot express, or a file cannot be read.
        OutputError: If a file cannot be written.
    """
    names = dataset.classes.names
    if not is_background(names[0]):
        raise DataError(
            f"labelme knows shapes before a background; the first of these {len(names)} classes is {names[0]!r}. Take "
            "a format of masks, or coco."
        )
    labels = {i: name for i, name in enumerate(names) if i} | {IGNORE_INDEX: IGNORED}
    for split, pairs in dataset.splits.items():
        for pair, path in written_images(pairs, folder if split == WHOLE else folder / split):
            index = class_indices(pair, dataset.classes)
            document = {
                "version": _VERSION,
                "flags": {},
                "shapes": list(_shapes(index, labels)),
                "imagePath": path.name,
                "imageData": None,
                "imageHeight": index.shape[0],
                "imageWidth": index.shape[1],
            }
            write_atomically(path.with_suffix(".json"), json.dumps(document, ensure_ascii=False, indent=2).encode())
    listed = "\n".join([IGNORED, _BACKGROUND, *names[1:], ""])
    write_atomically(folder / "labels.txt", listed.encode())


def _shapes(index: NDArray[np.uint8], labels: dict[int, str]) -> Iterator[dict[str, Any]]:
    """One mask per class that occurs."""
    for value in np.unique(index).tolist():
        if not value:
            continue
        region = index == value
        rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
        top, bottom, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
        buffer = io.BytesIO()
        Image.fromarray(region[top : bottom + 1, left : right + 1]).save(buffer, format="PNG")
        yield {
            "label": labels[value],
            "points": [[left, top], [right, bottom]],
            "group_id": None,
            "description": "",
            "shape_type": "mask",
            "flags": {},
            "mask": base64.b64encode(buffer.getvalue()).decode("ascii"),
        }
