"""Writing folders of images and of masks: palette PNGs of class indices, their names, and `dataset.yaml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset
from pixelwise.data.numbers import read_numbers, read_target
from pixelwise.data.pairs import Pair
from pixelwise.data.scaling import ORDINARY, in_words
from pixelwise.data.settings_file import SETTINGS_FILE
from pixelwise.data.settings_text import class_settings
from pixelwise.errors import DataError
from pixelwise.ops.files import copy_file, write_atomically
from pixelwise.ops.image_io import SUFFIXES, write_png
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.threads import in_threads

__all__ = ["NAMES_FILE", "index_palette", "stored_as", "write_class_files", "write_image", "write_mask", "write_parts"]

NAMES_FILE = "classes.txt"
_VOID = (238, 238, 234)
_UNSAFE = '<>:"/\\|?*'


def write_parts(
    dataset: Dataset, folder: Path, places: Mapping[str, tuple[str, str]], *, format_name: str, with_splits: bool
) -> None:
    """Write all pairs, the names of the classes and `dataset.yaml`.

    Images are copied byte for byte where they are files, else written as PNG.

    Args:
        dataset: What to write.
        folder: An empty folder.
        places: The folders of the images and of the masks, below `folder`, per split.
        format_name: Of the layout, for `dataset.yaml`.
        with_splits: Whether `dataset.yaml` has to say which image belongs to which split, since the folders do not.

    Raises:
        DataError: If a file cannot be read.
        OutputError: If one cannot be written.
    """
    for place in {place for both in places.values() for place in both}:
        (folder / place).mkdir(parents=True, exist_ok=True)
    together: dict[tuple[str, str], list[tuple[str, Pair]]] = {}
    for split, several in dataset.splits.items():
        together.setdefault(places[split], []).extend((split, pair) for pair in several)
    entries = [
        (split, pair, name)
        for members in together.values()
        for (split, pair), name in zip(members, _names([pair for _, pair in members], dataset.root), strict=True)
    ]

    def write(entry: tuple[str, Pair, str]) -> str:
        split, pair, name = entry
        images, masks = places[split]
        image = write_image(pair, folder / images / name)
        write_mask(pair, dataset.classes, folder / masks / f"{name}.png")
        return image.relative_to(folder).as_posix()

    written = in_threads(write, entries)
    splits: dict[str, list[str]] = {}
    if with_splits:
        for (split, _, _), image in zip(entries, written, strict=True):
            splits.setdefault(split, []).append(image)
    write_class_files(folder, dataset.classes, format_name=format_name, splits=splits)


def write_class_files(
    folder: Path,
    classes: Classes,
    *,
    format_name: str | None = None,
    splits: Mapping[str, Sequence[str]] | None = None,
    validation: float | str | None = None,
) -> None:
    """Write `classes.txt` and `dataset.yaml` for masks that `write_mask` writes.

    Raises:
        OutputError: If a file cannot be written.
    """
    stored = stored_as(classes)
    write_atomically(folder / NAMES_FILE, "".join(f"{name}\n" for name in stored.names).encode())
    settings: dict[str, object] = {} if format_name is None else {"format": format_name}
    text = ["# How this folder is to be read; see docs/data.md of pixelwise."]
    text += [_yaml(settings)] if settings else []
    text += class_settings(stored)
    text += [_yaml({"validation": validation})] if validation is not None else []
    text += [_yaml({"splits": {split: list(images) for split, images in splits.items()}})] if splits else []
    write_atomically(folder / SETTINGS_FILE, ("\n".join(text) + "\n").encode())


def stored_as(classes: Classes) -> Classes:
    """The classes as `write_mask` stores them: 0, 1, 2, …, and 255 for what is ignored.

    Objects that have numbers keep them, since the borders between them are drawn when they are read.
    """
    if classes.any_positive:
        return classes
    ignored = (IGNORE_INDEX,) if classes.ignore_values else ()
    values = tuple(range(classes.num_classes))
    return replace(classes, values=values, ignore_values=ignored, colored=False, nearest=False)


def write_mask(pair: Pair, classes: Classes, path: Path) -> None:
    """Write the mask of a pair as a PNG of class indices with the colours of the classes; see `stored_as`.

    Raises:
        DataError: If it cannot be read, or holds numbers that are no class.
        OutputError: If the file cannot be written.
    """
    index: NDArray[np.integer] = read_numbers(pair, classes) if classes.any_positive else read_target(pair, classes)
    if classes.any_positive and index.size:
        if index.min() < 0 or index.max() > 65535:
            raise DataError(f"{pair.target} holds numbers of objects beyond 65535, which no PNG can store.")
        write_png(path, index.astype(np.uint8 if index.max() <= 255 else np.uint16))
        return
    write_png(path, index, palette=index_palette(classes))


def index_palette(classes: Classes) -> list[tuple[int, int, int]]:
    """256 colours: those of the classes, black, and a light grey for 255."""
    colors = [*classes.colors, *[(0, 0, 0)] * (IGNORE_INDEX - classes.num_classes)]
    return [*colors, _VOID]


def write_image(pair: Pair, path: Path) -> Path:
    """Write the image of a pair: its file byte for byte, or a PNG where it has none, or one of an unusual ending.

    Args:
        pair: With its image.
        path: Where to, without the ending.

    Returns:
        The file.

    Raises:
        DataError: If the image cannot be read, or is no ordinary picture and has no file of its own.
        OutputError: If the file cannot be written.
    """
    file = pair.source.image_file(pair)
    if file is not None and file.suffix.lower() in SUFFIXES:
        target = path.with_name(f"{path.name}{file.suffix.lower()}")
        copy_file(file, target)
        return target
    head = pair.source.head(pair)
    if not head.is_plain:
        raise DataError(
            f"{pair.image} has {in_words(head.bands, head.dtype)}, and no file of its own that could be copied; "
            f"{in_words(*ORDINARY)} is expected of what is written as PNG."
        )
    target = path.with_name(f"{path.name}.png")
    write_png(target, pair.read_image())
    return target


def _names(pairs: Sequence[Pair], root: Path) -> list[str]:
    """A name without an ending for each pair, all different: the image's own, as far as that does."""
    own = [_safe(pair.name) for pair in pairs]
    counts = Counter(name.lower() for name in own)
    longer = [name if counts[name.lower()] == 1 else _long(pair, root) for name, pair in zip(own, pairs, strict=True)]
    return list(_numbered(longer))


def _long(pair: Pair, root: Path) -> str:
    """The folders of an image and its name in one."""
    path = pair.image.relative_to(root) if pair.image.is_relative_to(root) else Path(pair.image.name)
    return _safe("_".join(path.with_suffix("").parts))


def _safe(name: str) -> str:
    """A name that every system takes for a file."""
    cleaned = "".join("_" if mark in _UNSAFE or ord(mark) < 32 else mark for mark in name).strip(" .")
    return cleaned or "image"


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """The names, with a number behind those that have been there."""
    taken: set[str] = set()
    for name in names:
        candidate, number = name, 2
        while candidate.lower() in taken:
            candidate, number = f"{name}_{number}", number + 1
        taken.add(candidate.lower())
        yield candidate


def _yaml(values: Mapping[str, object]) -> str:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True).rstrip()
