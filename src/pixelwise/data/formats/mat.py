"""MATLAB: a label file (.mat, up to version 7) per image, named like it.

    DATA/                     DATA/                          DATA/
    ├── images/  a.jpg …      ├── img/  2008_000002.jpg …    ├── train/  images/ a.jpg …, labels/ a.mat …
    └── labels/  a.mat …      ├── cls/  2008_000002.mat …    └── val/    …
                              └── train.txt, val.txt

The folder of the files may have any name, and may be that of the images. A file holds a matrix with a number per pixel:
the only one, or one that is called labels, mask, groundTruth, LabelMap, S and the like. The second layout is the
Semantic Boundaries Dataset's, whose files hold a structure (GTcls.Segmentation); its `inst` numbers objects and is not
taken. Where its files are named as Pascal VOC's, the classes are VOC's.

Hariharan et al.: "Semantic Contours from Inverse Detectors", ICCV 2011,
http://home.bharathh.info/pubs/codes/SBD/download.html; https://www.mathworks.com/help/matlab/ref/save.html.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    best_part,
    best_parts,
    image_files,
    left_out_splits,
    splits_in,
    subfolders,
    subfolders_called,
)
from pixelwise.data.formats._lists import split_by_lists
from pixelwise.data.formats._mat_file import mat_variable, read_mat
from pixelwise.data.formats._nodes import shortened
from pixelwise.data.formats.voc import VOC_NAMES
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, Pairing, Source, pair_by_name, shown
from pixelwise.ops.image_io import StoredImage
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["FORMAT"]

_ENDING = ".mat"
_STRUCTURE = "GTcls"
_CLASSES, _OBJECTS = "cls", "inst"  # folders of the Semantic Boundaries Dataset
_OWN_NAME = re.compile(r"20\d\d_\d{6}")


class _Matrices(Source):
    """Masks in files of MATLAB.

    Args:
        variable: The variable that holds the labels.
    """

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def stored(self, pair: Pair) -> StoredImage:
        """The mask of an image, `(H, W)` uint8 or uint16."""
        if pair.target is None:
            return super().stored(pair)
        values = read_mat(pair.target, self._variable)
        return StoredImage(values, "L" if values.dtype.itemsize == 1 else "I;16")


def find(root: Path) -> Found | None:
    """Find label files of MATLAB that are named like images."""
    several: dict[str, list[Part]] = {}
    for place, split in splits_in(root):
        several.setdefault(split, []).extend(_parts(place))
    found = best_parts(several) or best_parts(_parts_within(root))
    left_out = left_out_splits(root, found) if found else {}
    decisions: tuple[Decision, ...] = ()
    if not found:
        whole = best_part(_parts(root))
        if whole is None:
            return None
        found, decisions = split_by_lists(root, whole)
    pairs = [pair for part in found.values() for pair in part.pairing.pairs]
    first = next(pair.target for pair in pairs if pair.target is not None)
    variable = mat_variable(first)
    chosen = Decision(
        f"The masks are the variable {shortened(variable)} of the .mat files", f"so in {shown(first, root)}"
    )
    source = _Matrices(variable)
    parts = {split: _read_with(part, source) for split, part in found.items()}
    return Found(root, parts, left_out, _names(variable, pairs), (chosen, *decisions))


def _parts(place: Path) -> list[Part]:
    """The ways in which label files below a folder belong to images below it."""
    images = [place, *subfolders_called(place, (*IMAGE_WORDS, "jpegimages"))]
    labels = [folder for folder in (place, *subfolders(place)) if _label_files(folder)]
    if any(folder.name.lower() == _CLASSES for folder in labels):
        labels = [folder for folder in labels if folder.name.lower() != _OBJECTS]
    return [part for mats in labels for folder in images if (part := _part(folder, mats)) is not None]


def _parts_within(root: Path) -> dict[str, list[Part]]:
    """The splits of a folder of images that has folders for them, as a folder of label files has."""
    found: dict[str, list[Part]] = {}
    for images in subfolders_called(root, IMAGE_WORDS):
        for split in subfolders_called(images, tuple(SPLIT_WORDS)):
            for other in subfolders(root):
                for labels in subfolders_called(other, (split.name.lower(),)):
                    part = _part(split, labels)
                    if part is not None:
                        found.setdefault(SPLIT_WORDS[split.name.lower()], []).append(part)
    return found


def _part(images: Path, labels: Path) -> Part | None:
    """A folder of images and one of label files, if at least one of these is named like an image."""
    files, mats = image_files(images), _label_files(labels)
    if not {file.stem for file in files} & {mat.stem for mat in mats}:
        return None
    return Part(images, labels, pair_by_name(files, mats))


def _label_files(folder: Path) -> list[Path]:
    """The label files of a folder, sorted; hidden ones do not count."""
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if one.name.lower().endswith(_ENDING) and one.is_file()]
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def _read_with(part: Part, source: Source) -> Part:
    """A part whose masks are read by a source."""
    pairing = part.pairing
    pairs = tuple(Pair(pair.image, pair.target, source) for pair in pairing.pairs)
    return replace(part, pairing=Pairing(pairs, pairing.images_alone, pairing.masks_alone))


def _names(variable: str, pairs: Sequence[Pair]) -> ClassNames | None:
    """Pascal VOC's classes where the files evidently are those of the Semantic Boundaries Dataset."""
    if variable != _STRUCTURE or not all(_OWN_NAME.fullmatch(pair.name) for pair in pairs):
        return None
    source = f"Pascal VOC's list; files hold {_STRUCTURE}, and images are named as VOC's"
    return ClassNames(VOC_NAMES, source, tuple(range(len(VOC_NAMES))), (IGNORE_INDEX,))


FORMAT = Format(find, "images/ with labels/ of .mat files (MATLAB)", rank=-1)
