"""Masks against classes that are known: those with values outside them are refused."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pixelwise.data.classes import Classes
from pixelwise.data.color_encoding import decide_shades, doubtful_colors, is_smoothed
from pixelwise.data.dataset import Decision
from pixelwise.data.mask_kind import refuse_colors
from pixelwise.data.names import ClassNames
from pixelwise.data.pairs import shown
from pixelwise.data.scan import MaskStatistics, ScannedPair
from pixelwise.data.wording import counted, ended
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["BINARY_HIGHS", "classes_of_model", "count_from_one", "refuse_outside"]

BINARY_HIGHS = (1, 255, 65535)  # what masks of 0 and one other value store for the object


def classes_of_model(
    masks: MaskStatistics, classes: Classes, ignore: tuple[int, ...] | None, root: Path
) -> tuple[Classes, list[Decision]]:
    """The classes of a model as these masks store them.

    Only one difference is bridged: a binary model may have learnt from 0 and 255 and meet 0 and 1, or the reverse.

    Args:
        masks: What the masks hold.
        classes: The classes of the model.
        ignore: Values to leave out besides those that the classes ignore.
        root: The folder of the data, for messages.

    Raises:
        DataError: If masks hold colours, or values outside the classes; of a model that learnt from smoothed colours,
            if many pixels have a colour that is far from all of them.
        SettingError: If a class of the model is to be ignored.
    """
    decisions = [Decision(f"The classes are the model's {classes.num_classes}", f"stored as {classes.span()}")]
    more = tuple(value for value in ignore or () if value not in classes.ignore_values)
    clash = [value for value in more if value in classes.values]
    if clash:
        names = some_of(f"{value} ({classes.names[classes.values.index(value)]})" for value in clash)
        raise SettingError(ended(f"A class of the model cannot be ignored: {names}"))
    if more:
        classes = replace(classes, ignore_values=(*classes.ignore_values, *more))
        decisions.append(Decision(f"Ignored besides: {some_of(more, most=12)}", "asked for (ignore)"))
    if classes.colored:
        masks = masks.as_colors()
    else:
        refuse_colors(masks, root, _numbers_for(classes, root))
    if classes.nearest:
        return classes, [*decisions, *(doubtful_colors(masks, classes, root) if classes.colored else [])]
    values = {value for value in masks.values if value not in classes.ignore_values}
    if classes.binary and not classes.any_positive and not values <= set(classes.values):
        if is_smoothed(masks):
            nearest, about = decide_shades(masks, (classes.names[0], classes.names[1]), classes.ignore_values)
            return nearest, [*decisions, *about]
        high = next((high for high in BINARY_HIGHS if values <= {0, high}), None)
        if high is not None and classes.values[0] == 0:
            decisions.append(Decision(f"{high} is {classes.names[1]}", f"the masks hold 0 and {high} only"))
            classes = replace(classes, values=(0, high))
    cure = "The model knows no other classes: take masks with its values"
    refuse_outside(masks, classes, root, cure=cure)
    return classes, decisions


def count_from_one(names: ClassNames, entries: Sequence[ScannedPair]) -> bool:
    """Whether masks evidently number the classes from 1, where the names are taken to stand for 0, 1 and so on.

    Args:
        names: What the classes are called.
        entries: What the masks hold.
    """
    found = {value for entry in entries for value in entry.pixels} - {*names.ignore, IGNORE_INDEX}
    return names.values is None and bool(found) and min(found) > 0 and max(found) == len(names.names)


def _numbers_for(classes: Classes, root: Path) -> str:
    """How masks of colours become such that a model can be scored on them."""
    of_classes = (f"{name} ({value})" for name, value in zip(classes.names, classes.values, strict=True))
    knows = ended(f"The model knows the {classes.num_classes} classes {some_of(of_classes, most=12)}")
    in_order = classes.values == tuple(range(classes.num_classes)) or (classes.binary and classes.values[0] == 0)
    if not in_order:
        return f"{knows} Save the masks with these numbers, as grey or palette PNG."
    return (
        f"{knows} Give the colours in the order of these classes in a legend beside the data, such as class_dict.csv "
        f"with the lines `name,red,green,blue`; `pixelwise check {shlex.quote(str(root))} --fix OUT` then writes a "
        "copy with these numbers."
    )


def refuse_outside(masks: MaskStatistics, classes: Classes, root: Path, *, cure: str = "") -> None:
    """Refuse masks whose values are neither classes nor ignored.

    Args:
        masks: What the masks hold.
        classes: What they may hold.
        root: The folder of the data, for messages.
        cure: What to do instead of ignoring the values; by default, to name the missing classes.

    Raises:
        DataError: If there are such values: how many masks and pixels, the values, the first three files, and the
            two cures.
    """
    if classes.any_positive:
        foreign = [value for value in masks.values if value < 0]
    else:
        known = {*classes.values, *classes.ignore_values}
        foreign = [value for value in masks.values if value not in known]
    if not foreign:
        return
    wrong = [entry for entry in masks.scanned if not entry.pixels.keys().isdisjoint(foreign)]
    pixels = sum(masks.pixels[value] for value in foreign)
    verb = "holds" if len(wrong) == 1 else "hold"
    options = " ".join(f"--ignore {classes.shown(value)}" for value in foreign[:6])
    cure = cure or "Add the missing classes to the names (codes.txt or --classes)"
    found = ended(
        f"{len(wrong)} of {len(masks.scanned)} masks {verb} values outside the {classes.num_classes} classes "
        f"({classes.span()}), {counted(pixels, 'pixel')} in all: "
        f"{some_of(_described(entry, foreign, classes, root) for entry in wrong)}"
    )
    raise DataError(f"{found} {cure}, or leave these pixels out with `{options}`.")


def _described(entry: ScannedPair, foreign: list[int], classes: Classes, root: Path) -> str:
    """A mask with its values outside the classes."""
    values = [value for value in foreign if value in entry.pixels]
    word = "value" if len(values) == 1 else "values"
    pixels = sum(entry.pixels[value] for value in values)
    name = shown(entry.pair.target, root) if entry.pair.target is not None else entry.pair.name
    return f"{name} ({word} {some_of(map(classes.shown, values))}: {counted(pixels, 'pixel')})"
