"""Writing `dataset.yaml`: everything that was found out about a folder, made explicit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset
from pixelwise.data.known_classes import BINARY_HIGHS
from pixelwise.data.pairs import Pair
from pixelwise.data.renumbering import LEFT_OUT
from pixelwise.data.settings_file import SETTINGS_FILE
from pixelwise.data.split import is_beginning
from pixelwise.data.wording import counted
from pixelwise.errors import OutputError, some_of
from pixelwise.ops.files import write_atomically

__all__ = ["add_splits", "class_settings", "settings_text", "write_settings"]

_HEAD = """\
# What pixelwise found in this folder. Every line may be changed; a key that is left out is found out anew.
# Options such as --ignore overrule it. Keys: format, classes, ignore, binary, separate, multilabel, validation,
# splits.
"""
_MOST_FOLDERS = 8  # of a split


def write_settings(
    dataset: Dataset,
    on_disk: Mapping[str, Sequence[Pair]],
    *,
    validation: float | str | None = None,
    seed: int = 0,
) -> Path:
    """Write `dataset.yaml` into the folder of a data set.

    Args:
        dataset: The data as they were understood.
        on_disk: The pairs of each split as they lie on disk, under "" where the disk knows no splits.
        validation: What was asked to be held out.
        seed: Which images make up a share.

    Returns:
        The file.

    Raises:
        OutputError: If there is such a file, the data are no folder, or it cannot be written.
    """
    if not dataset.root.is_dir():
        raise OutputError(f"{dataset.root} is a file; {SETTINGS_FILE} settles what a folder holds.")
    file = dataset.root / SETTINGS_FILE
    if file.exists():
        raise OutputError(f"{file} is there already, and counts. Remove it to have it written anew.")
    text = settings_text(dataset, on_disk, validation=validation, seed=seed)
    write_atomically(file, text.encode())
    return file


def add_splits(folder: Path, splits: Mapping[str, Sequence[str]]) -> None:
    """Write the splits into the `dataset.yaml` of a folder, which is made where there is none.

    Args:
        folder: The folder.
        splits: The images of each split, below the folder.

    Raises:
        OutputError: If the file cannot be written.
    """
    file = folder / SETTINGS_FILE
    text = file.read_text(encoding="utf-8-sig").rstrip() + "\n\n" if file.is_file() else ""
    listed = {"splits": {split: list(images) for split, images in splits.items()}}
    added = yaml.safe_dump(listed, sort_keys=False, allow_unicode=True, width=10**9)
    write_atomically(file, f"{text}# The images of train, val and test.\n{added}".encode())


def settings_text(
    dataset: Dataset,
    on_disk: Mapping[str, Sequence[Pair]],
    *,
    validation: float | str | None = None,
    seed: int = 0,
) -> str:
    """The text of the file; see `write_settings`."""
    lines = [
        _HEAD,
        "# How the files lie (pixelwise list formats).",
        _entry("format", dataset.format),
        "",
        *class_settings(dataset.classes),
        "",
        *_validation(dataset, on_disk, validation, seed),
        "",
        *_splits(dataset.root, on_disk),
    ]
    return "\n".join(lines) + "\n"


def class_settings(classes: Classes) -> Iterator[str]:
    """The lines about classes: names, ignored values, binary, separate."""
    if classes.any_positive:
        yield "# The classes. Every value above 0 is the object (binary: true)."
    elif classes.colored:
        yield "# The classes, each with the colour that masks store for it."
    elif classes.multilabel:
        yield "# The classes, each with its value: 1, 2, 4, … in the order of the names of the masks."
    else:
        yield "# The classes, each with the value that masks store for it."
    yield "classes:"
    for name, value in zip(classes.names, classes.values, strict=True):
        yield f"  {_entry(name, classes.shown(value) if classes.colored else value)}"
    ignored = [classes.shown(value) if classes.colored else value for value in classes.ignore_values]
    yield from ("", "# What is neither trained on nor scored; [] is nothing.")
    yield f"ignore: {yaml.safe_dump(ignored, default_flow_style=True, width=10**9).strip()}"
    yield from ("", "# Whether object and background are one output channel.")
    if classes.binary and not _is_said(classes):
        yield "# binary: true     follows from the classes"
    else:
        yield _entry("binary", classes.binary)
    yield from ("", "# Whether objects that have numbers are kept apart where they touch.")
    yield _entry("separate", classes.separate)
    if (
        classes.multilabel or LEFT_OUT in classes.ignore_values
    ):  # masks of one class each, once overlapping and once not
        yield from ("", "# Whether a pixel may belong to several classes.", _entry("multilabel", classes.multilabel))


def _is_said(classes: Classes) -> bool:
    """Whether `binary: true` says the same as the classes."""
    return classes.any_positive or (classes.values[0] == 0 and classes.values[1] in BINARY_HIGHS)


def _validation(
    dataset: Dataset, on_disk: Mapping[str, Sequence[Pair]], validation: float | str | None, seed: int
) -> Iterator[str]:
    """What is held out."""
    held_out = dataset.splits.get("val", ())
    if validation is None and tuple(on_disk.get("val", ())) == held_out:
        yield "# What is held out of train, as a share or by how names begin; nothing, since there is a val."
        yield "# validation: 0.2"
        return
    names = some_of(pair.image.name for pair in held_out)
    drawn = "" if seed == 0 else f"; with --seed {seed}, which has to be given again"
    yield "# What is held out of train: a share, or how names begin ('0001TP'). At present:"
    yield f"# {counted(len(held_out), 'image')}{drawn}: {names}".replace("\n", " ")
    share = validation if is_beginning(validation) else float(validation or 0.2)
    yield _entry("validation", share)


def _splits(root: Path, on_disk: Mapping[str, Sequence[Pair]]) -> Iterator[str]:
    """Where the images of each split lie."""
    yield "# The images of train, val and test: folders, files, or patterns such as 'street7_*'. Images that fit none"
    yield "# stay where they are."
    places = {split: sorted({pair.image.parent for pair in pairs}) for split, pairs in on_disk.items()}
    listed = [place for several in places.values() for place in several]
    is_told = all(len(several) <= _MOST_FOLDERS for several in places.values()) and "" not in places
    is_clear = len(set(listed)) == len(listed) and all(place != root and place.is_relative_to(root) for place in listed)
    if not places or not is_told or not is_clear:
        yield "# splits: {val: ['street7_*'], test: ['street8_*']}"
        return
    yield "splits:"
    for split, several in places.items():
        folders = [place.relative_to(root).as_posix() for place in several]
        yield f"  {split}: {yaml.safe_dump(folders, default_flow_style=True, allow_unicode=True, width=10**9).strip()}"


def _entry(key: str, value: object) -> str:
    """One line of YAML, with whatever quotes it needs."""
    return yaml.safe_dump({key: value}, allow_unicode=True, width=10**9).strip()
