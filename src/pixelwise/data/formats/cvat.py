"""CVAT for images 1.1: one XML file with the shapes of all images.

    DATA/                        DATA/                            DATA/
    ├── annotations.xml          ├── annotations.xml              ├── train/  annotations.xml, a.jpg …
    └── images/  a.jpg …         └── images/                      └── val/    annotations.xml, b.jpg …
                                     ├── Train/       a.jpg …
                                     └── Validation/  b.jpg …

The second is the export of a project with subsets, of which those called train, val or test are splits. Shapes lie over
each other by their z_order, then in the order of the file. Classes are the labels of the file in their order, with the
colours that they have in CVAT.

https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/, https://docs.cvat.ai/docs/manual/advanced/xml_format/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pixelwise.data.formats._base import SPLIT_WORDS, Format, Found
from pixelwise.data.formats._cvat_file import CvatFile, read_cvat
from pixelwise.data.formats._cvat_write import write
from pixelwise.data.formats._listed_images import (
    annotation_files,
    found_image,
    image_folders,
    left_out_shapes,
    listed_parts,
    refuse_missing,
    what_is_blank,
)
from pixelwise.data.formats._nodes import holds_words, shortened
from pixelwise.data.formats._sketches import Sketched, label_classes, label_values
from pixelwise.errors import DataError

__all__ = ["FORMAT"]

_REASONS = {
    "outline": "fewer than three corners enclose nothing",
    "polyline": "a line encloses nothing",
    "point set": "points cover no pixels",
    "cuboid": "its edges do not say which pixels belong to the object",
    "skeleton": "joints cover no pixels",
    "tag": "it belongs to the image as a whole",
}


def find(root: Path) -> Found | None:
    """Find annotation files of CVAT, and the images that they list."""
    files = annotation_files(root, ".xml", _is_cvat, "CVAT")
    if not files:
        return None
    contents = {split: read_cvat(file) for split, file in files.items()}
    labels = [label for content in contents.values() for label in content.labels]
    first = next(iter(files.values()))
    if not labels:
        raise DataError(f"{first} names no labels, and none of its shapes can be drawn; there are no classes to learn.")
    names = label_classes(labels, first)
    colors = {label: color for content in contents.values() for label, color in content.colors.items()}
    names = replace(names, colors=tuple(map(colors.get, names.names)))
    listed = [
        (split, content.file, image)
        for key, content in contents.items()
        for split, image in _images(root, content, key)
    ]
    parts, decisions = listed_parts(root, listed, label_values(names, labels))
    left_out = sum((content.left_out for content in contents.values()), Counter[str]())
    said = left_out_shapes(left_out, _REASONS, "CVAT has no such shape")
    blank = what_is_blank(image for _, _, image in listed)
    return Found(root, parts, names=names, decisions=(*decisions, *said, *blank))


def _is_cvat(file: Path) -> bool:
    """Whether a file looks like CVAT's inside."""
    return holds_words(file, b"<annotations") and all(
        any(holds_words(file, word) for word in words) for words in ((b"<meta", b"<version"), (b"<image ", b"<track "))
    )


def _images(root: Path, content: CvatFile, split: str) -> Iterator[tuple[str, Sketched]]:
    """The images of a file with their splits.

    Raises:
        DataError: If one is not there, or its name leads out of the folder of the data.
    """
    subsets = {image.subset for image in content.images}
    folders = {subset: image_folders(root, content.file, *filter(None, [subset])) for subset in subsets}
    missing = []
    for image in content.images:
        try:
            path = found_image(root, image.name, folders[image.subset])
        except DataError as error:
            raise image.tag.refused(error) from error
        if path is None:
            missing.append(shortened(image.name))
        else:
            yield SPLIT_WORDS.get(image.subset.lower(), split), Sketched(path, image.size, image.sketches)
    refuse_missing(content.file, missing, len(content.images), image_folders(root, content.file))


FORMAT = Format(find, "annotations.xml (CVAT for images) with images/", rank=-1, write=write)
