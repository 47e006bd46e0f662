"""How pictures lie on disk: alone, in pairs, as halves of one file, or as two kinds.

alone       DATA/*.png, or DATA/train/*.png, DATA/val/*.png: what should come out; images are made of it
pairs       DATA/input/a.png with DATA/target/a.png (and other words, below); with train, val and test around or inside;
            or DATA/a_LR.png with DATA/a_HR.png
halves      DATA/a.png, twice as wide as one picture (pix2pix)
domains     DATA/trainA/*.png, DATA/trainB/*.png, and the same with val or test (CycleGAN)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pixelwise.data.formats._base import SPLIT_WORDS, image_files, only_folders, subfolders
from pixelwise.data.pairs import Pair, pair_by_name
from pixelwise.data.pictures.kinds import Found, both_kinds, hint_at_kinds, refuse_kinds, split_folders
from pixelwise.data.pictures.refusals import refuse_masks, refuse_single
from pixelwise.data.pictures.sides import (
    folders_to_add,
    no_pairs,
    paired_by_ending,
    refuse_both_sides,
    refuse_empty,
    side_names,
    two_folders,
)
from pixelwise.data.pictures.sources import BESIDE, PictureHalves
from pixelwise.data.wording import agree, counted, ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import image_size

__all__ = [
    "Layout",
    "find_alone",
    "find_halves",
    "find_pairs",
    "layout_of",
    "layout_to_score",
    "one_sided_test",
]

_UNUSED = "test"  # the split that may lack one side, since nothing is learnt from it

Layout = Literal["alone", "pairs", "halves", "domains"]


def layout_of(root: Path, task: str, *, is_made: bool) -> Layout:
    """How the pictures of a folder lie, as a task can use them.

    Args:
        root: The folder.
        task: `super_resolution`, `restoration`, `paired_translation` or `unpaired_translation`.
        is_made: Whether images are made of targets, as somebody has said.

    Raises:
        DataError: If there is no such folder, it holds no pairs where the task needs them, pairs where images are made,
            or images with masks.
    """
    if not root.is_dir():
        raise DataError(f"There is no folder {root}.")
    if task == "unpaired_translation":
        return "domains"
    if is_made:
        _refuse_pairs(root)
        refuse_masks(root, as_pairs=False)
        return "alone"
    if _pairs_if_any(root, alone=[]) is not None:
        return "pairs"
    if task == "restoration":
        refuse_masks(root, as_pairs=False)
        raise DataError(
            f"{no_pairs(root)} Put pairs into such folders, or say how images are made of these pictures, such as "
            "with `--degrade noise:5-50`, in Python degrade='noise:5-50' (see `pixelwise list degradations`)."
        )
    return _without_pairs(root, task)


def layout_to_score(root: Path, task: str, *, is_made: bool) -> Layout:
    """How the pictures of a folder lie on which a model is scored: pairs where there are any, else as in training.

    Args:
        root: The folder.
        task: Of the model.
        is_made: Whether the model was trained on images that were made of targets.

    Raises:
        DataError: As `layout_of`.
    """
    if task == "unpaired_translation" or not root.is_dir():
        return layout_of(root, task, is_made=is_made)
    if _pairs_if_any(root, alone=[]) is not None:
        return "pairs"
    if task == "restoration" and not is_made:
        raise DataError(f"{no_pairs(root)} {folders_to_add(root)}")
    return _without_pairs(root, task, is_scored=True)


def find_alone(root: Path) -> Found:
    """Pictures in the folders of splits (of both kinds, if they are such), in the folder itself, or anywhere below it.

    Raises:
        DataError: If there are none, two folders are of one split, or half of the files are images of the others.
    """
    files: dict[str, list[Path]] = {}
    for folder in only_folders(root):
        by_split = split_folders(folder)
        found = {split: image_files(inner) or _below(inner) for split, inner in by_split.items()} or both_kinds(folder)
        files = files or {split: several for split, several in found.items() if several}
    if not files and (several := image_files(root) or _below(root)):
        files = {"": several}
    if not files:
        raise DataError(f"No pictures were found in {root}. Give a folder of image files, such as JPEG or PNG.")
    refuse_both_sides([file for several in files.values() for file in several], root)
    return {split: tuple(Pair(file, file, BESIDE) for file in several) for split, several in files.items()}


def find_pairs(root: Path, alone: list[Path] | None = None) -> Found:
    """Pairs of two folders, by name; failing that, of one folder by endings such as `a_LR.png` and `a_HR.png`.

    Args:
        root: The folder.
        alone: Pictures without a partner are added to it; where it is None, they are refused.

    Raises:
        DataError: If there are none, or pictures are without a partner; a test split of one side alone is left out.
    """
    found = _pairs_if_any(root, alone)
    if found is None:
        raise DataError(f"{no_pairs(root)} {folders_to_add(root)}")
    return found


def one_sided_test(root: Path, found: Found) -> Path | None:
    """The folder of a test split whose pictures are all of one side, as those of contests, and which is left out.

    Args:
        root: The folder.
        found: The pairs in it, as `find_pairs` finds them.
    """
    if _UNUSED in found:
        return None
    places = [place for folder in only_folders(root) for place in (folder, *(two_folders(folder) or ()))]
    tests = [inner for place in places for inner in subfolders(place) if SPLIT_WORDS.get(inner.name.lower()) == _UNUSED]
    return next(filter(_anywhere, tests), None)


def find_halves(
    root: Path, *, image_is_left: bool, is_checked: bool = True, known: Mapping[Path, tuple[int, int]] | None = None
) -> Found:
    """Files that are two pictures side by side, in the folder or in those of its splits.

    Args:
        root: The folder.
        image_is_left: Whether the left half goes in; otherwise the right one.
        is_checked: Whether files that cannot be halved are refused.
        known: (height, width) of files whose heads have been read already.

    Raises:
        DataError: If there are no files, or one cannot be read or has an odd width.
    """
    source = PictureHalves(image_is_left=image_is_left)
    found = find_alone(root)
    halves = {split: tuple(Pair(pair.image, pair.image, source) for pair in pairs) for split, pairs in found.items()}
    if not is_checked:
        return halves
    sizes, files = known or {}, [pair.image for pairs in found.values() for pair in pairs]
    odd = [file for file in files if (sizes.get(file) or image_size(file))[1] % 2]
    if odd:
        names = some_of(path.name for path in odd)
        raise DataError(ended(f"{counted(len(odd), 'picture')} in {root} cannot be halved, the width is odd: {names}"))
    return halves


def _pairs_if_any(root: Path, alone: list[Path] | None) -> Found | None:
    """Pairs as `find_pairs` finds them; None where there are none.

    Raises:
        DataError: If pictures are without a partner.
    """
    for folder in only_folders(root):
        if (here := two_folders(folder)) is not None:
            return _splits_inside(*here, alone) or {"": _paired(*here, alone)}
        by_split = split_folders(folder)
        both = {split: two for split, inner in by_split.items() if (two := two_folders(inner)) is not None}
        found = {split: _paired(*two, alone) for split, two in both.items()}
        for split, place in (by_split or {"": folder}).items():
            if split not in found and (pairs := paired_by_ending(place)):
                found[split] = pairs
        if found:
            names = [side.name for side in next(iter(both.values()), ())]
            one_sided = [inner for split, inner in by_split.items() if split not in (*found, _UNUSED)]
            _settle_alone([(_anywhere(inner), inner, _lacking(inner, names)) for inner in one_sided], alone)
            return found
    return None


def _refuse_pairs(root: Path) -> None:
    """Refuse two folders of pairs where images are made of sharp pictures, since one side is not sharp.

    Raises:
        DataError: If there are such folders.
    """
    try:
        found = _pairs_if_any(root, alone=[])
    except DataError:  # folders called like sides, without pairs
        return
    pairs = [pair for several in (found or {}).values() for pair in several]
    if any(pair.target and pair.target.parent != pair.image.parent for pair in pairs):
        first, second = side_names(pairs[0])
        raise DataError(
            f"{root} holds pairs of pictures, from {first} to {second}, whereas `--degrade` makes images of sharp "
            f"pictures. Leave out `--degrade` to learn from the pairs, or give the folder of the sharp ones alone."
        )


def _without_pairs(root: Path, task: str, *, is_scored: bool = False) -> Layout:
    """How pictures lie that are in no pairs of files.

    Raises:
        DataError: If the folders are called like those of images and masks, or halves are needed, and the folders are
            called like those of two kinds, or the files are single pictures.
    """
    as_pairs = task == "paired_translation"
    refuse_masks(root, as_pairs=as_pairs)
    if not as_pairs:
        return "alone"
    refuse_kinds(root, is_scored=is_scored)
    refuse_single(root, [pair.image for pairs in find_alone(root).values() for pair in pairs])
    return "halves"


def _lacking(split: Path, names: Sequence[str]) -> Path:
    """The folder that a split lacks of those that others have, of these names; itself where they have none."""
    return next((split / name for name in reversed(names) if not (split / name).is_dir()), split)


def _below(folder: Path) -> list[Path]:
    """Image files anywhere below a folder, in order."""
    return sorted(file for inner in folder.rglob("*") if inner.is_dir() for file in image_files(inner))


def _anywhere(folder: Path) -> list[Path]:
    """Image files in a folder and anywhere below it."""
    return [*image_files(folder), *_below(folder)]


def _splits_inside(images: Path, targets: Path, alone: list[Path] | None) -> Found:
    """`input/train` with `target/train`, and so on; nothing where they have no split in common.

    Raises:
        DataError: If a split has pictures on one side only, or one of them has no partner.
    """
    left, right = split_folders(images), split_folders(targets)
    common = [split for split in left if split in right]
    if not common:
        return {}
    lonely = [(image_files(left[split]), left[split], targets) for split in left if split not in (*right, _UNUSED)]
    lonely += [(image_files(right[split]), right[split], images) for split in right if split not in (*left, _UNUSED)]
    _settle_alone(lonely, alone)
    return {split: _paired(left[split], right[split], alone) for split in common}


def _paired(images: Path, targets: Path, alone: list[Path] | None) -> tuple[Pair, ...]:
    """Pictures of two folders by name; those without a partner are added to `alone`, or refused if it is None.

    Raises:
        DataError: If one has no partner.
    """
    refuse_empty(images, targets)
    pairing = pair_by_name(image_files(images), image_files(targets))
    _settle_alone([(pairing.images_alone, images, targets), (pairing.masks_alone, targets, images)], alone)
    if not pairing.pairs:
        raise DataError(f"{images} and {targets} hold no pictures of the same names.{hint_at_kinds(images, targets)}")
    return tuple(Pair(pair.image, pair.target, BESIDE) for pair in pairing.pairs)


def _settle_alone(lonely: Sequence[tuple[Sequence[Path], Path, Path]], alone: list[Path] | None) -> None:
    """Add pictures without a partner, each with its folder and the one that lacks it, to `alone`, or refuse them.

    Raises:
        DataError: If there are any, and `alone` is None.
    """
    if alone is not None:
        alone += [file for files, _, _ in lonely for file in files]
        return
    lacking = [
        ended(
            f"{counted(len(files), 'picture')} in {place} {agree(len(files), 'has', 'have')} no partner in "
            f"{other}: {some_of(file.name for file in files)}"
        )
        for files, place, other in lonely
        if files
    ]
    if lacking:
        raise DataError(
            f"{' '.join(lacking)} Add what is missing, or move these files elsewhere; the layout is taken to be pairs "
            "in two folders."
        )
