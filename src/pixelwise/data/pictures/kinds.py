"""Two kinds of pictures without pairs, told by names of folders that end in A and B, as those of CycleGAN do."""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.formats._base import SPLIT_WORDS, image_files, only_folders, splits_in, subfolders
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.sources import BESIDE
from pixelwise.errors import DataError

__all__ = ["Found", "both_kinds", "find_domains", "hint_at_kinds", "is_kind_of_split", "refuse_kinds", "split_folders"]

Found = dict[str, tuple[Pair, ...]]
"""Pairs by split; under "" where the disk knows none."""

_Kind = dict[str, Path]
"""Folders of one kind, by split."""


def find_domains(root: Path, *, is_scored: bool = False) -> tuple[Found, Found]:
    """Two kinds of pictures: `trainA` and `trainB`, and the same with val or test; or folders `A` and `B`.

    Args:
        root: The folder.
        is_scored: Whether a model is scored on them, for which `testA` and `testB` suffice.

    Raises:
        DataError: If one kind is missing.
    """
    kinds = _kinds_in(root)
    wanted = {*SPLIT_WORDS.values(), ""} if is_scored else {"train", ""}
    lacking = [name for name, kind in zip("AB", kinds, strict=True) if not (wanted & set(kind))]
    if lacking:
        folders = "testA and testB are" if is_scored else "trainA and trainB are"
        beside = "" if is_scored else ", and testA and testB beside them if there are any to score"
        raise DataError(
            f"{root} lacks pictures of kind {' and '.join(lacking)} to {'score' if is_scored else 'train'} on: the "
            f"folders {folders} expected, one kind of pictures in each{beside}."
        )
    a, b = (
        {split: tuple(Pair(file, None, BESIDE) for file in image_files(folder)) for split, folder in kind.items()}
        for kind in kinds
    )
    return a, b


def refuse_kinds(root: Path, *, is_scored: bool = False) -> None:
    """Refuse folders such as `trainA` and `trainB` where pairs are needed.

    Args:
        root: The folder.
        is_scored: Whether a model is scored on them.

    Raises:
        DataError: If both kinds are there.
    """
    first, second = _kinds_in(root)
    both = [split for split in ("train", "val", "test") if split in first and split in second]
    if both:
        a, b = first[both[0]], second[both[0]]
        cure = (
            f"Score a model of pairs on pairs, in folders such as {root / 'test' / 'A'} and {root / 'test' / 'B'}."
            if is_scored
            else "Say `--task unpaired_translation`, which takes them; if files of the same names are pairs, put them "
            f"into folders such as {root / 'train' / 'A'} and {root / 'train' / 'B'}."
        )
        raise DataError(f"{a} and {b} are called like two kinds of pictures without pairs. {cure}")


def hint_at_kinds(first: Path, second: Path) -> str:
    """What to say of two folders without pairs that are called A and B; empty of others."""
    if (first.name.lower(), second.name.lower()) != ("a", "b"):
        return ""
    return " If they are two kinds of pictures without pairs, `--task unpaired_translation` takes them."


def both_kinds(folder: Path) -> dict[str, list[Path]]:
    """The pictures of both kinds together, by split, where the names of their folders tell splits; else nothing."""
    kinds = _kinds_of(folder)
    if not any(split for kind in kinds for split in kind):
        return {}
    splits = dict.fromkeys(split for kind in kinds for split in kind)
    return {split: [file for kind in kinds if split in kind for file in image_files(kind[split])] for split in splits}


def split_folders(folder: Path) -> _Kind:
    """The folders in a folder that are called like splits; of two of one split, that which holds pictures.

    Raises:
        DataError: If both hold some.
    """
    found: _Kind = {}
    for inner, split in splits_in(folder):
        if split not in found or not _holds_pictures(found[split]):
            found[split] = inner
        elif _holds_pictures(inner):
            raise _two_of_one_split(found[split], inner)
    return found


def is_kind_of_split(name: str) -> bool:
    """Whether a folder is called like one kind of pictures of a split.

    >>> is_kind_of_split("testA"), is_kind_of_split("A"), is_kind_of_split("test")
    (True, False, False)
    """
    place = _place(name)
    return place is not None and place[1] != ""


def _kinds_in(root: Path) -> tuple[_Kind, _Kind]:
    """The folders of both kinds that hold pictures."""
    kinds: tuple[_Kind, _Kind] = ({}, {})
    for folder in only_folders(root):
        kinds = _kinds_of(folder)
        if any(kinds):
            break
    return kinds


def _kinds_of(folder: Path) -> tuple[_Kind, _Kind]:
    """The folders of both kinds that hold pictures and lie in this one."""
    kinds: tuple[_Kind, _Kind] = ({}, {})
    for inner in subfolders(folder):
        place = _place(inner.name)
        if place is not None and image_files(inner):
            side, split = place
            if split in kinds[side]:
                raise _two_of_one_split(kinds[side][split], inner)
            kinds[side][split] = inner
    return kinds


def _holds_pictures(folder: Path) -> bool:
    """Whether there are image files in a folder or anywhere below it."""
    return any(map(image_files, (folder, *(inner for inner in folder.rglob("*") if inner.is_dir()))))


def _two_of_one_split(first: Path, second: Path) -> DataError:
    """The error for two folders between which nothing decides."""
    return DataError(
        f"{first} and {second} are two folders of one split, and both hold pictures. Join them, or move one elsewhere."
    )


def _place(name: str) -> tuple[int, str] | None:
    """Which kind, 0 or 1, and which split a folder is called after; None where it is called otherwise."""
    side = {"a": 0, "b": 1}.get(name[-1:].lower())
    split = name[:-1].lower().rstrip("_-")
    if side is None or (split and split not in SPLIT_WORDS):
        return None
    return side, SPLIT_WORDS.get(split, "")
