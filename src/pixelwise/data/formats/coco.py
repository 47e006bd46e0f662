"""COCO: one JSON file per split with the outlines of all objects.

    DATA/                                     DATA/                                  DATA/
    ├── annotations/                          ├── train/                             ├── annotations/
    │   ├── instances_train2017.json          │   ├── _annotations.coco.json         │   └── instances_default.json
    │   └── instances_val2017.json            │   └── a.jpg …                        └── images/  a.jpg …
    ├── train2017/  a.jpg …                   └── valid/ …
    └── val2017/    b.jpg …

The first is COCO's own, the second Roboflow's, the third CVAT's; the file may also lie beside its images under any
name. Splits are known by the names of the files or of their folders. An image without objects is background.

Common Objects in Context, https://cocodataset.org/#format-data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import (
    MASK_WORDS,
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    image_files,
    split_named,
    subfolders_called,
)
from pixelwise.data.formats._coco_classes import coco_classes, values_of
from pixelwise.data.formats._coco_file import CocoFile, Identity, read_file
from pixelwise.data.formats._coco_images import located_images
from pixelwise.data.formats._coco_write import write
from pixelwise.data.formats._nodes import holds_words
from pixelwise.data.formats._objects import Drawing, Drawings
from pixelwise.data.pairs import Pair, Pairing, shown
from pixelwise.data.shapes import Shape
from pixelwise.data.wording import agree, counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["FORMAT"]

_KEYS = (b'"images"', b'"annotations"', b'"categories"')
_PANOPTIC = b'"segments_info"'
_HINTS = ("coco", "annotation", "instances", "labels", *SPLIT_WORDS)
_MANY = 20  # JSON files in a folder; of more, only those whose names hint at COCO are looked into
_ORDER = ("train", "", "val", "test")


def find(root: Path) -> Found | None:
    """Find annotation files of COCO, and the images that they list."""
    files, decisions = _annotation_files(root)
    if not files:
        return None
    contents = {split: read_file(files[split]) for split in sorted(files, key=_ORDER.index)}
    names, about_classes = coco_classes(list(contents.values()))
    parts = {split: _part(root, content, values_of(content, names)) for split, content in contents.items()}
    left_out = [decision for content in contents.values() for decision in _left_out(content, root)]
    unlisted = _unlisted(list(parts.values()), root)
    return Found(root, parts, names=names, decisions=(*decisions, *about_classes, *left_out, *unlisted))


def _annotation_files(root: Path) -> tuple[dict[str, Path], list[Decision]]:
    """The annotation file of each split.

    Raises:
        DataError: If there are two for one split.
    """
    found: dict[str, list[Path]] = {}
    for file in _candidates(root):
        found.setdefault(split_named(file, root), []).append(file)
    chosen = {}
    for split, files in found.items():
        instances = [file for file in files if "instances" in file.name.lower()] or files
        if len(instances) > 1:
            names = some_of(shown(file, root) for file in instances)
            what = f"the images of {split}" if split else "images"
            raise DataError(
                f"{root} holds {len(instances)} annotation files (COCO) for {what}: {ended(names)} Keep one of them "
                "and move the others elsewhere."
            )
        chosen[split] = instances[0]
    if "" in chosen and "train" in chosen:
        whole = chosen.pop("")
        why = f"it belongs to no split, and {shown(chosen['train'], root)} to train"
        return chosen, [Decision(f"{shown(whole, root)} is left out", why)]
    return chosen, []


def _candidates(root: Path) -> Iterator[Path]:
    """Files that look like COCO's inside."""
    words = (*MASK_WORDS, "json", "coco", "ann")
    splits = subfolders_called(root, tuple(SPLIT_WORDS))
    inner = [folder for place in (root, *splits) for folder in subfolders_called(place, words)]
    deeper = [folder for place in inner for folder in subfolders_called(place, tuple(SPLIT_WORDS))]
    for folder in (root, *splits, *inner, *deeper):
        files = sorted(file for file in folder.glob("*.json") if not file.name.startswith(".") and file.is_file())
        if len(files) > _MANY:
            files = [file for file in files if any(hint in file.name.lower() for hint in _HINTS)][:_MANY]
        for file in files:
            if holds_words(file, *_KEYS) and not holds_words(file, _PANOPTIC):
                yield file


def _part(root: Path, content: CocoFile, values: Mapping[Identity, int]) -> Part:
    """The images of a file with what is to be drawn into their masks.

    Raises:
        DataError: If an image is listed twice or is not there, or names lead out of the folder of the data.
    """
    folder, paths = located_images(root, content)
    shapes: dict[Identity, list[Shape]] = {identity: [] for identity in content.images}
    for annotation in content.annotations:
        value = IGNORE_INDEX if annotation.is_crowd else values[annotation.category]
        shapes[annotation.image].append(annotation.shape(value))
    drawings: dict[Path, Drawing] = {}
    for identity, image in content.images.items():
        path = paths[identity]
        if path in drawings:
            raise image.name.refused(f"the image {path.name} is listed twice. Keep one entry.")
        drawings[path] = Drawing(tuple(shapes[identity]), image.size)
    source = Drawings(drawings)
    return Part(folder, content.file, Pairing(tuple(Pair(path, content.file, source) for path in sorted(drawings))))


def _left_out(content: CocoFile, root: Path) -> Iterator[Decision]:
    """What of a file cannot be drawn."""
    name = shown(content.file, root)
    if content.num_boxes:
        what = f"{counted(content.num_boxes, 'object')} of {name} {agree(content.num_boxes, 'is', 'are')} left out"
        yield Decision(what, "boxes without an outline do not say which pixels belong to them")
    if content.num_foreign:
        what = f"{counted(content.num_foreign, 'object')} of {name} {agree(content.num_foreign, 'is', 'are')} left out"
        yield Decision(what, "they belong to images that the file does not list")
    if content.num_thin:
        what = f"{counted(content.num_thin, 'outline')} of {name} {agree(content.num_thin, 'is', 'are')} left out"
        yield Decision(what, "fewer than three corners enclose nothing")


def _unlisted(parts: Sequence[Part], root: Path) -> list[Decision]:
    """Images beside those that are listed."""
    listed = {pair.image for part in parts for pair in part.pairing.pairs}
    folders = sorted({image.parent for image in listed})
    others = [file for folder in folders for file in image_files(folder) if file not in listed]
    if not others:
        return []
    names = some_of(shown(file, root) for file in others)
    what = f"{counted(len(others), 'image')} {agree(len(others), 'is', 'are')} left out: {names}"
    return [Decision(what, "no annotation file lists them; one without objects is listed without annotations")]


FORMAT = Format(find, "annotations/instances_train.json (COCO) with train/", rank=-1, write=write)
