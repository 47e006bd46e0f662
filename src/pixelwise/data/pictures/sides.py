"""How names tell the pictures that go in from those that should come out: words for folders and endings of files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pixelwise.data.formats._base import image_files, subfolders
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.sources import BESIDE
from pixelwise.errors import DataError

__all__ = [
    "EmptySideError",
    "folders_to_add",
    "no_pairs",
    "paired_by_ending",
    "refuse_both_sides",
    "refuse_empty",
    "side_names",
    "two_folders",
]

_SIDE_WORDS = (
    (
        ("input", "inputs", "source", "sources", "before"),
        ("target", "targets", "output", "outputs", "after", "gt", "groundtruth"),
    ),
    (("noisy", "noise"), ("clean", "gt", "groundtruth")),
    (("blurred", "blur", "blurry"), ("sharp",)),
    (("low", "dark"), ("high", "normal", "bright")),
    (("lr", "lq", "low_resolution", "degraded"), ("hr", "hq", "high_resolution", "gt")),
    (("rain", "rainy", "hazy", "haze", "shadow"), ("clear", "norain", "clean", "free", "gt")),
    (("grey", "gray", "bw"), ("color", "colour", "rgb")),
    (("a",), ("b",)),
)
"""Names of folders, or endings of files: what goes in, and what should come out."""


class EmptySideError(DataError):
    """Of two folders of pairs one holds no pictures, and the other one does."""


def two_folders(folder: Path) -> tuple[Path, Path] | None:
    """A folder of what goes in and one of what should come out, by their names."""
    known: Mapping[str, Path] = {inner.name.lower(): inner for inner in subfolders(folder)}
    for into, out in _SIDE_WORDS:
        first = next((known[word] for word in into if word in known), None)
        second = next((known[word] for word in out if word in known), None)
        if first is not None and second is not None:
            return first, second
    return None


def paired_by_ending(folder: Path) -> tuple[Pair, ...]:
    """Pictures of one folder whose names differ in the word at their end; none unless every file has such a word."""
    stems = {file.stem.lower(): file for file in image_files(folder)}
    for into, out in _SIDE_WORDS:
        images, targets = (_without_ending(stems, words) for words in (into, out))
        if images and images.keys() == targets.keys() and len(images) + len(targets) == len(stems):
            return tuple(Pair(images[name], targets[name], BESIDE) for name in sorted(images))
    return ()


def refuse_both_sides(files: Sequence[Path], root: Path) -> None:
    """Refuse files half of which are images of the others, so that small or spoilt ones are not taken for sharp ones.

    Raises:
        DataError: If the endings of most names say so.
    """
    stems = {f"{file.parent}/{file.stem.lower()}": file for file in files}
    for into, out in _SIDE_WORDS:
        images, targets = (_without_ending(stems, words) for words in (into, out))
        both = sorted(images.keys() & targets.keys())
        if 4 * len(both) > len(files):
            first = both[0]
            raise DataError(
                f"{root} holds pictures and what they should become side by side, such as {images[first].name} and "
                f"{targets[first].name}. Give a folder in which every file has a partner, or put the targets into a "
                "folder of their own."
            )


def refuse_empty(images: Path, targets: Path) -> None:
    """Refuse two folders of which one holds no pictures, and the other one does.

    Raises:
        EmptySideError: If it is so.
    """
    counts = {folder: len(image_files(folder)) for folder in (images, targets)}
    for folder, other in ((images, targets), (targets, images)):
        if counts[other] and not counts[folder]:
            raise EmptySideError(
                f"{folder} holds no pictures, and {other} holds {counts[other]}. Put the partners of these, "
                f"of the same names, into {folder}."
            )


def side_names(pair: Pair) -> tuple[str, str]:
    """What the places of image and target of a pair are called: `noisy/` and `clean/`, or `…_LR.png` and `…_HR.png`."""
    image, target = pair.image, pair.target or pair.image
    for first, second in zip(image.parent.parts, target.parent.parts, strict=False):
        if first != second:
            return f"{first}/", f"{second}/"
    return _ending(image), _ending(target)


def no_pairs(root: Path) -> str:
    """That a folder holds no pairs, and what is expected."""
    known = "; ".join(f"{into[0]} and {out[0]}" for into, out in _SIDE_WORDS)
    return (
        f"No pairs of pictures were found in {root}: two folders are expected whose files have the same names, called "
        f"{known}."
    )


def folders_to_add(root: Path) -> str:
    """What to do where there are none."""
    into, out = (root / words[0] for words in _SIDE_WORDS[0])
    return f"Put what goes in into {into}, and what should come out into {out}."


def _ending(file: Path) -> str:
    """`…_LR.png` of `bird_LR.png`."""
    return f"…{re.sub(r'^.*(?=[_.-])', '', file.stem)}{file.suffix}"


def _without_ending(stems: Mapping[str, Path], words: Sequence[str]) -> dict[str, Path]:
    """Files whose names end in one of the words, by what stands before it."""
    return {
        stem[: -len(word) - 1]: file
        for stem, file in stems.items()
        for word in words
        if stem.endswith(word) and stem[: -len(word)][-1:] in ("_", "-", ".")
    }
