"""Pascal VOC: photographs, masks with VOC's palette, and lists of names per split.

    DATA/  (or DATA/VOC2012/, DATA/VOCdevkit/VOC2012/)
    ├── JPEGImages/               2007_000032.jpg …
    ├── SegmentationClass/        2007_000032.png …     numbers with a palette, or colours; 255 is the border of objects
    ├── ImageSets/Segmentation/   train.txt  val.txt  trainval.txt  test.txt     a name per line
    └── labelmap.txt              where the classes are not VOC's own (CVAT; labelme: class_names.txt)

Only some of VOC's images have a mask: those in no list do not count.

Everingham et al.: "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010,
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/. The palette is that of its development kit (`VOClabelcolormap`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.color_legend import ColorLegend, find_legend
from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.formats._base import Format, Found, Part, image_files, readable_masks, subfolders
from pixelwise.data.formats._index_folders import write_class_files, write_mask
from pixelwise.data.formats._lists import read_list
from pixelwise.data.formats._written import written_images
from pixelwise.data.names import ClassNames, find_names
from pixelwise.data.pairs import FILES, Pair, Pairing, Source, unique_by_stem
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.color_codes import hex_of, packed
from pixelwise.ops.files import write_atomically
from pixelwise.ops.image_io import StoredImage, single_channel
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.spread import evenly

__all__ = ["FORMAT", "VOC_NAMES", "voc_color"]

VOC_NAMES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv monitor"),
)
_IMAGES, _LISTS = "JPEGImages", "ImageSets/Segmentation"
_MASKS = ("SegmentationClass", "SegmentationClassPNG")
_OWN_FOLDER = re.compile(r"VOC20\d\d")
_OWN_NAME = re.compile(r"20\d\d_\d{6}")
_KNOWN_LISTS = ("train", "val", "test", "trainval", "default")
_PROBES = 8
_SPECIAL = re.compile(r"^#|[:\n\r]")


class _Colored(Source):
    """Masks of colours, each of which is a class.

    Args:
        codes: 0xRRGGBB of the classes 0, 1, 2, …
        origin: Where they come from, for messages.
    """

    def __init__(self, codes: Sequence[int], origin: str) -> None:
        numbers = dict.fromkeys([_code(voc_color(IGNORE_INDEX))], IGNORE_INDEX)
        numbers |= {code: number for number, code in enumerate(codes)}
        self._codes = np.array(sorted(numbers))
        self._numbers = np.array([numbers[code] for code in sorted(numbers)], np.uint8)
        self._origin = origin

    def stored(self, pair: Pair) -> StoredImage:
        """The numbers of the classes; a mask that holds numbers is left as it is."""
        stored = super().stored(pair)
        if stored.values.ndim == 2:
            return stored
        codes = packed(stored.values)
        places = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        wrong = self._codes[places] != codes
        if wrong.any():
            found = some_of(map(hex_of, np.unique(codes[wrong]).tolist()))
            pixels = counted(int(wrong.sum()), "pixel")
            raise DataError(f"{pair.target} holds colours that are no class ({found}; {pixels}); see {self._origin}.")
        return StoredImage(self._numbers[places], "L")


def voc_color(index: int) -> tuple[int, int, int]:
    """VOC's colour of a number from 0 to 255: bits 0, 1 and 2 are the highest of red, green and blue, and so on.

    >>> voc_color(1), voc_color(15), voc_color(255)
    ((128, 0, 0), (192, 128, 128), (224, 224, 192))
    """
    channels = [0, 0, 0]
    for bit in range(8):
        channels[bit % 3] |= (index >> bit & 1) << (7 - bit // 3)
    return channels[0], channels[1], channels[2]


def find(root: Path) -> Found | None:
    """Find VOC's folders in a folder, or below it in that of a year."""
    base = _place(root)
    if base is None:
        return None
    folder = next(base / name for name in _MASKS if (base / name).is_dir())
    images = {file.stem: file for file in image_files(base / _IMAGES)}
    masks = {file.stem: file for file in image_files(folder)}
    if not images or not masks:
        return None
    lists = _lists(base)
    listed, decisions = (_listed(lists), _about_lists(lists)) if lists else _unlisted(images, masks)
    left_out = _left_out(listed, masks, base)
    for split in listed.keys() - left_out.keys():
        _refuse_missing(base / _LISTS / f"{split or _whole(lists)}.txt", listed[split], images, masks, folder.name)
    kept = {
        split: [Pair(images[name], masks[name]) for name in names if split not in left_out]
        for split, names in listed.items()
    }
    _refuse_twins(base, folder, {pair.name for pairs in kept.values() for pair in pairs})
    source, names = _classes(root, base, [pair for pairs in kept.values() for pair in pairs])
    alone = () if lists else tuple(mask for stem, mask in sorted(masks.items()) if stem not in images)
    parts = {
        split: Part(
            base / _IMAGES,
            folder,
            Pairing(tuple(Pair(pair.image, pair.target, source) for pair in pairs), masks_alone=alone),
        )
        for split, pairs in kept.items()
        if pairs
    }
    return Found(base, parts, {f"{split}.txt": what for split, what in left_out.items()}, names, tuple(decisions))


def write(dataset: Dataset, folder: Path) -> None:
    """Write a data set as VOC's: palette PNGs of class indices, a list per split, labelmap.txt and dataset.yaml.

    The colours of the palette are those of the classes. labelmap.txt is left away where it could not hold them: a name
    has a colon in it, or two classes share a colour.
    """
    entries = [(split, pair) for split, pairs in dataset.splits.items() for pair in pairs]
    names: dict[str, list[str]] = {split: [] for split in dataset.splits}
    written = written_images([pair for _, pair in entries], folder / _IMAGES)
    for (split, _), (pair, image) in zip(entries, written, strict=True):
        write_mask(pair, dataset.classes, folder / _MASKS[0] / f"{image.stem}.png")
        names[split].append(image.stem)
    for split, several in names.items():
        file = folder / _LISTS / f"{split if split in _KNOWN_LISTS else 'trainval'}.txt"
        write_atomically(file, "".join(f"{name}\n" for name in several).encode())
    classes = dataset.classes
    if len(set(classes.colors)) == len(classes.colors) and not any(map(_SPECIAL.search, classes.names)):
        lines = [
            f"{name}:{','.join(map(str, color))}::\n" for name, color in zip(classes.names, classes.colors, strict=True)
        ]
        write_atomically(folder / "labelmap.txt", "".join(lines).encode())
    write_class_files(folder, classes, format_name="voc")


def _place(root: Path) -> Path | None:
    """The folder that holds VOC's folders."""
    if _is_voc(root):
        return root
    outer = [root, root / "VOCdevkit"] if (root / "VOCdevkit").is_dir() else [root]
    years = [
        folder for place in outer for folder in subfolders(place) if _OWN_FOLDER.match(folder.name) and _is_voc(folder)
    ]
    if len(years) > 1:
        raise DataError(
            f"{root} holds {len(years)} years of Pascal VOC: {some_of(years[0].parent / year.name for year in years)}. "
            "Give the folder of one of them."
        )
    return years[0] if years else None


def _is_voc(folder: Path) -> bool:
    return (folder / _IMAGES).is_dir() and any((folder / name).is_dir() for name in _MASKS)


def _lists(base: Path) -> dict[str, list[str]]:
    """The names in each list that is known."""
    files = {name: base / _LISTS / f"{name}.txt" for name in _KNOWN_LISTS}
    return {name: read_list(file) for name, file in files.items() if file.is_file()}


def _listed(lists: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The names of each split; under "" those of the list that stands for all, where there is no train."""
    splits = {split: lists[split] for split in ("train", "val", "test") if lists.get(split)}
    whole = lists.get(_whole(lists), [])
    if "train" in splits or not whole:
        return splits
    held_out = set(splits.get("val", ()))
    return {"train" if held_out else "": [name for name in whole if name not in held_out], **splits}


def _whole(lists: Mapping[str, list[str]]) -> str:
    """The list of all names that are to be trained on, or held out."""
    return "trainval" if lists.get("trainval") else "default"


def _about_lists(lists: Mapping[str, list[str]]) -> list[Decision]:
    """That the list of all names is not used, where it holds others than train and val."""
    known = {name for split in ("train", "val") for name in lists.get(split, ())}
    more = [name for name in lists.get("trainval", ()) if name not in known]
    if not more or "train" not in lists or not lists["train"]:
        return []
    what = f"{counted(len(more), 'name')} of trainval.txt left out: {some_of(more)}"
    return [Decision(what, "in neither train.txt nor val.txt, which say what is trained on and what is held out")]


def _unlisted(images: Mapping[str, Path], masks: Mapping[str, Path]) -> tuple[dict[str, list[str]], list[Decision]]:
    """All images with a mask, where there are no lists."""
    both = sorted(images.keys() & masks.keys())
    rest = len(images) - len(both)
    why = "VOC draws masks for some of its images only; no list in ImageSets/Segmentation names them"
    decision = Decision(f"{counted(rest, 'image')} without a mask left out", why)
    return {"": both}, [decision] if rest else []


def _left_out(listed: Mapping[str, list[str]], masks: Mapping[str, Path], base: Path) -> dict[str, str]:
    """Splits of which no image has a mask, as VOC's test has none; not if it is the only one."""
    without = {split: names for split, names in listed.items() if names and not any(name in masks for name in names)}
    if len(without) == len(listed):
        return {}
    return {split: f"{counted(len(names), 'image')}, but no masks" for split, names in without.items()}


def _refuse_missing(
    file: Path, names: Sequence[str], images: Mapping[str, Path], masks: Mapping[str, Path], folder: str
) -> None:
    """Refuse a list that names what is not there."""
    for kind, known, place in (("image", images, _IMAGES), ("mask", masks, folder)):
        missing = [name for name in names if name not in known]
        if missing:
            verb = "has" if len(missing) == 1 else "have"
            found = ended(
                f"{len(missing)} of {len(names)} names in {file} {verb} no {kind} in {place}: {some_of(missing)}"
            )
            raise DataError(f"{found} Add what is missing, or take these names out of the list.")


def _refuse_twins(base: Path, folder: Path, names: Collection[str]) -> None:
    """Refuse two images or two masks that one name of a list would stand for."""
    for place, kind in ((base / _IMAGES, "images"), (folder, "masks")):
        unique_by_stem((file for file in image_files(place) if file.stem in names), kind)


def _classes(root: Path, base: Path, pairs: Sequence[Pair]) -> tuple[Source, ClassNames | None]:
    """How the masks are read, and the names of the classes where they are known."""
    legend = find_legend([root, base])
    looked_at = readable_masks(evenly(pairs, _PROBES))
    colored = [
        stored.values for stored in looked_at if stored.values.ndim == 3 and single_channel(stored.values) is None
    ]
    source = _source(colored, legend) if colored else FILES
    if colored and source is FILES:
        return source, None
    found = {int(value) for stored in looked_at if stored.values.ndim == 2 for value in np.unique(stored.values)}
    return source, None if find_names(None, [root, base]) else _names(base, legend, pairs, found)


def _source(colored: Sequence[NDArray[np.integer]], legend: ColorLegend | None) -> Source:
    """How masks of colours are read: by the legend, by VOC's palette, or by nothing that VOC knows."""
    if legend is not None:
        return _Colored(legend.codes, legend.source)
    known = [_code(voc_color(number)) for number in range(len(VOC_NAMES))]
    if {int(code) for values in colored for code in np.unique(packed(values))} <= {*known, _code(voc_color(255))}:
        return _Colored(known, "the 21 colours of Pascal VOC")
    return FILES


def _names(base: Path, legend: ColorLegend | None, pairs: Sequence[Pair], values: set[int]) -> ClassNames | None:
    """The names: from a file beside the folders, or VOC's own where the images evidently are VOC's."""
    if legend is not None:
        return ClassNames(legend.names, legend.source, tuple(range(len(legend.names))), (IGNORE_INDEX,))
    if (base / "class_names.txt").is_file():
        names = tuple(read_list(base / "class_names.txt"))
        return ClassNames(names, str(base / "class_names.txt"), tuple(range(len(names))), (IGNORE_INDEX,))
    own_names = bool(pairs) and all(_OWN_NAME.fullmatch(pair.name) for pair in pairs)
    if (own_names or _OWN_FOLDER.match(base.name)) and values <= {*range(len(VOC_NAMES)), IGNORE_INDEX}:
        evidence = "images are named as VOC's" if own_names else f"the folder is called {base.name}"
        source = f"Pascal VOC's list; {evidence}, and the values that were looked at fit"
        return ClassNames(VOC_NAMES, source, tuple(range(len(VOC_NAMES))), (IGNORE_INDEX,))
    return None


def _code(color: tuple[int, int, int]) -> int:
    return color[0] << 16 | color[1] << 8 | color[2]


FORMAT = Format(
    find, "JPEGImages/ with SegmentationClass/ and ImageSets/Segmentation/ (Pascal VOC)", rank=-1, write=write
)
