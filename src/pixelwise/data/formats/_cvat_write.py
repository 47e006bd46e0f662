"""Writing a data set as CVAT for images 1.1: the region of each class as a mask, so that no pixel changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import WHOLE, Dataset
from pixelwise.data.formats._objects import is_background
from pixelwise.data.formats._written import class_indices, regions, written_images
from pixelwise.data.run_length import run_counts
from pixelwise.errors import DataError
from pixelwise.ops.color_codes import hex_of
from pixelwise.ops.files import write_atomically
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["write"]

_IGNORED = ("void", "ignore", "ignored", "unlabelled")  # the first that is no class
_SUBSETS = {"train": "Train", "val": "Validation", "test": "Test"}  # as CVAT itself calls them


def write(dataset: Dataset, folder: Path) -> None:
    """Write a data set into an empty folder: annotations.xml and the images; splits become subsets.

    Raises:
        DataError: If the first class is no background, which CVAT cannot express, or a file cannot be read.
        OutputError: If a file cannot be written.
    """
    names = dataset.classes.names
    if not is_background(names[0]):
        raise DataError(
            f"CVAT knows shapes before a background; the first of these {len(names)} classes is {names[0]!r}. Take a "
            "format of masks, or coco."
        )
    ignored = next((name for name in _IGNORED if name not in names), _IGNORED[0])
    labels = {i: name for i, name in enumerate(names) if i} | {IGNORE_INDEX: ignored}
    document = ElementTree.Element("annotations")
    ElementTree.SubElement(document, "version").text = "1.1"
    _add_labels(document, dataset.classes, labels)
    number = 0
    for split, pairs in dataset.splits.items():
        subset = "" if split == WHOLE else _SUBSETS.get(split, split)
        for pair, path in written_images(pairs, folder / "images" / subset):
            index = class_indices(pair, dataset.classes)
            attributes = {
                "id": str(number),
                "name": path.name,
                **({"subset": subset} if subset else {}),
                "width": str(index.shape[1]),
                "height": str(index.shape[0]),
            }
            image = ElementTree.SubElement(document, "image", attributes)
            image.extend(_masks(index, labels))
            number += 1
    ElementTree.indent(document)
    content: bytes = ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)
    write_atomically(folder / "annotations.xml", content)


def _add_labels(document: ElementTree.Element, classes: Classes, labels: Mapping[int, str]) -> None:
    """The head of a file, which names the labels with their colours."""
    task = ElementTree.SubElement(ElementTree.SubElement(document, "meta"), "task")
    listed = ElementTree.SubElement(task, "labels")
    for index, name in labels.items():
        red, green, blue = (128, 128, 128) if index == IGNORE_INDEX else classes.colors[index]
        label = ElementTree.SubElement(listed, "label")
        ElementTree.SubElement(label, "name").text = name
        ElementTree.SubElement(label, "color").text = hex_of(red << 16 | green << 8 | blue)
        ElementTree.SubElement(label, "type").text = "any"
        ElementTree.SubElement(label, "attributes")


def _masks(index: NDArray[np.uint8], labels: Mapping[int, str]) -> Iterator[ElementTree.Element]:
    """One mask per class that occurs."""
    for region in regions(index):
        top, left = region.top, region.left
        inner = region.pixels[top : top + region.height, left : left + region.width]
        yield ElementTree.Element(
            "mask",
            {
                "label": labels[region.value],
                "source": "manual",
                "occluded": "0",
                "rle": ", ".join(map(str, run_counts(inner.T).tolist())),
                "left": str(left),
                "top": str(top),
                "width": str(region.width),
                "height": str(region.height),
                "z_order": "0",
            },
        )
