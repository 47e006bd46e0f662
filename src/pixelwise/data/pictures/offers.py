"""What a folder without masks could be trained on instead: which tasks take the pictures in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.formats._base import MASK_WORDS, SPLIT_WORDS, image_files, only_folders, subfolders
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.kinds import Found, find_domains
from pixelwise.data.pictures.layouts import find_alone, find_pairs
from pixelwise.data.pictures.sides import EmptySideError
from pixelwise.data.wording import counted
from pixelwise.errors import DataError
from pixelwise.ops.image_io import image_size, read_image
from pixelwise.ops.spread import evenly

__all__ = ["Offer", "Offers", "picture_offers"]

_PROBES = 8  # files that are looked at
_LARGEST_SCALE = 8
_MANY_COLORS = 256  # of a picture; masks of colours have fewer
_STEP = 4  # every so many rows and columns of a target are looked at


@dataclass(frozen=True)
class Offer:
    """A task that takes the pictures.

    Attributes:
        options: What is added to `pixelwise check FOLDER` or `pixelwise train FOLDER`.
        what: What would be learnt.
    """

    options: str
    what: str


@dataclass(frozen=True)
class Offers:
    """What was found in a folder, and which tasks take it.

    Attributes:
        found: What it is, without a full stop.
        offers: The tasks, the likeliest first; none where one side of pairs is empty.
    """

    found: str
    offers: tuple[Offer, ...]


_ENLARGE = "larger pictures; small ones are made of these"
_MEND = "cleaner pictures; images are made of these, see `pixelwise list degradations`"


def picture_offers(root: Path, *, only_pairs: bool = False) -> Offers | None:
    """Which tasks take the pictures of a folder.

    Args:
        root: A folder in which no images with masks were found.
        only_pairs: Whether it looks like one of masks, so that nothing but plain pairs of pictures counts.

    Returns:
        None where there are no pictures, or the names of folders say that masks were meant.
    """
    if not root.is_dir():
        return None
    if only_pairs:
        return _of_pairs(root)
    return _of_domains(root) or _of_pairs(root) or (None if _are_of_masks(root) else _of_one_side(root))


def _of_domains(root: Path) -> Offers | None:
    """Two kinds of pictures in folders called after their split and kind."""
    if not any(
        inner.name.lower() in ("traina", "trainb") for folder in only_folders(root) for inner in subfolders(folder)
    ):
        return None
    try:
        first, second = find_domains(root)
    except DataError:
        return None
    found = f"two kinds of pictures that need not belong together: A ({_number(first)}) and B ({_number(second)})"
    return Offers(found, (Offer("--task unpaired_translation", "pictures of kind A become such of kind B"),))


def _of_pairs(root: Path) -> Offers | None:
    """Two folders of pictures of the same names, or endings of names that say the same."""
    try:
        found = find_pairs(root, alone=[])
        pairs = [pair for several in found.values() for pair in several]
        sizes = [(image_size(pair.image), image_size(pair.target or pair.image)) for pair in evenly(pairs, _PROBES)]
        if not _are_pictures(pairs):
            return None
    except DataError:
        return None
    factor = Counter(target[0] // max(1, image[0]) for image, target in sizes).most_common(1)[0][0]
    first = pairs[0]
    sides = f"{first.image.parent.name} and {(first.target or first.image).parent.name}"
    text = f"{counted(len(pairs), 'pair')} of pictures ({sides})"
    if 1 < factor <= _LARGEST_SCALE:
        enlarges = Offer(f"--task super_resolution --scale {factor}", "the small picture becomes the large one")
        return Offers(f"{text}, the second {factor} times as large as the first", (enlarges,))
    mends = Offer("--task restoration", "the first becomes the second, as its cleaner version")
    translates = Offer("--task paired_translation", "the first becomes the second, as another kind of picture")
    return Offers(text, (mends, translates))


def _are_of_masks(root: Path) -> bool:
    """Whether a folder, or one in it, is called as those of images with masks are."""
    return any(folder.name.lower() in (*MASK_WORDS, "images") for folder in (root, *subfolders(root)))


def _of_one_side(root: Path) -> Offers | None:
    """That one of two folders of pairs is empty; else what `_of_pictures` finds."""
    try:
        find_pairs(root, alone=[])
    except EmptySideError as error:
        return Offers(str(error).removesuffix("."), ())
    except DataError:  # no pairs were meant
        pass
    return _of_pictures(root)


def _of_pictures(root: Path) -> Offers | None:
    """Pictures of two halves, or photographs alone."""
    try:
        pairs = [pair for several in find_alone(root).values() for pair in several]
        sizes = [image_size(pair.image) for pair in evenly(pairs, _PROBES)]
    except DataError:
        return None
    translates = Offer("--task paired_translation", "the left half becomes the right one; `--reverse`: the other way")
    if all(width == 2 * height for height, width in sizes):
        return Offers(
            f"{counted(len(pairs), 'picture')} twice as wide as high, as those of two halves are", (translates,)
        )
    made = (
        Offer("--task super_resolution --scale 2", _ENLARGE),
        Offer("--task restoration --degrade noise:5-50", _MEND),
    )
    return Offers(f"{counted(len(pairs), 'plain picture')}", (*made, *_of_two_folders(root)))


def _of_two_folders(root: Path) -> tuple[Offer, ...]:
    """What two folders of pictures without common names could be besides: two kinds."""
    inner = subfolders(root)
    stems = [{file.stem for file in image_files(folder)} for folder in inner]
    if len(inner) != 2 or not all(stems) or image_files(root) or stems[0] & stems[1]:
        return ()
    if any(folder.name.lower() in SPLIT_WORDS for folder in inner):
        return ()
    first, second = (folder.name for folder in inner)
    named = "" if (first.lower(), second.lower()) == ("a", "b") else ", once these folders are called trainA and trainB"
    return (Offer("--task unpaired_translation", f"{first} become {second}{named}"),)


def _are_pictures(pairs: Sequence[Pair]) -> bool:
    """Whether what should come out are pictures rather than masks, which have few colours."""
    probes = [read_image(pair.target or pair.image)[::_STEP, ::_STEP] for pair in evenly(pairs, _PROBES)]
    counts = [len(set(map(bytes, probe.reshape(-1, 3)))) for probe in probes]
    return 2 * sum(
        count > min(_MANY_COLORS, probe.size // 12) for count, probe in zip(counts, probes, strict=True)
    ) > len(probes)


def _number(found: Found) -> int:
    return sum(map(len, found.values()))
