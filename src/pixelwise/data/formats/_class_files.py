"""Masks that are stored as one file per class: how a pixel's number says which of the files show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    SPLIT_WORDS,
    Found,
    Part,
    best_part,
    files_within,
    left_out_splits,
    subfolders_called,
)
from pixelwise.data.formats._lists import split_by_lists
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, Pairing, Source, shown
from pixelwise.data.wording import counted
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import StoredImage, read_stored, single_channel

__all__ = [
    "ClassFiles",
    "Planes",
    "class_files_of",
    "class_order",
    "find_planes",
    "image_of",
    "object_plane",
    "refuse_twice",
]

_MOST_CLASSES = 31  # bits of a number
_DARK, _BRIGHT = 64, 192  # shades between them are doubtful in a mask of two
_MOST_DOUBTFUL = 0.12  # share of the pixels that may have such a shade
_FEW_SHADES = 8  # so many bright values may as well be classes
_SEPARATORS = "_-. "


@dataclass(frozen=True)
class Planes:
    """The files of one split.

    Attributes:
        images: The folder of the images.
        masks: The folder below which the masks lie.
        files: The masks of each image by class.
        targets: What messages call all masks of an image.
        images_alone: Images without any mask.
        masks_alone: Masks without an image.
    """

    images: Path
    masks: Path
    files: Mapping[Path, Mapping[str, Path]]
    targets: Mapping[Path, Path]
    images_alone: tuple[Path, ...] = ()
    masks_alone: tuple[Path, ...] = ()

    @property
    def names(self) -> set[str]:
        """The classes that have a file."""
        return {name for several in self.files.values() for name in several}


@dataclass(frozen=True)
class ClassFiles(Source):
    """Masks of which each image has one per class.

    Attributes:
        names: The classes.
        files: The masks of each image by class.
        numbers: The number of each class, where a pixel has one class at most; None: a pixel's number is the sum of
            1, 2, 4, … over the classes that it belongs to.
        uncovered: The number of pixels of no class, if there are `numbers`.
        shared: The number of pixels of several classes, if there are `numbers`.
    """

    names: tuple[str, ...]
    files: Mapping[Path, Mapping[str, Path]] = field(repr=False)
    numbers: Mapping[str, int] | None = None
    uncovered: int = 0
    shared: int = 255

    def stored(self, pair: Pair) -> StoredImage:
        """The masks of an image in one, `(H, W)` uint8, uint16 or int32."""
        combined: NDArray[np.integer] | None = None
        for place, name in enumerate(self.names):
            file = self.files[pair.image].get(name)
            if file is None:
                continue
            plane = object_plane(file).astype(np.int32) << place
            if combined is not None and combined.shape != plane.shape:
                sizes = f"{plane.shape[0]} × {plane.shape[1]}, others of the same image {combined.shape[0]} × "
                raise DataError(
                    f"{file} is {sizes}{combined.shape[1]} (height × width); all masks of an image need its size. "
                    "Save them at the size of the image, by nearest neighbour."
                )
            combined = plane if combined is None else combined | plane
        if combined is None:
            return super().stored(pair)
        return _as_stored(self.recoded(combined), len(self.names))

    def recoded(self, combined: NDArray[np.integer]) -> NDArray[np.integer]:
        """Sums of 1, 2, 4, … as the numbers that pixels have here, of the same shape."""
        if self.numbers is None:
            return combined
        values = np.full(combined.shape, self.shared, np.int32)
        values[combined == 0] = self.uncovered
        for place, name in enumerate(self.names):
            values[combined == 1 << place] = self.numbers[name]
        return values

    def lacking(self, pair: Pair) -> tuple[str, ...]:
        """The classes of which an image has no mask."""
        return tuple(name for name in self.names if name not in self.files[pair.image])


def object_plane(file: Path) -> NDArray[np.bool_]:
    """Where a mask of one class shows it, `(H, W)`.

    Raises:
        DataError: If it cannot be read, or holds other things than one class and the rest.
    """
    values = read_stored(file).values
    grey = values if values.ndim == 2 else single_channel(values)
    if grey is None:
        raise DataError(f"{file} holds colours; a mask of one class holds 0 and one other value, such as 255.")
    found, counts = np.unique(grey, return_counts=True)
    if len(found) == 1 or (len(found) == 2 and found[0] == 0):
        return np.asarray(grey > 0)
    if _is_smoothed(found, counts, is_lossy=file.suffix.lower() in (".jpg", ".jpeg")):
        return np.asarray(grey > 127)
    raise DataError(
        f"{file} holds {len(found)} values ({some_of(found.tolist(), most=6)}); a mask of one class holds 0 and one "
        "other value, such as 255."
    )


def class_files_of(pair: Pair) -> ClassFiles:
    """What reads the masks of a pair, which has a mask per class.

    Raises:
        TypeError: If it has none.
    """
    source = pair.source
    if not isinstance(source, ClassFiles):
        raise TypeError(f"{pair} has no masks of one class each")
    return source


def find_planes(root: Path, match: Callable[[Path, Sequence[Path], Path], Planes | None], source: str) -> Found | None:
    """Find masks per class beside images, in splits or without.

    Args:
        root: The folder.
        match: Brings the images of a folder, with their files, and the masks below another folder together.
        source: Where the names of the classes come from, for messages.

    Raises:
        DataError: If there are more classes than a number has bits, or two folders of a split hold equally many images.
    """
    candidates: dict[str, list[Planes]] = {}
    for split, images, masks in _places(root):
        place, files = files_within(images, MASK_WORDS)
        if files and (planes := match(place, files, masks)) is not None:
            candidates.setdefault(split, []).append(planes)
    found = {split: max(several, key=lambda one: len(one.files)) for split, several in candidates.items()}
    beside = found.pop("", None) if len(found) > 1 else None
    names = class_order({name for planes in found.values() for name in planes.names})
    if len(names) < 2 or not _are_two_valued(names, found.values()):
        return None
    if len(names) > _MOST_CLASSES:
        raise DataError(
            f"{root} holds masks of {len(names)} classes in files of their own ({some_of(names, most=6)}); up to "
            f"{_MOST_CLASSES} can be read. Join them into one mask per image, with a number per class."
        )
    by_image = {image: several for planes in found.values() for image, several in planes.files.items()}
    reads = ClassFiles(names, by_image)
    values = tuple(1 << place for place in range(len(names)))
    known = ClassNames(names, source, values, combined=True)
    parts = {split: _best(candidates[split], reads) for split in sorted(found)}
    left_out = left_out_splits(root, parts)
    if beside is not None:
        left_out[shown(beside.images, root)] = f"{counted(len(beside.files), 'image')} beside the folders of splits"
    splits, decisions = split_by_lists(root, parts[""]) if set(parts) == {""} else (parts, ())
    return Found(root, splits, left_out, known, decisions)


def image_of(stem: str, images: Mapping[str, Path]) -> tuple[Path, str] | None:
    """The image that a name of a mask begins with, the longest such, and what the name adds to it.

    >>> image_of("a_1_vessel", {"a": Path("a.png"), "a_1": Path("a_1.png")})
    (PosixPath('a_1.png'), 'vessel')
    """
    if stem in images:
        return images[stem], ""
    for cut in range(len(stem) - 1, 0, -1):
        if stem[cut] in _SEPARATORS and stem[:cut] in images:
            return images[stem[:cut]], stem[cut + 1 :]
    return None


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of classes in their order: by the alphabet, numbers in them by their size.

    >>> class_order({"class10", "class2"})
    ('class2', 'class10')
    """

    def key(name: str) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name.lower())]

    return tuple(sorted(names, key=lambda name: (key(name), name)))


def _places(root: Path) -> Iterator[tuple[str, Path, Path]]:
    """Every folder of images with every folder of masks that may belong to it, and the split."""
    images, masks = subfolders_called(root, IMAGE_WORDS), subfolders_called(root, MASK_WORDS)
    splits = subfolders_called(root, tuple(SPLIT_WORDS))
    for split in splits:
        for inner in subfolders_called(split, IMAGE_WORDS):
            for other in subfolders_called(split, MASK_WORDS):
                yield SPLIT_WORDS[split.name.lower()], inner, other
    for outer in images:
        for split in subfolders_called(outer, tuple(SPLIT_WORDS)):
            word = SPLIT_WORDS[split.name.lower()]
            for mask_root in masks:
                same = [one for one in subfolders_called(mask_root, tuple(SPLIT_WORDS)) if one.name == split.name]
                yield from ((word, split, one) for one in same)
    yield from (("", inner, other) for inner in images for other in masks)


def _are_two_valued(names: Sequence[str], found: Iterable[Planes]) -> bool:
    """Whether the first mask of most classes holds one class and the rest, so that they are masks of one class each."""
    firsts: dict[str, Path] = {}
    for planes in found:
        for several in planes.files.values():
            for name, file in several.items():
                firsts.setdefault(name, file)
    return 2 * sum(map(_is_two_valued, firsts.values())) > len(names)


def _is_smoothed(values: NDArray[np.integer], counts: NDArray[np.int64], *, is_lossy: bool) -> bool:
    """Whether values are black, white, and shades between them that smoothing or compression brought in."""
    if values[0] < 0 or not _BRIGHT <= values[-1] <= 255:
        return False
    doubtful = counts[(values >= _DARK) & (values <= _BRIGHT)].sum()
    has_shades = is_lossy or np.count_nonzero(values > _DARK) > _FEW_SHADES
    return bool(has_shades and doubtful <= _MOST_DOUBTFUL * counts.sum())


def _is_two_valued(file: Path) -> bool:
    try:
        object_plane(file)
    except DataError:
        return False
    return True


def _part(planes: Planes, source: Source) -> Part:
    """The pairs of one split."""
    pairs = tuple(Pair(image, planes.targets[image], source) for image in sorted(planes.files))
    return Part(planes.images, planes.masks, Pairing(pairs, planes.images_alone, planes.masks_alone))


def _best(several: Sequence[Planes], source: Source) -> Part:
    """The part with the most pairs; refuses to choose where another fits equally well."""
    parts = [_part(planes, source) for planes in several]
    return best_part(parts) or parts[0]


def _as_stored(values: NDArray[np.integer], num_classes: int) -> StoredImage:
    """Numbers in the smallest type that holds all that there may be."""
    if num_classes <= 8:
        return StoredImage(values.astype(np.uint8), "L")
    return StoredImage(values.astype(np.uint16), "I;16") if num_classes <= 16 else StoredImage(values, "I")


def refuse_twice(image: Path, name: str, files: Sequence[Path]) -> None:
    """Refuse two masks of one class.

    Raises:
        DataError: If there are.
    """
    if len(files) > 1:
        raise DataError(
            f"The image {image} has {counted(len(files), 'mask')} of the class {name}: "
            f"{some_of(file.name for file in files)}. Keep one of them."
        )
