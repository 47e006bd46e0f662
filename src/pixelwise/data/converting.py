"""Writing a data set in another format, and reading it back to see that it is the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.formats import FORMATS
from pixelwise.data.formats._base import image_files, subfolders
from pixelwise.data.layout import Layout, reading_decisions
from pixelwise.data.numbers import read_target
from pixelwise.data.pairs import Pair
from pixelwise.data.renumbering import as_read
from pixelwise.data.understand import on_disk, open_data, splits_on_disk
from pixelwise.data.wording import counted
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.ops.folders import new_folder, refuse_inside, refuse_used_folder
from pixelwise.ops.spread import evenly
from pixelwise.ops.threads import in_threads

__all__ = ["Conversion", "check_target", "convert_data", "writable_formats"]

_MOST_COMPARED = 2000  # masks that are read back; of more, so many evenly spread

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Conversion:
    """What came of a conversion.

    Attributes:
        folder: Where the data lie now.
        splits: The pairs of each split that lies on disk, as they were read.
        compared: How many masks were read back and found equal, pixel by pixel.
        notes: What the format does not keep.
        left_out: Images beside those that were read, which are not written.
        reasons: What was decided when the folders were read, such as which images do not count.
    """

    folder: Path
    splits: Mapping[str, Sequence[Pair]]
    compared: int
    notes: tuple[str, ...]
    left_out: tuple[Path, ...] = ()
    reasons: tuple[Decision, ...] = ()


def writable_formats() -> list[str]:
    """The formats that data can be written in."""
    return [name for name in FORMATS if FORMATS[name].write is not None]


def check_target(path: str | Path, folder: str | Path, format_name: str) -> Callable[[Dataset, Path], None]:
    """Find what is wrong with a wish to convert, without reading any data.

    Returns:
        What writes the format.

    Raises:
        SettingError: If there is no such format, or it can only be read.
        OutputError: If there is something at `folder`, or it lies in the data.
    """
    write = FORMATS[format_name].write
    if write is None:
        raise SettingError(
            f"Data can be read from the format {format_name}, not written in it. Written can be: "
            f"{', '.join(writable_formats())}."
        )
    refuse_inside(folder, path)
    refuse_used_folder(Path(folder).expanduser())
    return write


def convert_data(
    path: str | Path, folder: str | Path, format_name: str, *, dataset: Dataset, progress: Progress
) -> Conversion:
    """Write a data set in another format; it is read back and compared before it is put into its place.

    Args:
        path: The folder of the data.
        folder: A folder that is not there, or is empty.
        format_name: Of the format to write.
        dataset: What `open_data` returned for `path`.
        progress: Called with what is being done, how much of it is done and how much there is.

    Raises:
        SettingError: If there is no such format, or it can only be read.
        DataError: If a file cannot be read, or what was written is not what was read.
        OutputError: If the folder is not empty, or cannot be written.
    """
    write = check_target(path, folder, format_name)
    if dataset.classes.multilabel:
        raise SettingError(
            f"The classes of {dataset.root} overlap, and the format {format_name} gives each pixel one class. Keep the "
            "files as they are: one per class."
        )
    layout, on_its_disk = on_disk(path)
    found = as_read(dataset, on_its_disk)
    whole = replace(dataset, splits={split or "train": pairs for split, pairs in found.items()})
    with new_folder(folder) as place:
        write(whole, place)
        compared, notes = _compared(whole, place, progress)
    left_out = _left_out(layout, whole)
    return Conversion(
        Path(folder),
        whole.splits,
        compared,
        tuple(notes),
        left_out,
        tuple(reading_decisions(layout)) if left_out else (),
    )


def _left_out(layout: Layout, whole: Dataset) -> tuple[Path, ...]:
    """The images that lie beside those of the pairs, or in a folder of a split that cannot be used."""
    pairs = [pair for several in whole.splits.values() for pair in several]
    used = {file for pair in pairs for file in (pair.image, pair.target)}
    unusable = [layout.root / name for name in layout.found.left_out]
    unusable += [inner for folder in unusable if folder.is_dir() for inner in subfolders(folder)]
    folders = dict.fromkeys([*(pair.image.parent for pair in pairs), *filter(Path.is_dir, unusable)])
    masks = {pair.target.parent for pair in pairs if pair.target is not None} - {pair.image.parent for pair in pairs}
    return tuple(
        file
        for folder in folders
        if folder.is_dir() and folder not in masks
        for file in image_files(folder)
        if file not in used
    )


def _compared(whole: Dataset, place: Path, progress: Progress) -> tuple[int, list[str]]:
    """Read back what was written."""
    again = open_data(place, progress=partial(progress, "Reading it back"))
    _compare_classes(whole.classes, again.classes)
    before, after = _by_name(whole), _by_name(again)
    counts = sum(map(len, before.values())), sum(map(len, after.values()))
    if counts[0] != counts[1]:
        raise _differs(f"{counted(counts[0], 'image')} became {counts[1]}")
    if before.keys() == after.keys():
        chosen = list(evenly(sorted(before), _MOST_COMPARED))
        first, second = ([pair for name in chosen for pair in pairs[name]] for pairs in (before, after))
    else:
        first, second = ([pair for several in pairs.values() for pair in several] for pairs in (before, after))
    digests = [
        _digests(pairs, classes, partial(progress, what))
        for pairs, classes, what in (
            (first, whole.classes, "Comparing: what was read"),
            (second, again.classes, "Comparing: what was written"),
        )
    ]
    known = before.keys() == after.keys()
    of_names = [
        Counter(zip((pair.name if known else "" for pair in pairs), found, strict=True))
        for pairs, found in zip((first, second), digests, strict=True)
    ]
    missing = of_names[0] - of_names[1]
    if missing:
        wrong = [pair for pair, digest in zip(first, digests[0], strict=True) if (pair.name, digest) in missing]
        names = some_of(pair.image.name for pair in wrong) or "their names have changed too"
        raise _differs(f"{missing.total()} of {len(first)} masks: {names}")
    return len(first), _notes(whole, place)


def _compare_classes(before: Classes, after: Classes) -> None:
    """Refuse classes that have changed."""
    if before.names != after.names:
        raise _differs(f"the classes {some_of(before.names, most=12)} became {some_of(after.names, most=12)}")
    if before.binary != after.binary:
        raise _differs(f"binary was {before.binary}, and became {after.binary}")


def _differs(what: str) -> DataError:
    """What was written is not what was read: a fault of the format's writer, or of the disk."""
    return DataError(f"What was written is not what was read, so it is not kept: {what}.")


def _by_name(dataset: Dataset) -> dict[str, list[Pair]]:
    """All pairs by name; several splits may hold the same name."""
    found: dict[str, list[Pair]] = {}
    for pairs in dataset.splits.values():
        for pair in pairs:
            found.setdefault(pair.name, []).append(pair)
    return found


def _digests(pairs: Sequence[Pair], classes: Classes, progress: Callable[[int, int], None]) -> list[str]:
    """A number for the size of each image, and the class of each of its pixels."""

    def digest(pair: Pair) -> str:
        labels = np.ascontiguousarray(read_target(pair, classes))
        return hashlib.sha256(repr((pair.image_size(), labels.shape)).encode() + labels.tobytes()).hexdigest()

    return in_threads(digest, pairs, progress)


def _notes(whole: Dataset, place: Path) -> list[str]:
    """What the format does not keep."""
    before = _counts(whole.splits)
    after = _counts({split or "train": pairs for split, pairs in splits_on_disk(place).items()})
    if before == after:
        return []
    return [f"The splits ({_in_words(before)}) are not kept: on disk there is {_in_words(after)}."]


def _counts(splits: Mapping[str, Sequence[Pair]]) -> dict[str, int]:
    return {split: len(pairs) for split, pairs in sorted(splits.items())}


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{split} {count}" for split, count in counts.items())
