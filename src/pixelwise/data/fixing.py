"""A clean copy of a folder: whatever can be mended without guessing is mended, and everything is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.checks import Survey
from pixelwise.data.color_legend import LEGEND_FILES
from pixelwise.data.dataset import Dataset
from pixelwise.data.fixed_lists import keep_lists
from pixelwise.data.fixed_masks import masks_as_numbers
from pixelwise.data.fixed_places import own_places
from pixelwise.data.fixes import FIXED_FILE, Fixed, FixLog, fixed_text
from pixelwise.data.mending import copy_named, has_same_aspect, right_suffix, write_mended_mask, write_upright
from pixelwise.data.names import NAME_FILES
from pixelwise.data.pairs import FILES, Pair
from pixelwise.data.scaling import ORDINARY
from pixelwise.data.scan import ScannedPair
from pixelwise.data.settings_file import SETTINGS_FILE
from pixelwise.errors import DataError, PixelwiseError, some_of
from pixelwise.ops.files import copy_file, write_atomically
from pixelwise.ops.folders import new_folder, refuse_inside
from pixelwise.ops.threads import in_threads

__all__ = ["fix_data", "repeated_pairs"]

_BESIDE = (*NAME_FILES, *LEGEND_FILES, "class_names.txt", "objectInfo150.txt", SETTINGS_FILE)
_SPLITS = ("train", "val", "test")  # of an image that lies in two of them, the copy in the later one is kept


@dataclass
class _Todo:
    """What is to be done with one pair."""

    pair: Pair
    image: Path  # where to, below the new folder
    mask: Path
    is_turned: bool = False
    orientation: int = 1  # by which the mask is turned
    size: tuple[int, int] | None = None  # to which the mask is rescaled


def fix_data(
    survey: Survey,
    folder: str | Path,
    *,
    path: Path | None = None,
    opened: Callable[[Path], Dataset],
    progress: Callable[[int, int], None] | None = None,
) -> Fixed:
    """Write a clean copy of a folder of images and masks.

    Args:
        survey: What was read of the folder.
        folder: A folder that is not there, or is empty.
        path: What was given as the folder of the data, if that is not where the layout was found.
        opened: Opens a folder as `open_data` does, with what the user has said.
        progress: Called with how many pairs have been written and how many there are.

    Raises:
        DataError: If the folder holds no pairs of files that could be mended.
        OutputError: If `folder` is not empty, lies in the data, or cannot be written.
    """
    if survey.dataset is not None and any(pair.source is not FILES for pair in survey.pairs):
        return Fixed(None, len(survey.pairs), (), None)
    base = _base(survey)
    target = Path(folder).expanduser()
    for root in (path or survey.root, survey.root):
        refuse_inside(target, root)
    log = FixLog(base)
    todos = _todos(survey, base, log)
    if not log.entries and survey.dataset is not None and not _needs_numbers(survey.dataset):
        return Fixed(None, len(todos), (), None)
    if not todos:
        raise DataError(f"Nothing would be left of {survey.root}: {survey.refusal or 'no pair of files can be used.'}")
    for left_out, what in survey.layout.found.left_out.items() if survey.layout else ():
        log.note("splits left out", f"holds {what}", [left_out])
    with new_folder(target) as place:
        copy_named((survey.root, base, path or base), _BESIDE, place)
        _write_all(todos, place, progress)
        split_of = {pair: split for split, pairs in survey.splits.items() for pair in pairs}
        wanted = {place / todo.image: (place / todo.mask, split_of[todo.pair]) for todo in todos}
        refusal = _finished(place, survey, wanted, opened, log)
        if refusal is not None:
            refusal = refusal.replace(str(place), str(target))
        fixed = Fixed(target, len(todos), log.fixes(), refusal)
        write_atomically(place / FIXED_FILE, fixed_text(fixed, survey.root).encode())
    return fixed


def _base(survey: Survey) -> Path:
    """The folder below which all files keep their places."""
    if survey.layout is None:
        raise DataError(survey.refusal or f"No images with masks were found in {survey.root}.")
    if any(pair.source is not FILES for pair in survey.pairs):
        raise DataError(
            f"{survey.root} is of the format {survey.layout.format}; only folders of images and of mask files can be "
            f"mended in a copy. Mend it by hand: {survey.refusal}"
        )
    files = [file for pair in survey.pairs for file in (pair.image, pair.target) if file is not None]
    for base in (survey.layout.root, survey.layout.found.base):
        if files and all(file.is_relative_to(base) for file in files):
            return base
    raise DataError(survey.refusal or f"The files of {survey.root} lie in folders that have nothing in common.")


def _todos(survey: Survey, base: Path, log: FixLog) -> list[_Todo]:
    """The pairs that are kept, and what is to be done with each."""
    usable = _left_after(survey, log)
    drawn_lying = _are_drawn_lying([survey.scanned[pair] for pair in usable])
    todos = [todo for pair in usable if (todo := _todo(survey.scanned[pair], base, drawn_lying, log)) is not None]
    masks = ((todo.mask, (todo.pair.target, todo.orientation, todo.size)) for todo in todos)
    places = own_places([*((todo.image, todo.pair.image) for todo in todos), *masks])
    why = "another file has theirs: images of several sizes may share a mask, and endings change"
    for todo, image, mask in zip(todos, places[: len(todos)], places[len(todos) :], strict=True):
        if image != todo.image:
            log.add("images written under a name of their own", why, todo.pair.image)
        if mask != todo.mask:
            log.add("masks written under a name of their own", why, todo.pair.target)
        todo.image, todo.mask = image, mask
    return todos


def _left_after(survey: Survey, log: FixLog) -> list[Pair]:
    """The pairs without those that cannot be used."""
    why = "without a partner of the same name"
    for part in survey.layout.found.parts.values() if survey.layout else ():
        if part.pairing.images_alone:
            log.add("images left out", f"{why}: no mask", *part.pairing.images_alone)
        if part.pairing.masks_alone:
            log.add("masks left out", f"{why}: no image", *part.pairing.masks_alone)
    usable = []
    times = Counter(survey.pairs)  # lists may name an image in two splits
    for pair in times:
        broken = [file for file in (pair.image, pair.target) if file in survey.unreadable]
        if broken or pair not in survey.scanned or pair.target is None:
            log.add("pairs left out", "a file of theirs cannot be read", *(broken or [pair.image]))
        else:
            usable.append(pair)
    repeated = repeated_pairs(survey, usable)
    why = "the same image, byte for byte, is held out"
    for pair in (*repeated, *(pair for pair in usable if times[pair] > 1)):
        log.add(f"pairs left out of {_split_of(survey, pair)}", why, pair.image)
    return [pair for pair in usable if pair not in set(repeated)]


def repeated_pairs(survey: Survey, usable: Collection[Pair]) -> list[Pair]:
    """The pairs whose image lies in a later split of the disk too, byte for byte; a copy of the data is without them.

    Args:
        survey: What was read.
        usable: The pairs that count.
    """
    by_length: dict[int, list[Pair]] = {}
    counted = set(usable)
    splits = sorted(survey.splits, key=lambda split: _SPLITS.index(split or "train"))
    for split in reversed(splits):
        for pair in survey.splits[split]:
            if pair in counted:
                by_length.setdefault(pair.image.stat().st_size, []).append(pair)
    repeated: list[Pair] = []
    for several in by_length.values():
        known: dict[bytes, Pair] = {}
        for pair in several if len(several) > 1 else ():
            digest = hashlib.sha256(pair.image.read_bytes()).digest()
            first = known.setdefault(digest, pair)
            if first is not pair and _split_of(survey, first) != _split_of(survey, pair):
                repeated.append(pair)
    return repeated


def _split_of(survey: Survey, pair: Pair) -> str:
    return next(split or "train" for split, pairs in survey.splits.items() if pair in pairs)


def _are_drawn_lying(entries: Iterable[ScannedPair]) -> bool:
    """Whether masks were drawn on photographs as they are stored: all whose size tells were, and some size tells."""
    telling = [
        entry.mask_size == entry.image_size[::-1]
        for entry in entries
        if entry.orientation >= 5
        and entry.image_size[0] != entry.image_size[1]
        and entry.mask_size in (entry.image_size, entry.image_size[::-1])
    ]
    return bool(telling) and all(telling)


def _todo(entry: ScannedPair, base: Path, drawn_lying: bool, log: FixLog) -> _Todo | None:
    """What is to be done with a pair; None where only a person can mend it."""
    pair = entry.pair
    if pair.target is None:
        return None
    todo = _Todo(pair, pair.image.relative_to(base), pair.target.relative_to(base))
    mask_size = entry.mask_size
    is_lying = entry.orientation >= 5 and mask_size == entry.image_size[::-1] != entry.image_size
    if is_lying or (drawn_lying and entry.orientation != 1 and mask_size == entry.image_size):
        todo.orientation = entry.orientation
        how = "they were drawn on the photograph as it is stored"
        why = how if is_lying else "no size tells so, but the masks of the other turned photographs were drawn lying"
        log.add("masks turned with their image", why, pair.target)
        mask_size = entry.image_size
    if mask_size != entry.image_size:
        if not has_same_aspect(mask_size, entry.image_size):
            log.add(
                "pairs left out", "the mask has another shape than its image, which only a person can mend", pair.target
            )
            return None
        todo.size = entry.image_size
        log.add("masks rescaled to the size of their image", "by nearest neighbour", pair.target)
    if entry.orientation != 1 and entry.image_kind == ORDINARY:  # others are turned whenever they are read
        todo.is_turned = True
        log.add(
            "images turned upright", "as their EXIF orientation says; JPEG compressed anew at quality 95", pair.image
        )
    _name_rightly(todo, log)
    return todo


def _name_rightly(todo: _Todo, log: FixLog) -> None:
    """Give both files the endings that their content asks for, as far as they stay apart."""
    pair = todo.pair
    if pair.target is None or (pair.image.parent == pair.target.parent and pair.image.stem == pair.target.stem):
        return  # their endings alone tell them apart
    why = "the content is of another kind than the name said"
    for file, kind in ((pair.image, "image"), (pair.target, "mask")):
        suffix = right_suffix(file)
        if suffix != file.suffix:
            setattr(todo, kind, getattr(todo, kind).with_suffix(suffix))
            log.add("files renamed", why, file)
    if todo.is_turned and todo.image.suffix.lower() not in (".jpg", ".jpeg"):
        todo.image = todo.image.with_suffix(".png")
    if todo.orientation != 1 or todo.size is not None:
        todo.mask = todo.mask.with_suffix(".png")


def _write_all(todos: list[_Todo], place: Path, progress: Callable[[int, int], None] | None) -> None:
    """Write all pairs."""
    owners = {todo.mask: todo for todo in todos}  # images may share a mask, which is written once

    def write(todo: _Todo) -> None:
        image, mask = place / todo.image, place / todo.mask
        if todo.is_turned:
            write_upright(todo.pair.image, image)
        else:
            copy_file(todo.pair.image, image)
        if todo.pair.target is None or owners[todo.mask] is not todo:
            return
        if todo.orientation == 1 and todo.size is None:
            copy_file(todo.pair.target, mask)
        else:
            write_mended_mask(todo.pair.target, mask, orientation=todo.orientation, size=todo.size)

    in_threads(write, todos, progress)


def _needs_numbers(dataset: Dataset) -> bool:
    """Whether masks hold colours or smoothed edges."""
    return dataset.classes.colored or dataset.classes.nearest


def _finished(
    place: Path,
    survey: Survey,
    wanted: Mapping[Path, tuple[Path | None, str]],
    opened: Callable[[Path], Dataset],
    log: FixLog,
) -> str | None:
    """Settle what the files do not tell, and turn masks into class numbers where they hold others.

    Returns:
        Why training would refuse the copy; None where it would not.
    """
    try:
        listed = keep_lists(place, wanted)
        if listed is not None:
            log.note("lists written anew", "names have changed, so the lists of the data are not copied", [listed])
        dataset = opened(place)
        if survey.names is not None and survey.usable is not None:
            before, after = survey.usable.classes.names, dataset.classes.names
            if before != after:
                return (
                    f"Its classes are read as {some_of(after, most=12)}; those of {survey.root} are "
                    f"{some_of(before, most=12)} ({survey.names.source}). Write these into {SETTINGS_FILE}."
                )
        if _needs_numbers(dataset):
            colored = "each colour became the number of its class"
            why = colored if dataset.classes.colored else "each pixel became the nearer of the two classes"
            masks = masks_as_numbers(dataset, place)
            log.note("masks written as class numbers", f"{why}; names in classes.txt and dataset.yaml", masks)
            opened(place)
    except PixelwiseError as error:
        return str(error)
    return None
