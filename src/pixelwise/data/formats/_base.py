"""What every layout on disk answers, and the words that folders are known by."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import Pair, Pairing, pair_by_name, shown
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import SUFFIXES, StoredImage, read_stored

__all__ = [
    "IMAGE_WORDS",
    "MASK_WORDS",
    "SPLIT_WORDS",
    "Format",
    "Found",
    "Part",
    "best_part",
    "best_parts",
    "files_within",
    "image_files",
    "joined_words",
    "left_out_parts",
    "left_out_splits",
    "only_folders",
    "paired_part",
    "part_pairs",
    "readable_masks",
    "split_named",
    "splits_in",
    "subfolders",
    "subfolders_called",
]

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
IMAGE_WORDS = ("images", "image", "imgs", "img", "inputs", "input", "photos", "photo")
MASK_WORDS = (
    *("masks", "mask", "labels", "label", "annotations", "annotation", "annot"),
    *("segmentations", "segmentation", "gt", "groundtruth", "ground_truth", "targets", "target"),
)
_WORD = re.compile(r"[a-z]+")
_ENDINGS = tuple(SUFFIXES)
_DEPTH = 16  # archives unpack into folders within folders; links may lead in a circle
_NEARLY_AS_MANY = 0.9  # a layout that pairs at least this share of what the best one pairs fits equally well


@dataclass(frozen=True)
class Part:
    """The images and masks of one split.

    Attributes:
        images: The folder of the images.
        masks: The folder of the masks; the same where both lie side by side.
        pairing: What belongs together, and what is left over.
        within: Folders that hold nothing but one folder, with the folder below them that was taken instead.
    """

    images: Path
    masks: Path
    pairing: Pairing
    within: dict[Path, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a layout found in a folder.

    Attributes:
        base: The folder beside whose files the names of the classes may lie.
        parts: What was found per split; the key is empty where the disk knows no splits.
        left_out: Folders of splits that cannot be used, with what they hold ("20 images, but no masks").
        names: The classes, where the format itself says them.
        decisions: What was decided on the way, such as shapes that no class belongs to.
    """

    base: Path
    parts: dict[str, Part]
    left_out: dict[str, str] = field(default_factory=dict)
    names: ClassNames | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def num_pairs(self) -> int:
        """How many images have a mask."""
        return part_pairs(list(self.parts.values()))


@dataclass(frozen=True)
class Format:
    """A layout on disk.

    Attributes:
        find: Looks into a folder; None where the layout is not there.
        summary: One line for `pixelwise list formats`.
        rank: Layouts of a lower rank are tried first; those of the next only if none of them is there.
        write: Writes a data set in this format into an empty folder; None where it can only be read.
        suffixes: Endings of the files that may be given instead of a folder; `find` is then called with the file.
    """

    find: Callable[[Path], Found | None]
    summary: str
    rank: int = 0
    write: Callable[[Dataset, Path], None] | None = None
    suffixes: tuple[str, ...] = ()


def image_files(folder: Path) -> list[Path]:
    """The image files of a folder by their endings, sorted; hidden files do not count."""
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.name.lower().endswith(_ENDINGS) and entry.is_file()
        ]
    return [folder / name for name in sorted(names)]


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, sorted; hidden ones do not count."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def subfolders_called(folder: Path, words: Sequence[str]) -> list[Path]:
    """The folders in a folder that have one of these names, in whatever case."""
    return [path for path in subfolders(folder) if path.name.lower() in words]


def only_folders(folder: Path) -> Iterator[Path]:
    """A folder and, while it holds no image files and nothing but one folder, that."""
    for _ in range(_DEPTH):
        yield folder
        inner = subfolders(folder)
        if len(inner) != 1 or image_files(folder):
            return
        folder = inner[0]


def split_named(file: Path, root: Path) -> str:
    """The split that the name of a file tells, or those of the folders below `root` that it lies in; "" where none."""
    for name in (file.stem, *file.relative_to(root).parts[-2::-1]):
        for word in _WORD.findall(name.lower()):
            if word in SPLIT_WORDS:
                return SPLIT_WORDS[word]
    return ""


def splits_in(root: Path) -> list[tuple[Path, str]]:
    """The folders in a folder that are called like a split, with that split."""
    return [(folder, SPLIT_WORDS[folder.name.lower()]) for folder in subfolders_called(root, tuple(SPLIT_WORDS))]


def joined_words(split: str, words: Sequence[str]) -> tuple[str, ...]:
    """`train` and `masks` as `train_masks`, `train-masks`, `masks_train`, `masks-train`."""
    name = split.lower()
    return tuple(joined for word in words for mark in "_-" for joined in (f"{name}{mark}{word}", f"{word}{mark}{name}"))


def left_out_splits(root: Path, chosen: Mapping[str, Part]) -> dict[str, str]:
    """Folders of splits that hold images but no masks, and those of a split that was found in another folder.

    Args:
        root: The folder of the data.
        chosen: What is taken for each split.

    Returns:
        What each of them holds; see `Found.left_out`.
    """
    places = splits_in(root)
    for images_root in subfolders_called(root, IMAGE_WORDS):
        places += splits_in(images_root)
    for word, split in SPLIT_WORDS.items():
        places += [(folder, split) for folder in subfolders_called(root, joined_words(word, IMAGE_WORDS))]
    found: dict[str, str] = {}
    for folder, split in places:
        inner = subfolders_called(folder, IMAGE_WORDS)
        count = sum(len(image_files(place)) for place in (folder, *inner))
        if split not in chosen and count:
            found[shown(folder, root)] = f"{counted(count, 'image')}, but no masks"
        elif count and not chosen[split].images.is_relative_to(folder):
            found[shown(folder, root)] = _taken_instead(count, split, chosen[split], root)
    return found


def files_within(folder: Path, other_words: Sequence[str]) -> tuple[Path, list[Path]]:
    """The image files of a folder of images or masks, or of the only folder in it; and where they lie.

    Args:
        folder: The folder of images, or that of masks.
        other_words: What the folders of the other kind are called: such a folder in it is not taken, nor is a split.
    """
    for inner in only_folders(folder):
        if inner != folder and inner.name.lower() in (*other_words, *SPLIT_WORDS):
            break
        files = image_files(inner)
        if files:
            return inner, files
    return folder, []


def readable_masks(pairs: Sequence[Pair]) -> list[StoredImage]:
    """The masks of some pairs as they are stored, without those that cannot be read.

    A layout is recognised by the others; whoever reads all files names the ones that are damaged.
    """
    found = []
    for pair in pairs:
        if pair.target is not None:
            with suppress(DataError):
                found.append(read_stored(pair.target))
    return found


def paired_part(images: Path, masks: Path) -> Part | None:
    """Two folders as one part, or None where one of them holds no image files."""
    image_place, image_paths = files_within(images, MASK_WORDS)
    mask_place, mask_paths = files_within(masks, IMAGE_WORDS)
    if not image_paths or not mask_paths:
        return None
    within = {outer: inner for outer, inner in ((images, image_place), (masks, mask_place)) if outer != inner}
    return Part(image_place, mask_place, pair_by_name(image_paths, mask_paths), within)


def part_pairs(parts: Sequence[Part]) -> int:
    """How many pairs the parts hold together."""
    return sum(len(part.pairing.pairs) for part in parts)


def best_part(parts: Sequence[Part]) -> Part | None:
    """The part with the most pairs.

    Raises:
        DataError: If another one fits equally well, so that choosing would be guessing.
    """
    if not parts:
        return None
    ordered = sorted(parts, key=lambda part: -len(part.pairing.pairs))
    best = ordered[0]
    most = len(best.pairing.pairs)
    equal = [part for part in ordered if most and len(part.pairing.pairs) >= _NEARLY_AS_MANY * most]
    if len(equal) > 1:
        raise DataError(_several(equal))
    return best


def best_parts(several: Mapping[str, Sequence[Part]]) -> dict[str, Part]:
    """The best part of each split that has any.

    Raises:
        DataError: As in `best_part`.
    """
    return {split: best for split, parts in several.items() if (best := best_part(parts)) is not None}


def left_out_parts(root: Path, several: Mapping[str, Sequence[Part]], chosen: Mapping[str, Part]) -> dict[str, str]:
    """What the folders hold of those parts of each split that `best_parts` has not chosen; see `Found.left_out`."""
    return {
        shown(part.images, root): _taken_instead(
            len(part.pairing.pairs) + len(part.pairing.images_alone), split, chosen[split], root
        )
        for split, parts in several.items()
        for part in parts
        if part is not chosen[split]
    }


def _taken_instead(count: int, split: str, chosen: Part, root: Path) -> str:
    """What a folder holds, and where its split is taken from."""
    return f"{counted(count, 'image')}, and {split} is taken from {shown(chosen.images, root)}"


def _several(parts: Sequence[Part]) -> str:
    """The sentence for parts between which nothing decides."""
    images = sorted({part.images for part in parts})
    masks = sorted({part.masks for part in parts})
    if len(images) == 1:
        where = images[0].parent
        names = some_of(mask.name for mask in masks)
        found = f"{where} holds {len(masks)} folders that could be the masks of {images[0].name}: {names}"
    else:
        pairs = [f"{part.images} with {part.masks}" for part in parts]
        found = f"Images and masks are found in {len(pairs)} ways: {some_of(pairs)}"
    return f"{ended(found)} Move all but one of them elsewhere."
