"""YOLO segmentation: data.yaml, and one text file per image with the outlines of its objects.

    DATA/                             DATA/
    ├── data.yaml                     ├── data.yaml
    ├── images/train/  a.jpg …        ├── train/images/  a.jpg …
    ├── labels/train/  a.txt …        ├── train/labels/  a.txt …
    ├── images/val/    …              └── valid/         …
    └── labels/val/    …

data.yaml names the classes, and the images of each split: a folder, several, or a text file that lists them. The labels
lie where `images` in the path is replaced by `labels`, or else beside the images. Each line is a class (from 0) and the
x and y of the corners in shares of width and height. An empty or missing file is background.

Ultralytics, https://docs.ultralytics.com/datasets/segment/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import SPLIT_WORDS, Format, Found, Part, subfolders, subfolders_called
from pixelwise.data.formats._nodes import Node, holds_words, read_yaml, shortened
from pixelwise.data.formats._objects import is_background, object_classes
from pixelwise.data.formats._paths import is_file
from pixelwise.data.formats._yolo_images import found_inside, label_file, split_images
from pixelwise.data.formats._yolo_labels import YoloMasks
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, Pairing
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of

__all__ = ["FORMAT"]

_SPLITS = ("train", "val", "test")
_NOT_LABELS = ("classes.txt", "labels.txt", "notes.txt", "readme.txt", "train.txt", "val.txt", "test.txt")


def find(root: Path) -> Found | None:
    """Find a description of YOLO, and the images and labels that it leads to."""
    file = _description(root)
    if file is None or not _has_labels(root):
        return None
    document = read_yaml(file)
    if not isinstance(document.value, dict) or document.get("names") is None:
        return None
    base, decisions = _base(root, document)
    named = {split: node for split in _SPLITS if (node := document.get(split)) is not None}
    images = {split: split_images(root, base, node) for split, node in named.items()}
    if not any(images.values()):
        said = some_of(f"{split}: {shortened(node.value)}" for split, node in named.items())
        raise DataError(
            f"{ended(f'{file} names images that are not there ({said})')} They are looked for in {base}; correct the "
            "paths, or put the images there."
        )
    if document.get("kpt_shape") is not None:
        raise DataError(f"{file} describes poses (kpt_shape), not outlines. Export the data for segmentation.")
    names, values = _classes(document)
    source = YoloMasks(values)
    parts = {split: _part(root, files, source) for split, files in images.items() if files}
    parts = _with_labels_alone(parts)
    empty = [Decision(f"{split} is left out", f"{file.name} names it, but its images are not there")
             for split, files in images.items() if not files]  # fmt: skip
    return Found(root, parts, names=names, decisions=(*decisions, *empty, *_without_labels(parts)))


def _description(root: Path) -> Path | None:
    """The file that describes the data.

    Raises:
        DataError: If there are two.
    """
    found = [
        file
        for ending in ("yaml", "yml")
        for file in sorted(root.glob(f"*.{ending}"))
        if not file.name.startswith(".") and holds_words(file, b"names") and holds_words(file, b"train")
    ]
    preferred = [file for file in found if file.stem.lower() in ("data", "dataset")] or found
    if len(preferred) > 1:
        names = some_of(file.name for file in preferred)
        raise DataError(f"{root} holds {len(preferred)} files that could describe the data (YOLO): {names}. Keep one.")
    return preferred[0] if preferred else None


def _has_labels(root: Path) -> bool:
    """Whether there are text files where labels usually lie."""
    places = [root, *subfolders(root)]
    labels = [folder for place in places for folder in subfolders_called(place, ("labels",))]
    beside = subfolders_called(root, tuple(SPLIT_WORDS))
    return any(next(folder.rglob("*.txt"), None) for folder in labels) or any(map(_label_files, beside))


def _label_files(folder: Path) -> list[Path]:
    """The files of labels in a folder."""
    return sorted(
        file for file in folder.glob("*.txt") if not file.name.startswith(".") and file.name.lower() not in _NOT_LABELS
    )


def _base(root: Path, document: Node) -> tuple[Path, list[Decision]]:
    """The folder that the paths of a description start from."""
    node = document.get("path")
    if node is None:
        return root, []
    path = found_inside(root, root, node.text())
    if path is not None and path.is_dir():
        return path, []
    what = f"The paths in {document.file.name} are taken to start from its own folder"
    return root, [Decision(what, f"{shortened(node.value)}, where they should start from, is not in {root}")]


def _classes(document: Node) -> tuple[ClassNames, dict[int, int]]:
    """The names of the classes, and the number in a mask of each class in the files.

    Raises:
        DataError: If there are none, too many, or one is no text.
    """
    node = document["names"]
    if isinstance(node.value, dict):
        named = {key.whole(): name for key, name in node.entries()}
    else:
        named = dict(enumerate(node.items()))
    texts = {number: _name(named[number]) for number in sorted(named)}
    names = object_classes(list(texts.values()), document.file)
    numbers = {name: number for number, name in enumerate(names.names)}
    return names, {number: 0 if is_background(text) else numbers[text] for number, text in texts.items()}


def _name(node: Node) -> str:
    """The name of a class; YAML reads `3` as a number and `no` as false."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return str(node.whole())
    if not isinstance(node.value, str):
        raise node.wrong("a name (in quotes, where YAML takes it for something else)")
    return node.text().strip()


def _part(root: Path, images: Sequence[Path], source: YoloMasks) -> Part:
    """The images of a split with their labels."""
    pairs = tuple(Pair(image, label_file(root, image), source) for image in sorted(images))
    return Part(pairs[0].image.parent, label_file(root, pairs[0].image).parent, Pairing(pairs))


def _with_labels_alone(parts: Mapping[str, Part]) -> dict[str, Part]:
    """The parts with files of labels that have no image; splits may share a folder of labels."""
    taken = {pair.target for part in parts.values() for pair in part.pairing.pairs}
    found: dict[str, Part] = {}
    for split, part in parts.items():
        folders = sorted({pair.target.parent for pair in part.pairing.pairs if pair.target is not None})
        files = [file for folder in folders if folder.is_dir() for file in _label_files(folder)]
        alone = tuple(file for file in files if file not in taken)
        taken |= set(alone)
        found[split] = replace(part, pairing=Pairing(part.pairing.pairs, masks_alone=alone))
    return found


def _without_labels(parts: Mapping[str, Part]) -> Iterator[Decision]:
    """That images without a file of labels are background."""
    for split, part in parts.items():
        missing = [pair.image.name for pair in part.pairing.pairs if pair.target and not is_file(pair.target)]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            what = f"{counted(len(missing), 'image')} of {split} {verb} background: {some_of(missing)}"
            yield Decision(what, "without a file of labels there is no object, as YOLO has it")


FORMAT = Format(find, "data.yaml (YOLO) with images/train/ and labels/train/", rank=-1)
