"""What a folder that is nearly a data set lacks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    SPLIT_WORDS,
    files_within,
    image_files,
    subfolders,
    subfolders_called,
)
from pixelwise.data.pairs import shown
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import image_size
from pixelwise.ops.spread import evenly

__all__ = ["tasks_without_masks", "what_is_missing"]

_DEPTH = 3
_PROBES = 8
_OTHER = {"images": "masks", "masks": "images"}
_WORDS = {"images": IMAGE_WORDS, "masks": MASK_WORDS}


def what_is_missing(root: Path) -> str | None:
    """What lacks, and what to do about it, where the names of folders show what was meant; otherwise None."""
    for kind, other in _OTHER.items():
        if root.name.lower() in _WORDS[kind] and image_files(root):
            beside = subfolders_called(root.parent, _WORDS[other])
            if beside:
                return f"it is the folder of the {kind} alone. Give {root.parent}, which holds {beside[0].name} too."
    for place in (root, *subfolders_called(root, tuple(SPLIT_WORDS))):
        sentence = _missing_in(place, root)
        if sentence is not None:
            return sentence
    return None


def tasks_without_masks(root: Path) -> str | None:
    """What may be learnt from a folder of pictures without masks, and by which options, or what it lacks for that.

    None where no pictures without masks were meant.
    """
    from pixelwise.data.pictures.offers import picture_offers  # here, because opening a good folder needs none of it

    found = picture_offers(root)
    if found is None:
        return None
    if not found.offers:
        return f"Without masks, pixelwise train takes pairs of pictures, but {found.found}."
    ways = " or ".join(f"{offer.options} ({offer.what})" for offer in found.offers)
    return f"Without masks, pixelwise train takes {found.found}, with {ways}; in Python, pw.open_pictures does."


def _missing_in(place: Path, root: Path) -> str | None:
    """What lacks in one folder, or one split."""
    found = {kind: subfolders_called(place, words) for kind, words in _WORDS.items()}
    if found["images"] and found["masks"]:
        folders = [(folder, other) for kind, other in _OTHER.items() for folder in found[kind]]
        empty = [(folder, other) for folder, other in folders if not files_within(folder, _WORDS[other])[1]]
        return _emptiness(*empty[0], root) if empty else None
    for kind, other in _OTHER.items():
        if found[kind]:
            return _partner(found[kind][0], kind, other, root)
    files = image_files(place) if place != root else []
    if files and _may_be_halves(files):
        return (
            f"{place.name} holds {counted(len(files), 'image')}, but there are no masks for them; those that were "
            "looked at are twice as wide as high, as pictures of two halves are (pix2pix). Halves that are masks are "
            "read from PNG files of few colours, since JPEG alters classes."
        )
    if files:
        return (
            f"{place.name} holds {counted(len(files), 'image')}, but there are no masks for them. Add a folder "
            f"{place.name}_masks, in which each mask is named like its image."
        )
    return None


def _may_be_halves(files: Sequence[Path]) -> bool:
    """Whether pictures are as wide as two squares."""
    try:
        sizes = [image_size(file) for file in evenly(files, _PROBES)]
    except DataError:
        return False
    return all(width == 2 * height for height, width in sizes)


def _partner(folder: Path, kind: str, other: str, root: Path) -> str:
    """That images have no folder of masks beside them, or masks none of images."""
    count = sum(count for _, count in _places(folder, other))
    if not count:
        return f"{_emptiness(folder, other, root)} There is no folder of {other} beside it either."
    beside = [path for path in subfolders(folder.parent) if path != folder and any(_places(path, kind))]
    beside = [path for path in beside if path.name.lower() not in SPLIT_WORDS]
    renamed = f" If {some_of(path.name for path in beside)} holds them, rename it to {other}." if beside else ""
    one, partner = kind.removesuffix("s"), other.removesuffix("s")
    return (
        f"{shown(folder, root)} holds {counted(count, one)}, but there is no folder of {other} beside it. Add one "
        f"called {other}, in which each {partner} is named like its {one}.{renamed}"
    )


def _emptiness(folder: Path, other: str, root: Path) -> str:
    """That a folder holds no images itself, and where they lie instead."""
    name, places = shown(folder, root), list(_places(folder, other))
    if places:
        count = sum(count for _, count in places)
        lie = ended(f"{count} {'lies' if count == 1 else 'lie'} in {some_of(shown(one, root) for one, _ in places)}")
        return f"{name} holds no image files itself; {lie} Move them up into {name}."
    files = [entry.name for entry in os.scandir(folder) if entry.is_file() and not entry.name.startswith(".")]
    if files:
        others = f"{counted(len(files), 'file')} of another kind ({some_of(sorted(files))})"
        return f"{name} holds no image files but {others}; PNG, JPEG, WebP, BMP, GIF and TIFF are read."
    return f"{name} holds no image files."


def _places(folder: Path, other: str, depth: int = _DEPTH) -> Iterator[tuple[Path, int]]:
    """The folders from here downwards that hold image files, with how many; without folders of the other kind."""
    count = len(image_files(folder))
    if count:
        yield folder, count
    if depth:
        for inner in subfolders(folder):
            if inner.name.lower() not in _WORDS[other]:
                yield from _places(inner, other, depth - 1)
