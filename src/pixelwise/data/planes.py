"""Masks of one class each, once they have been read: whether classes overlap, and what a missing mask means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Decision
from pixelwise.data.formats._class_files import class_files_of
from pixelwise.data.names import ClassNames, find_names, is_rest
from pixelwise.data.opening import Opening
from pixelwise.data.pairs import Pair, shown
from pixelwise.data.renumbering import LEFT_OUT, Scanned, renumbered
from pixelwise.data.wording import counted, percent
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.ops.palette import legend

__all__ = ["decide_multilabel", "refuse_missing", "settle_planes"]

_SLIPS = 0.001  # share of the covered pixels that may be those of two classes by a slip, as smoothed edges are
_GAPS = 0.01  # share of all pixels up to which those of no class are gaps between classes


@dataclass(frozen=True)
class _Overlap:
    """How classes lie over each other.

    Attributes:
        pixels: Of all masks.
        covered: Pixels of at least one class.
        shared: Pixels of at least two.
        masks: In how many images there are such pixels.
        most: The two classes that share the most.
    """

    pixels: int
    covered: int
    shared: int
    masks: int
    most: tuple[str, str] | None


def settle_planes(opening: Opening, scanned: Scanned) -> tuple[Opening, Scanned]:
    """Decide whether classes with files of their own overlap; where they do not, give each pixel one number.

    Anything but masks of one class each is returned as it is.

    Args:
        opening: Where the pairs were found.
        scanned: What each of them holds.

    Raises:
        DataError: If masks are missing, and nothing tells what that means.
        SettingError: If what was said cannot be.
    """
    told, known = opening.told, opening.layout.found.names
    if known is None or not known.combined:
        if told.multilabel:
            raise SettingError(
                f"The masks of {opening.layout.root} store one number for each pixel, which cannot belong to several "
                "classes then; --multilabel (multilabel=True) is for masks in one file per class."
            )
        return opening, scanned
    _refuse_wishes(opening)
    decided = refuse_missing(scanned, opening.layout.root)
    if told.binary:
        return _changed(opening, opening.pairs, None, decided), scanned
    overlap = _overlap(scanned, known.names)
    is_multilabel = overlap.shared > _SLIPS * overlap.covered if told.multilabel is None else told.multilabel
    decided.append(_about_overlap(overlap, len(scanned), is_multilabel=is_multilabel, is_told=told.multilabel))
    if is_multilabel and told.ignore:
        raise _nothing_to_ignore(told.ignore)
    if is_multilabel:
        return _changed(opening, opening.pairs, known, decided), scanned
    names, numbers, uncovered, about = _numbered(known.names, overlap)
    if about is not None:
        decided.append(about)
    pairs, entries = renumbered(opening.pairs, scanned, numbers, uncovered)
    is_left_out = overlap.shared > 0 or (uncovered == LEFT_OUT and overlap.covered < overlap.pixels)
    values = tuple(range(len(names)))
    one = ClassNames(names, known.source, values, (LEFT_OUT,) if is_left_out else ())
    return _changed(opening, pairs, one, decided), entries


def decide_multilabel(opening: Opening, scanned: Scanned) -> tuple[Classes, list[Decision]]:
    """The classes of masks of one class each that overlap.

    Raises:
        DataError: If no mask shows anything.
        SettingError: If the names that were given do not fit.
    """
    known = opening.layout.found.names
    if known is None or known.values is None:
        raise ValueError("the format has not said which values its classes have")
    names = known.names
    if opening.told.names is not None:
        names = _renamed(known, opening.told.names)
    elif opening.classes is not None:
        given = find_names(opening.classes, ())
        names = _renamed(known, given) if given is not None else names
    if not any(value for entry in scanned.values() for value in entry.pixels):
        raise DataError(
            f"All masks of the {len(scanned)} images of {opening.layout.root} are empty, so there is nothing to learn. "
            "Look whether the right folder of masks was found."
        )
    classes = Classes(names, known.values, (), legend(names), binary=False, multilabel=True)
    return classes, [Decision(f"{len(names)} classes: {some_of(names, most=12)}", known.source)]


def refuse_missing(scanned: Scanned, root: Path) -> list[Decision]:
    """Find out what it means that an image has no mask of a class.

    Where no mask is empty, masks were written only for what an image shows. Where some are, one that is not there has
    been lost.

    Raises:
        DataError: If masks are missing while others are empty.
    """
    missing: dict[Pair, tuple[str, ...]] = {}
    empty: list[Path] = []
    for pair, entry in scanned.items():
        source = class_files_of(pair)
        if lost := source.lacking(pair):
            missing[pair] = lost
        shows = int(np.bitwise_or.reduce(np.array([0, *entry.pixels], np.int64)))
        files = source.files[pair.image]
        empty += [files[name] for i, name in enumerate(source.names) if name in files and not shows >> i & 1]
    if not missing:
        return []
    count = Counter(name for lost in missing.values() for name in lost)
    if empty:
        names = some_of(f"{shown(pair.image, root)} ({', '.join(lost)})" for pair, lost in missing.items())
        verb = "has" if len(missing) == 1 else "have"
        raise DataError(
            f"{len(missing)} of {counted(len(scanned), 'image')} {verb} no mask of every class: {names}. That it shows "
            f"no such thing cannot be concluded, since {counted(len(empty), 'mask')} of this folder "
            f"{'is' if len(empty) == 1 else 'are'} empty ({some_of(shown(file, root) for file in empty)}). Add the "
            "missing masks, black where there is nothing."
        )
    counts = ", ".join(f"{name} in {counted(images, 'image')}" for name, images in sorted(count.items()))
    why = f"no mask is empty, so masks were written only where there is something; without a mask: {counts}"
    return [Decision("An image without a mask of a class does not show it", why)]


def _refuse_wishes(opening: Opening) -> None:
    """Refuse what cannot be said of masks of one class each."""
    told = opening.told
    if told.separate:
        raise SettingError(
            "The masks have one file per class and do not number their objects, so those that touch cannot be kept "
            "apart. Leave --separate (separate=True) away."
        )
    if told.binary and told.multilabel:
        raise SettingError(
            "Both --binary (binary=True), one object against the background, and --multilabel (multilabel=True), "
            "several classes that may overlap, are asked for. Leave one of the two away."
        )
    if told.ignore and (told.ignore != (LEFT_OUT,) or told.binary):  # which dataset.yaml lists where it is used
        raise _nothing_to_ignore(told.ignore)


def _nothing_to_ignore(ignore: tuple[int, ...]) -> SettingError:
    return SettingError(
        f"Masks of one class each hold no value that could be ignored (ignore: {some_of(ignore)}). Leave --ignore away."
    )


def _changed(
    opening: Opening, pairs: Mapping[str, Sequence[Pair]], names: ClassNames | None, decided: Sequence[Decision]
) -> Opening:
    found = replace(opening.layout.found, names=names)
    return replace(
        opening,
        layout=replace(opening.layout, found=found),
        pairs={split: tuple(several) for split, several in pairs.items()},
        decisions=(*opening.decisions, *decided),
    )


def _renamed(known: ClassNames, given: ClassNames) -> tuple[str, ...]:
    """Other names for the same classes."""
    values = known.values or ()
    stored = given.values or values
    if len(given.names) != len(values) or set(stored) != set(values):
        raise SettingError(
            f"{given.source} names {len(given.names)} classes, but there are masks of {len(values)}: "
            f"{some_of(known.names, most=12)}. Give a name for each of them, in this order."
        )
    by_value = dict(zip(stored, given.names, strict=True))
    return tuple(by_value[value] for value in values)


def _overlap(scanned: Scanned, names: Sequence[str]) -> _Overlap:
    """Count the pixels that several classes share."""
    total: Counter[int] = Counter()
    for entry in scanned.values():
        total.update(entry.pixels)
    shared = {value: count for value, count in total.items() if value & (value - 1)}
    by_two: Counter[tuple[str, str]] = Counter()
    for value, count in shared.items():
        held = [name for i, name in enumerate(names) if value >> i & 1]
        by_two.update(dict.fromkeys(combinations(held, 2), count))
    return _Overlap(
        pixels=total.total(),
        covered=total.total() - total[0],
        shared=sum(shared.values()),
        masks=sum(not shared.keys().isdisjoint(entry.pixels) for entry in scanned.values()),
        most=by_two.most_common(1)[0][0] if by_two else None,
    )


def _about_overlap(overlap: _Overlap, images: int, *, is_multilabel: bool, is_told: bool | None) -> Decision:
    """Whether pixels may belong to several classes, and on which evidence."""
    found = f"no two classes overlap in {counted(images, 'image')}"
    if overlap.most is not None:
        share = percent(overlap.shared / max(1, overlap.covered))
        found = (
            f"classes overlap in {overlap.masks} of {counted(images, 'image')}, at {share} of the pixels that have a "
            f"class; the most {overlap.most[0]} and {overlap.most[1]}"
        )
    asked = "asked for; " if is_told is not None else ""
    if is_multilabel:
        other = "" if is_told else "; for one class per pixel give --no-multilabel"
        return Decision("Multi-label: a pixel may belong to several classes, or to none", f"{asked}{found}{other}")
    left = ", where they do it is left out" if overlap.shared else ""
    other = "" if is_told is False else "; if they may, give --multilabel"
    return Decision(f"One class per pixel{left}", f"{asked}{found}{other}")


def _numbered(
    names: tuple[str, ...], overlap: _Overlap
) -> tuple[tuple[str, ...], dict[str, int], int, Decision | None]:
    """Names in the order of their numbers, the number of each class, that of pixels of none, and why that."""
    uncovered = overlap.pixels - overlap.covered
    share = f"{percent(uncovered / max(1, overlap.pixels))} of the pixels belong to no class"
    has_background = any(map(is_rest, names))
    ordered = tuple(sorted(names, key=lambda name: not is_rest(name)))
    if has_background or uncovered <= _GAPS * overlap.pixels:
        numbers = {name: number for number, name in enumerate(ordered)}
        about = Decision("Pixels of no class are left out", share) if uncovered else None
        return ordered, numbers, LEFT_OUT, about
    ordered = ("background", *names)
    about = Decision("Pixels of no class are background, a class of its own", share)
    return ordered, {name: number for number, name in enumerate(ordered) if number}, 0, about
