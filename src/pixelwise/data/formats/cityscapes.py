"""Cityscapes: photographs and masks in two trees of the same splits and cities.

    DATA/
    ├── leftImg8bit/  train/aachen/aachen_000000_000019_leftImg8bit.png …   val/ …   test/ …
    └── gtFine/       train/aachen/aachen_000000_000019_gtFine_labelIds.png …
                      or …_gtFine_labelTrainIds.png, the 19 classes that are trained on

Also as the archives unpack (leftImg8bit_trainvaltest/leftImg8bit, gtFine_trainvaltest/gtFine), and with gtCoarse where
there is no gtFine. The masks of test are blank.

Cordts et al.: "The Cityscapes Dataset for Semantic Urban Scene Understanding", CVPR 2016,
https://arxiv.org/abs/1604.01685; the numbers are those of https://github.com/mcordts/cityscapesScripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.formats._base import (
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    best_parts,
    image_files,
    left_out_parts,
    readable_masks,
    splits_in,
    subfolders,
)
from pixelwise.data.formats._index_folders import write_class_files
from pixelwise.data.formats._written import class_indices
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, Pairing, shown
from pixelwise.data.wording import counted
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import StoredImage, write_png
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.spread import evenly

__all__ = ["FORMAT", "TRAIN_NAMES"]

_IDS = (  # 0 to 33; the licence plate is -1, which a file of 8 bits stores as 255
    *("unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground"),
    *("road", "sidewalk", "parking", "rail track", "building", "wall", "fence", "guard rail", "bridge", "tunnel"),
    *("pole", "polegroup", "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person", "rider"),
    *("car", "truck", "bus", "caravan", "trailer", "train", "motorcycle", "bicycle"),
)
_IGNORED = frozenset({*range(7), 9, 10, 14, 15, 16, 18, 29, 30})
TRAIN_NAMES = tuple(name for number, name in enumerate(_IDS) if number not in _IGNORED)

_IMAGES = "leftImg8bit"
_TREES = ("gtFine", "gtCoarse")
_KINDS = ("labelTrainIds", "labelIds")
_UNSPLIT = "_trainvaltest"
_PROBES = 8


def find(root: Path) -> Found | None:
    """Find the tree of photographs and that of masks."""
    images = _tree(root, _IMAGES)
    masks = next((tree for name in _TREES if (tree := _tree(root, name)) is not None), None)
    if images is None or masks is None:
        return None
    frames = {folder: held for folder, _ in splits_in(images) if (held := _by_frame(folder, f"_{_IMAGES}"))}
    kinds = {
        kind: {folder: _by_frame(masks / folder.name, f"_{masks.name}_{kind}") for folder in frames} for kind in _KINDS
    }
    there = [kind for kind in _KINDS if any(kinds[kind].values())]
    if not there:
        return None
    usable: dict[str, list[Part]] = {}
    left_out: dict[str, str] = {}
    for folder, held in frames.items():
        split = SPLIT_WORDS[folder.name.lower()]
        part = _part(held, kinds[there[0]][folder], (folder, masks / folder.name))
        if (reason := _unusable(split, part, there[0])) is None:
            usable.setdefault(split, []).append(part)
        else:
            left_out[shown(folder, root)] = reason
    parts = best_parts(usable)
    left_out |= left_out_parts(root, usable, parts)
    if not parts:
        return None
    return Found(root, parts, left_out, _names(there[0]), tuple(_about_kind(there, masks.name)))


def write(dataset: Dataset, folder: Path) -> None:
    """Write a data set of Cityscapes' 19 classes, with masks of their numbers 0 to 18 (labelTrainIds).

    Images are written as PNG; the city is what stands before the first underscore of a name.

    Raises:
        DataError: If the classes are others, or the images no ordinary pictures.
    """
    if dataset.scaling is not None:
        raise DataError(
            f"The layout of Cityscapes holds photographs of 8 bits as PNG; the images of {dataset.root} have other "
            "bands or more bits. Write them in another format, which copies their files."
        )
    if dataset.classes.names != TRAIN_NAMES:
        raise DataError(
            f"The layout of Cityscapes holds Cityscapes' 19 classes ({some_of(TRAIN_NAMES)}); these data have "
            f"{dataset.classes.num_classes} ({some_of(dataset.classes.names)}). Write them in another format."
        )
    taken: set[str] = set()
    for split, pairs in dataset.splits.items():
        place = split if split in SPLIT_WORDS else "train"
        for pair in pairs:
            frame = _unused(pair.name.removesuffix(f"_{_IMAGES}"), taken)
            city = frame.partition("_")[0] if "_" in frame.strip("_") else "city"
            write_png(folder / _IMAGES / place / city / f"{frame}_{_IMAGES}.png", pair.read_image())
            mask = folder / _TREES[0] / place / city / f"{frame}_{_TREES[0]}_{_KINDS[0]}.png"
            write_png(mask, class_indices(pair, dataset.classes))
    write_class_files(folder, dataset.classes, format_name="cityscapes")


def _tree(root: Path, name: str) -> Path | None:
    """The folder of photographs or of masks, also within that of its archive."""
    places = (root / name, root / f"{name}{_UNSPLIT}" / name)
    return next((place for place in places if place.is_dir()), None)


def _by_frame(folder: Path, ending: str) -> dict[str, Path]:
    """The files of all cities whose names end so, by what stands before it."""
    if not folder.is_dir():
        return {}
    files = [file for city in (folder, *subfolders(folder)) for file in image_files(city)]
    return {file.stem.removesuffix(ending): file for file in files if file.stem.endswith(ending)}


def _part(images: Mapping[str, Path], masks: Mapping[str, Path], folders: tuple[Path, Path]) -> Part:
    """What belongs together in a split."""
    pairing = Pairing(
        tuple(Pair(images[frame], masks[frame]) for frame in sorted(images) if frame in masks),
        tuple(images[frame] for frame in sorted(images) if frame not in masks),
        tuple(masks[frame] for frame in sorted(masks) if frame not in images),
    )
    return Part(*folders, pairing)


def _unusable(split: str, part: Part, kind: str) -> str | None:
    """Why a split cannot be used: it has no masks, or it is test, whose masks are kept secret."""
    pairs, alone = part.pairing.pairs, len(part.pairing.images_alone)
    if not pairs:
        return f"{counted(alone, 'image')}, but no masks called …_{kind}.png"
    looked_at = readable_masks(evenly(pairs, _PROBES)) if split == "test" else []
    if looked_at and all(_is_blank(mask, kind) for mask in looked_at):
        return (
            f"{counted(len(pairs), 'image')}, but its masks are blank, as Cityscapes gives them away "
            f"({len(looked_at)} of {len(pairs)} were looked at)"
        )
    return None


def _is_blank(mask: StoredImage, kind: str) -> bool:
    """Whether all pixels of a mask are ignored."""
    ignored: Iterable[int] = (IGNORE_INDEX,) if kind == _KINDS[0] else (*_IGNORED, IGNORE_INDEX)
    return bool(np.isin(mask.values, list(ignored)).all())


def _names(kind: str) -> ClassNames:
    """The classes of a kind of mask."""
    source = f"the list of Cityscapes' {kind}"
    if kind == _KINDS[0]:
        return ClassNames(TRAIN_NAMES, source, tuple(range(len(TRAIN_NAMES))), (IGNORE_INDEX,))
    ids = tuple(number for number in range(len(_IDS)) if number not in _IGNORED)
    return ClassNames(TRAIN_NAMES, source, ids, (*sorted(_IGNORED), IGNORE_INDEX))


def _about_kind(there: list[str], tree: str) -> list[Decision]:
    """Which masks are read where both kinds are there."""
    if len(there) < 2:
        return []
    what = f"The masks called …_{tree}_{there[0]}.png are read, those called …_{there[1]}.png are not"
    return [Decision(what, "both are there; the first hold the 19 classes that are trained on and scored")]


def _unused(frame: str, taken: set[str]) -> str:
    """A name that no other frame has."""
    name, number = frame, 1
    while name.lower() in taken:
        number += 1
        name = f"{frame}-{number}"
    taken.add(name.lower())
    return name


FORMAT = Format(find, "leftImg8bit/train/CITY/ with gtFine/train/CITY/ (Cityscapes)", rank=-1, write=write)
