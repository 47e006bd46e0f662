"""Opening a folder with nothing else said: what is in it, what is wrong with it, what was decided."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral
from pathlib import Path

import numpy as np

from pixelwise.data.bands import scale_as_model, scale_images
from pixelwise.data.classes import Classes
from pixelwise.data.color_legend import find_legend
from pixelwise.data.dataset import WHOLE, Dataset, Decision
from pixelwise.data.encoding import Wishes, decide_classes
from pixelwise.data.formats._base import SPLIT_WORDS
from pixelwise.data.formats.camvid import is_camvid
from pixelwise.data.known_classes import classes_of_model
from pixelwise.data.layout import Layout, find_layout, matched_pairs
from pixelwise.data.nodata import about_missing
from pixelwise.data.numbers import read_numbers
from pixelwise.data.opening import Opening, places_of_names
from pixelwise.data.pairs import Pair
from pixelwise.data.planes import decide_multilabel, settle_planes
from pixelwise.data.planes_of_model import planes_of_model
from pixelwise.data.presence import numbers_of, object_sizes, shown_classes
from pixelwise.data.repeated import copied_images, repeated_images
from pixelwise.data.scaling import Scaling
from pixelwise.data.scan import MaskStatistics, ScannedPair, scan_pairs
from pixelwise.data.sizes import about_orientation, refuse_other_sizes
from pixelwise.data.split import decide_splits
from pixelwise.data.swapped import refuse_swapped
from pixelwise.data.told import Told, said_together
from pixelwise.errors import SettingError, some_of
from pixelwise.ops.keywords import known_keywords
from pixelwise.ops.threads import in_threads

__all__ = ["Opening", "checked_ignore", "on_disk", "open_data", "open_for_evaluation", "settle"]


@known_keywords
def open_data(  # noqa: PLR0913 - all that may be said about a folder
    path: str | Path,
    *,
    ignore: Sequence[int] | None = None,
    classes: Sequence[str] | str | Path | None = None,
    binary: bool | None = None,
    separate: bool = False,
    multilabel: bool | None = None,
    validation: float | str | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Open a folder of images and masks for training; whatever is not said is found out, and stated.

    What a `dataset.yaml` in the folder says (`data.settings_file`) counts as said, as far as it is not overruled here.

    Every mask is read once, and the head of every image, so that bad files are refused here rather than in the
    middle of training.

    Args:
        path: The folder, in any of the layouts of `pixelwise list formats`.
        ignore: Stored values that are neither trained on nor scored, besides those recognised as void; an empty list:
            nothing is ignored.
        classes: Names of the stored values 0, 1, 2, …, or a file with one name per line. By default they are looked
            for in codes.txt, classes.txt or labels.txt in the folder. A name such as void marks its value as ignored.
        binary: True: everything above 0 is the object, 0 is the background. False: never binary. By default masks of
            two values 0 and 1, or 0 and 255, are binary.
        separate: Masks number their objects (0 is the background): as `binary=True`, but the border between objects
            that touch is background, and the pixels between near objects weigh more in the loss, as in the paper of
            the U-Net.
        multilabel: Whether pixels may belong to several classes, of masks in one file per class; by default, if in
            these masks some do.
        validation: What is held out of train: a share between 0 and 1, or how the names begin (such as "0001TP"). By
            default the val on disk, or a fifth of train.
        seed: Which images make up that share.
        progress: Called with how many pairs have been read and how many there are.

    Returns:
        The data set; `describe()` says what was decided and why.

    Raises:
        DataError: If the folder, a file or the masks cannot be used.
        SettingError: If what was said cannot be.
    """
    told = said_together(
        path,
        classes=classes,
        ignore=checked_ignore(ignore),
        binary=binary,
        separate=separate,
        multilabel=multilabel,
        validation=validation,
    )
    layout, found, decisions = _opened(path, told)
    scanned = _scanned(found, layout.root, progress)
    return settle(*settle_planes(Opening(Path(path), told, classes, layout, found, tuple(decisions)), scanned), seed)


def settle(opening: Opening, scanned: Mapping[Pair, ScannedPair], seed: int = 0) -> Dataset:
    """Decide classes and splits of files that have been read, and put everything together; as `open_data`.

    Args:
        opening: Where the pairs were found; as `settle_planes` returns it.
        scanned: What each of them holds.
        seed: Which images are held out.
    """
    told, layout = opening.told, opening.layout
    masks = MaskStatistics(tuple(scanned.values()))
    wishes = Wishes(
        names=opening.names(),
        ignore=told.ignore,
        binary=told.binary,
        separate=told.separate,
        legend=told.legend or find_legend(places_of_names(opening.path, layout)),
        is_camvid=layout.format == "camvid" and is_camvid((pair.image.name for pair in scanned), masks.pixels),
        is_annot=layout.format == "camvid",
    )
    if layout.found.names is not None and layout.found.names.combined:
        kinds, about_classes = decide_multilabel(opening, scanned)
    else:
        kinds, about_classes = decide_classes(masks, wishes, layout.root)
    shown = shown_classes(scanned, kinds)
    copied = copied_images(scanned)
    splits, about_splits = decide_splits(opening.pairs, told.validation, seed, layout.found.left_out, shown, copied)
    turned = [*about_orientation(masks.scanned, layout.root), *about_missing(masks.scanned)]
    decided = (*opening.decisions, *turned, *about_splits, *about_classes, *repeated_images(splits, copied))
    return scale_images(_dataset(layout, splits, kinds, decided, scanned, shown), scanned)


def open_for_evaluation(
    path: str | Path,
    classes: Classes,
    *,
    ignore: Sequence[int] | None = None,
    scaling: Scaling | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Open a folder of images and masks to measure a model on it.

    Splits are those on disk; where there are none, there is one called `all`, unless the folder itself is called like
    a split. Nothing is inferred about the classes: the masks must hold the model's.

    Args:
        path: The folder, in any of the layouts of `pixelwise list formats`.
        classes: The classes of the model.
        ignore: Stored values to leave out besides those that the model's classes ignore.
        scaling: How the model wants its images scaled; None for ordinary pictures.
        progress: Called with how many pairs have been read and how many there are.

    Raises:
        DataError: If the folder or a file cannot be used, or masks hold values outside the model's classes.
        SettingError: If a class of the model is to be ignored.
    """
    layout, found, decisions = _opened(path, said_together(path))
    scanned = _scanned(found, layout.root, progress)
    found, entries, classes, about_planes = planes_of_model(layout, found, scanned, classes)
    if classes.multilabel:
        kinds, about_classes = classes, about_planes
    else:
        masks = MaskStatistics(tuple(entries.values()))
        kinds, about_classes = classes_of_model(masks, classes, checked_ignore(ignore), layout.root)
        about_classes = [*about_planes, *about_classes]
    whole = SPLIT_WORDS.get(layout.root.name.lower(), WHOLE)
    splits = {split or whole: pairs for split, pairs in found.items()}
    turned = [*about_orientation(tuple(entries.values()), layout.root), *about_missing(entries.values())]
    decided = (*decisions, *turned, *about_classes)
    dataset = _dataset(layout, splits, kinds, decided, entries, shown_classes(entries, kinds))
    return scale_as_model(dataset, entries, scaling)


def checked_ignore(ignore: Sequence[int] | None) -> tuple[int, ...] | None:
    """Values to ignore, each once.

    Raises:
        SettingError: If one is no whole number from 0.
    """
    if ignore is None:
        return None
    wrong = [value for value in ignore if isinstance(value, bool) or not isinstance(value, Integral) or value < 0]
    if wrong:
        raise SettingError(f"ignore holds {some_of(map(repr, wrong))}; whole numbers from 0 are expected.")
    return tuple(dict.fromkeys(int(value) for value in ignore))


def on_disk(path: str | Path) -> tuple[Layout, dict[str, tuple[Pair, ...]]]:
    """The layout of a folder, and its pairs; see `splits_on_disk`.

    Raises:
        DataError: As there.
        SettingError: As there.
    """
    return _opened(path, said_together(path))[:2]


def splits_on_disk(path: str | Path) -> dict[str, tuple[Pair, ...]]:
    """The pairs of each split as they lie on disk, under "" where it knows none; no file is read.

    Raises:
        DataError: If the folder holds no data, or an image has no mask.
        SettingError: If a `dataset.yaml` cannot be used.
    """
    return on_disk(path)[1]


def _opened(path: str | Path, told: Told) -> tuple[Layout, dict[str, tuple[Pair, ...]], list[Decision]]:
    """The layout of a folder, and its pairs."""
    root = Path(path).expanduser()
    layout = find_layout(root if root.name else root.resolve(), told.format)
    found, decisions = matched_pairs(layout)
    arranged = told.arranged({split: pairs for split, pairs in found.items() if pairs})
    return layout, arranged, [*told.decisions, *layout.decisions, *decisions]


def _scanned(
    found: Mapping[str, tuple[Pair, ...]], root: Path, progress: Callable[[int, int], None] | None
) -> dict[Pair, ScannedPair]:
    """Read all files of all splits; refuse folders that are swapped, and masks of another size than their image."""
    scanned = scan_pairs([pair for pairs in found.values() for pair in pairs], progress)
    refuse_swapped(scanned, root)
    refuse_other_sizes(scanned, root)
    return {entry.pair: entry for entry in scanned}


def _dataset(
    layout: Layout,
    splits: Mapping[str, tuple[Pair, ...]],
    classes: Classes,
    decisions: tuple[Decision, ...],
    scanned: Mapping[Pair, ScannedPair],
    shown: Mapping[Pair, frozenset[str]],
) -> Dataset:
    """Put everything together, with the pixels of each class counted."""
    class_pixels: dict[str, tuple[int, ...]] = {}
    ignored_pixels: dict[str, int] = {}
    labelled_pixels: dict[str, int] = {}
    for split, pairs in splits.items():
        total: Counter[int] = Counter()
        for pair in pairs:
            total.update(numbers_of(scanned[pair], classes))
        ignored_pixels[split] = sum(total.pop(value, 0) for value in classes.ignore_values)
        ignored_pixels[split] += sum(scanned[pair].missing for pair in pairs)
        labelled_pixels[split] = total.total()
        if classes.multilabel:
            class_pixels[split] = tuple(classes.pixels_of(i, total) for i in range(classes.num_classes))
        elif classes.any_positive:
            objects = _object_pixels(pairs, classes) if classes.separate else sum(total.values()) - total[0]
            class_pixels[split] = (sum(total.values()) - objects, objects)
        else:
            class_pixels[split] = tuple(total[value] for value in classes.values)
    sizes = Counter(scanned[pair].image_size for pairs in splits.values() for pair in pairs)
    return Dataset(
        root=layout.root,
        format=layout.format,
        splits=dict(splits),
        classes=classes,
        sizes=dict(sorted(sizes.items())),
        decisions=decisions,
        class_pixels=class_pixels,
        ignored_pixels=ignored_pixels,
        labelled_pixels=labelled_pixels,
        shown=shown,
        object_sizes=object_sizes(scanned.values(), classes),
        digest=_digest(classes, ((split, scanned[pair]) for split, pairs in splits.items() for pair in pairs)),
    )


def _object_pixels(pairs: Sequence[Pair], classes: Classes) -> int:
    """Pixels of all objects without the borders between those that touch, for which the masks are read again."""

    def count(pair: Pair) -> int:
        return int(np.count_nonzero(classes.objects(read_numbers(pair, classes))))

    return sum(in_threads(count, pairs))


def _digest(classes: Classes, entries: Iterable[tuple[str, ScannedPair]]) -> str:
    """Twelve digits over classes, names, splits, sizes and mask statistics, wherever the folder lies."""
    kinds: tuple[object, ...] = (
        *(classes.names, classes.values, classes.ignore_values, classes.binary, classes.any_positive),
        *(
            ["separate"] if classes.separate else ["multilabel"] if classes.multilabel else []
        ),  # only then, so that earlier runs still know their data
    )
    lines = sorted(
        f"{split}\t{entry.pair.image.name}\t{entry.image_size}\t{sorted((entry.pixels or entry.colors).items())}"
        for split, entry in entries
    )
    return hashlib.sha256("\n".join([repr(kinds), *lines]).encode()).hexdigest()[:12]
