"""Masks that are no masks of classes, each refused with what was found and what to do."""

from __future__ import annotations

from pathlib import Path

from pixelwise.data.pairs import shown
from pixelwise.data.scan import MaskStatistics, ScannedPair, is_lossy
from pixelwise.errors import DataError, some_of
from pixelwise.ops.color_codes import hex_of

__all__ = [
    "have_own_palettes",
    "refuse_colors",
    "refuse_constant",
    "refuse_jpeg",
    "refuse_numbered_objects",
    "shown_masks",
]

_MOST_VALUES = 64  # more different numbers than this are no classes, unless they are named
_NUMBERED = 0.95  # share of the masks whose values are 0, 1, … n without a gap
_MANY_OBJECTS = 10
_DIFFERENT_COUNTS = 5


def refuse_colors(masks: MaskStatistics, root: Path, cure: str = "") -> None:
    """Refuse masks that hold colours instead of numbers.

    Args:
        masks: What they hold.
        root: The folder of the data, for messages.
        cure: What to do; by default, to convert them.

    Raises:
        DataError: If there are any; the first three files and some of their colours are named.
    """
    colored = [entry for entry in masks.scanned if entry.num_colors]
    if not colored:
        return
    colors = some_of(dict.fromkeys(hex_of(color) for entry in colored for color in list(entry.colors)[:3]))
    most = max(entry.num_colors for entry in colored)
    verb = "holds" if len(colored) == 1 else "hold"
    raise DataError(
        f"{len(colored)} of {len(masks.scanned)} masks {verb} colours ({shown_masks(colored, root)}; up to {most} "
        f"different colours in a mask, such as {colors}); masks of one number per class are expected. "
        + (cure or "Convert each colour into the number of its class and save the masks as grey or palette PNG.")
    )


def have_own_palettes(masks: MaskStatistics) -> bool:
    """Whether one number stands for different colours in different masks, so that only the colours can be classes."""
    known: dict[int, tuple[int, int, int]] = {}
    return any(
        known.setdefault(value, color) != color for entry in masks.scanned for value, color in entry.palette.items()
    )


def refuse_jpeg(masks: MaskStatistics, root: Path) -> None:
    """Refuse masks of more than two values in JPEG files, whose compression alters numbers.

    Raises:
        DataError: If there are any.
    """
    lossy = [entry for entry in masks.scanned if is_lossy(entry.pair.target)]
    if lossy and len(masks.values) > 2:
        kind = "is a JPEG file" if len(lossy) == 1 else "are JPEG files"
        raise DataError(
            f"{len(lossy)} of {len(masks.scanned)} masks {kind} ({shown_masks(lossy, root)}), whose compression "
            "alters numbers, above all at the edges of objects. Take the masks from before they became JPEG, as PNG."
        )


def refuse_numbered_objects(masks: MaskStatistics, root: Path) -> None:
    """Refuse masks that give each object its own number, and masks with too many values to be classes.

    Raises:
        DataError: If the masks are of this kind.
    """
    values = masks.values
    advice = (
        "For objects against background give --binary (binary=True), or --separate (separate=True) to keep those apart "
        "that touch; if they are classes after all, name them in codes.txt or with --classes."
    )
    if len(values) > _MOST_VALUES or (len(values) > 2 and values[-1] > 255):
        raise DataError(
            f"The masks hold {len(values)} different values from {values[0]} to {values[-1]}: it seems that each "
            f"object has its own number (such as in {shown_masks(masks.scanned, root)}). {advice}"
        )
    numbered = [entry for entry in masks.scanned if sorted(entry.pixels) == list(range(len(entry.pixels)))]
    lengths = {len(entry.pixels) for entry in masks.scanned}
    if (
        len(numbered) >= _NUMBERED * len(masks.scanned)
        and len(lengths) >= _DIFFERENT_COUNTS
        and max(lengths) > _MANY_OBJECTS
    ):
        raise DataError(
            f"Nearly every mask holds 0, 1, 2, … up to a last number of its own (at most {values[-1]}): it seems that "
            f"each object is numbered (such as in {shown_masks(masks.scanned, root)}). {advice}"
        )


def refuse_constant(masks: MaskStatistics, ignored: tuple[int, ...], root: Path) -> None:
    """Refuse masks from which nothing can be learnt, since they hold one value.

    Raises:
        DataError: If there is one value in all masks, or one value in each of them.
    """
    values = [value for value in masks.values if value not in ignored]
    files = shown_masks(masks.scanned, root)
    if len(values) < 2:
        only = f"the value {values[0]}" if values else "ignored values"
        beside = f" besides ignored ones ({some_of(ignored)})" if ignored and values else ""
        masks_hold = "The only mask holds" if len(masks.scanned) == 1 else f"All {len(masks.scanned)} masks hold"
        raise DataError(
            f"{masks_hold} only {only}{beside} ({files}); at least two classes are needed to "
            "learn from. Look whether the right folder of masks was found."
        )
    if len(masks.scanned) > 1 and all(len(entry.pixels) == 1 for entry in masks.scanned):
        raise DataError(
            f"Each of the {len(masks.scanned)} masks is constant ({files}): no mask shows two classes. Look whether "
            "the right folder of masks was found."
        )


def shown_masks(entries: list[ScannedPair] | tuple[ScannedPair, ...], root: Path) -> str:
    """The first masks, below the folder of the data."""
    return some_of(shown(entry.pair.target, root) for entry in entries if entry.pair.target is not None)
