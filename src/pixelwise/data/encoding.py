"""Which classes the masks hold, how they are stored, and what is ignored: decided from evidence, each time stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pixelwise.data.classes import MAX_CLASSES, Classes
from pixelwise.data.color_encoding import decide_colors, decide_shades, is_smoothed
from pixelwise.data.color_legend import ColorLegend
from pixelwise.data.dataset import Decision
from pixelwise.data.formats.camvid import CAMVID_NAMES, CAMVID_VOID
from pixelwise.data.known_classes import BINARY_HIGHS, refuse_outside
from pixelwise.data.mask_kind import (
    have_own_palettes,
    refuse_constant,
    refuse_jpeg,
    refuse_numbered_objects,
)
from pixelwise.data.names import ClassNames, is_rest, is_void
from pixelwise.data.scan import MaskStatistics
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.palette import legend

__all__ = ["Wishes", "decide_classes"]

_BINARY_NAMES = ("background", "object")
_LARGEST_INDEX = 64  # 255 beside numbers no larger than this is void; beside 85 and 170 it is one of four shades


@dataclass(frozen=True)
class Wishes:
    """What the user has said about the classes.

    Attributes:
        names: Names of the values, or None.
        ignore: Values to ignore besides those recognised; empty: no value is ignored; None: nothing was said.
        binary: Whether to reduce masks to object and background; None: nothing was said.
        separate: Whether to do so with a border between objects that touch.
        legend: Classes by colour, for masks of colours.
        is_camvid: Whether files and values were recognised as CamVid's.
        is_annot: Whether the layout is that of SegNet's CamVid, where the last value is often void.
    """

    names: ClassNames | None = None
    ignore: tuple[int, ...] | None = None
    binary: bool | None = None
    separate: bool = False
    legend: ColorLegend | None = None
    is_camvid: bool = False
    is_annot: bool = False


def decide_classes(masks: MaskStatistics, wishes: Wishes, root: Path) -> tuple[Classes, list[Decision]]:
    """Find the classes of masks.

    Args:
        masks: What the masks hold.
        wishes: What the user has said.
        root: The folder of the data, for messages.

    Returns:
        The classes and what was decided, with the evidence.

    Raises:
        DataError: If the masks are no masks of classes, or hold values outside the classes.
        SettingError: If what the user has said cannot be.
    """
    names = wishes.names
    if any(entry.num_colors for entry in masks.scanned) or (names is None and have_own_palettes(masks)):
        classes, decisions = decide_colors(
            masks,
            wishes.legend,
            root,
            ignore=wishes.ignore or (),
            binary=wishes.binary,
            separate=wishes.separate,
        )
        return classes, [*decisions, *_unused(wishes)]
    if wishes.binary is not False and (names is None or len(names.names) == 2) and is_smoothed(masks):
        both = _BINARY_NAMES if names is None else (names.names[0], names.names[1])
        return decide_shades(masks, both, wishes.ignore or ())
    refuse_jpeg(masks, root)
    if wishes.separate and wishes.binary is False:
        raise SettingError(
            "Objects that are kept apart (--separate, separate=True) make binary masks, which --no-binary "
            "(binary=False) rules out. Leave one of the two away."
        )
    if wishes.binary or wishes.separate:
        return _objects(masks, wishes, root)
    if names is None and wishes.is_camvid:
        return _camvid(masks, wishes, root)
    if names is not None:
        return _named(masks, wishes, names, root)
    refuse_numbered_objects(masks, root)
    return _unnamed(masks, wishes, root)


def _unused(wishes: Wishes) -> list[Decision]:
    """That names of numbers have no place where masks hold colours that nothing names."""
    if wishes.names is None or wishes.legend is not None:
        return []
    why = "they name numbers, and the masks hold colours; class_dict.csv beside the data names those"
    return [Decision(f"The names in {wishes.names.source} are not used", why)]


def _objects(masks: MaskStatistics, wishes: Wishes, root: Path) -> tuple[Classes, list[Decision]]:
    """Object and background, because the user has said so."""
    names = _BINARY_NAMES if wishes.names is None or len(wishes.names.names) != 2 else wishes.names.names
    ignored = wishes.ignore or ()
    found = [value for value in masks.values if value not in ignored]
    refuse_constant(masks, ignored, root)
    if found[0] != 0:
        raise DataError(
            f"No mask holds the value 0, which is the background of a binary mask (found: {some_of(found)}); give the "
            "value to be left out with --ignore, or leave --binary and --separate away."
        )
    if len(found) == 2 and wishes.separate:
        raise DataError(
            f"The masks hold 0 and {found[1]} only: their objects have no numbers by which those that touch could be "
            "told apart. Leave --separate (separate=True) away, or take masks that number their objects."
        )
    if len(found) == 2 and found[1] in BINARY_HIGHS:
        classes = _classes(names, (0, found[1]), ignored, binary=True)
        return classes, [Decision(f"Binary: 0 is {names[0]}, {found[1]} is {names[1]}", "asked for, and so stored")]
    classes = Classes(names, (0, 1), ignored, legend(names), binary=True, any_positive=True, separate=wishes.separate)
    why = f"asked for; the masks hold {len(found)} values from 0 to {found[-1]}"
    decisions = [Decision(f"Binary: 0 is {names[0]}, every value above 0 is {names[1]}", why), *_said(ignored)]
    if wishes.separate:
        what = f"Where two objects touch, the border between them, two pixels wide, is {names[0]}"
        decisions.append(Decision(what, "asked for (separate), in training and in scoring"))
    return classes, decisions


def _camvid(masks: MaskStatistics, wishes: Wishes, root: Path) -> tuple[Classes, list[Decision]]:
    """CamVid's eleven classes."""
    span = f"{masks.values[0]} to {masks.values[-1]}"
    evidence = f"recognised as CamVid: folders with …annot, its sequences at the beginning of all names, values {span}"
    if wishes.ignore == ():
        classes = _classes((*CAMVID_NAMES, "void"), tuple(range(12)), ())
        decisions = [Decision("12 classes: CamVid's eleven and void", f"{evidence}; no value is to be ignored")]
    else:
        ignored = tuple(dict.fromkeys((CAMVID_VOID, *(wishes.ignore or ()))))
        kept = [value for value in range(len(CAMVID_NAMES)) if value not in ignored]
        classes = _classes(tuple(CAMVID_NAMES[value] for value in kept), tuple(kept), ignored)
        share = 100 * masks.share(CAMVID_VOID)
        decisions = [
            Decision(f"{len(kept)} classes: {', '.join(classes.names)}", evidence),
            Decision(
                f"{CAMVID_VOID} is void and ignored", f"CamVid's value for unlabelled pixels; {share:.1f} % of them"
            ),
            *_said(wishes.ignore),
        ]
    refuse_outside(masks, classes, root)
    refuse_constant(masks, classes.ignore_values, root)
    return classes, decisions


def _named(masks: MaskStatistics, wishes: Wishes, given: ClassNames, root: Path) -> tuple[Classes, list[Decision]]:
    """Classes whose names are known."""
    names = given.names
    if len(names) > MAX_CLASSES + 1:
        raise SettingError(f"{given.source} holds {len(names)} names; at most {MAX_CLASSES} classes are possible.")
    stored = given.values or _stored_values(masks, len(names))
    nothing_ignored = wishes.ignore == ()
    void = [value for value, name in zip(stored, names, strict=True) if is_void(name) and not nothing_ignored]
    decisions = [Decision(f"{len(names) - len(void)} named classes", f"{len(names)} names in {given.source}")]
    if given.values is None and stored != tuple(range(len(names))):
        why = f"as many values as names, and they are no numbering from 0: {some_of(stored, most=12)}"
        decisions.append(Decision("The names belong to the stored values in their order", why))
    for value in void:
        why = f"called {names[stored.index(value)]!r} in {given.source}; {100 * masks.share(value):.1f} % of the pixels"
        decisions.append(Decision(f"{value} is ignored", why))
    if wishes.is_camvid and CAMVID_VOID not in stored and not nothing_ignored:
        void.append(CAMVID_VOID)
        why = f"recognised as CamVid's value for unlabelled pixels; {100 * masks.share(CAMVID_VOID):.1f} % of them"
        decisions.append(Decision(f"{CAMVID_VOID} is void and ignored", why))
    elif not void and IGNORE_INDEX not in stored and IGNORE_INDEX in masks.values and not nothing_ignored:
        void.append(IGNORE_INDEX)
        decisions.append(_void_255(masks))
    if given.ignore and not nothing_ignored:
        found = [value for value in given.ignore if value in masks.pixels and value not in void]
        void += given.ignore
        decisions += [Decision(f"{some_of(found, most=12)} ignored", given.source)] if found else []
    ignored = tuple(dict.fromkeys((*void, *(wishes.ignore or ()))))
    kept = [(value, name) for value, name in zip(stored, names, strict=True) if value not in ignored]
    is_binary = wishes.binary is None and len(kept) == 2 and is_rest(kept[0][1])
    classes = _classes(tuple(name for _, name in kept), tuple(value for value, _ in kept), ignored, binary=is_binary)
    if given.colors is not None:
        classes = _painted(classes, dict(zip(stored, given.colors, strict=True)))
    refuse_outside(masks, classes, root)
    refuse_constant(masks, ignored, root)
    return classes, [*decisions, *_said(wishes.ignore), *_absent(masks, classes), *_binary_by_names(classes)]


def _unnamed(masks: MaskStatistics, wishes: Wishes, root: Path) -> tuple[Classes, list[Decision]]:
    """Classes of which only the values are known."""
    ignored = list(wishes.ignore or ())
    decisions = _said(wishes.ignore)
    others = [value for value in masks.values if value not in (IGNORE_INDEX, *ignored)]
    is_void_255 = IGNORE_INDEX in masks.values and len(others) >= 2 and others[-1] <= _LARGEST_INDEX
    if is_void_255 and wishes.ignore != () and IGNORE_INDEX not in ignored:
        ignored.append(IGNORE_INDEX)
        decisions.append(_void_255(masks))
    values = tuple(value for value in masks.values if value not in ignored)
    refuse_constant(masks, tuple(ignored), root)
    if values[0] < 0:
        raise DataError(f"Masks hold negative values ({some_of(values)}); whole numbers from 0 are expected.")
    if len(values) == 2 and values[0] == 0 and values[1] in BINARY_HIGHS and wishes.binary is None:
        why = f"the masks hold 0 and {values[1]} only; for two classes of equal rank give --no-binary (binary=False)"
        decisions.insert(0, Decision(f"Binary: 0 is background, {values[1]} is object", why))
        return _classes(_BINARY_NAMES, values, tuple(ignored), binary=True), decisions
    return _classes(tuple(f"class {value}" for value in values), values, tuple(ignored)), [
        _numbered(values),
        *decisions,
        *([] if ignored or wishes.ignore == () else [_nothing_void(values, wishes.is_annot)]),
    ]


def _classes(
    names: Sequence[str], values: tuple[int, ...], ignored: tuple[int, ...], *, binary: bool = False
) -> Classes:
    """Classes with the colours of their names."""
    if len(names) < 2:
        left = "Only 1 class" if names else "No class"
        verb = "is" if len(ignored) == 1 else "are"
        raise DataError(f"{left} is left when {some_of(ignored, most=12)} {verb} ignored; at least two are needed.")
    return Classes(tuple(names), values, ignored, legend(names), binary=binary)


def _painted(classes: Classes, known: Mapping[int, tuple[int, int, int] | None]) -> Classes:
    """The classes in the colours that the format knows, unless two of them would look alike."""
    own = zip(classes.values, classes.colors, strict=True)
    colors = tuple(known.get(value) or color for value, color in own)
    return replace(classes, colors=colors) if len(set(colors)) == len(colors) else classes


def _stored_values(masks: MaskStatistics, num_names: int) -> tuple[int, ...]:
    """The stored value of each name: 0, 1, 2, … or, if the masks evidently number otherwise, their values in order.

    Masks that hold 0 and 255 only, or 0, 50, 100 and 150, number otherwise: no value but 0 is one of 0, 1, 2, …
    """
    inside = [value for value in masks.values if 0 < value < num_names]
    if not inside and len(masks.values) == num_names:
        return masks.values
    return tuple(range(num_names))


def _said(ignore: tuple[int, ...] | None) -> list[Decision]:
    """What the user has said about ignored values."""
    if not ignore:
        return []
    verb = "is" if len(ignore) == 1 else "are"
    return [Decision(f"{some_of(ignore, most=12)} {verb} ignored", "asked for (ignore)")]


def _void_255(masks: MaskStatistics) -> Decision:
    """255 as void, with the evidence."""
    where = f"{masks.num_masks_with(IGNORE_INDEX)} of {len(masks.scanned)} masks"
    share = f"{100 * masks.share(IGNORE_INDEX):.2f} % of the pixels, in {where}"
    why = f"the customary value for unlabelled pixels, beside smaller numbers ({share})"
    why += "; if it is a class, give --ignore none"
    return Decision("255 is void and ignored", why)


def _numbered(values: tuple[int, ...]) -> Decision:
    """The values as classes without names."""
    if values == tuple(range(len(values))):
        what = f"{len(values)} classes: the values 0 to {values[-1]}"
    else:
        what = f"{len(values)} classes: the values {some_of(values, most=20)}, with gaps"
    return Decision(what, "they have no names; write these into codes.txt beside the data, or give --classes")


def _nothing_void(values: tuple[int, ...], is_annot: bool) -> Decision:
    """That no value is ignored, and how to say otherwise."""
    custom = "in folders called …annot the last value is often void, but " if is_annot else ""
    why = f"{custom}nothing says that a value is; if the last one is void, give --ignore {values[-1]}"
    return Decision("All values are taken as classes, none is ignored", why)


def _absent(masks: MaskStatistics, classes: Classes) -> list[Decision]:
    """Named classes that no mask shows."""
    absent = [name for name, value in zip(classes.names, classes.values, strict=True) if value not in masks.pixels]
    if not absent:
        return []
    what = f"{len(absent)} of the classes {'is' if len(absent) == 1 else 'are'} in no mask: {some_of(absent, most=6)}"
    return [Decision(what, "kept, as named")]


def _binary_by_names(classes: Classes) -> list[Decision]:
    """That two named classes are binary."""
    if not classes.binary:
        return []
    why = f"two classes, the first of which is called {classes.names[0]!r}; otherwise give --no-binary"
    return [Decision("Binary: one output channel", why)]
