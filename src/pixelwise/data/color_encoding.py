"""Masks of colours, and masks whose edges were smoothed: which colour or shade is a class, decided from evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.classes import Classes
from pixelwise.data.color_legend import ColorLegend
from pixelwise.data.dataset import Decision
from pixelwise.data.foreign_colors import refuse_foreign_colors
from pixelwise.data.mask_kind import shown_masks
from pixelwise.data.names import is_void
from pixelwise.data.scan import MaskStatistics, is_lossy
from pixelwise.data.wording import percent
from pixelwise.errors import DataError, SettingError, some_of
from pixelwise.ops.color_codes import color_of, hex_of
from pixelwise.ops.palette import legend as legend_of

__all__ = ["decide_colors", "decide_shades", "doubtful_colors", "is_smoothed"]

_MOST_CLASSES = 64  # more exact colours than this are a photograph, or smoothed
_NEAR = 48.0  # distance in RGB up to which a pixel evidently belongs to a colour
_LEAST_SHARE = 0.002  # of the pixels that an unnamed colour has among smoothed ones
_LEAST_FLAT = 0.6  # share of the pixels that have nearly the colour of their neighbours
_MOST_DOUBTFUL = 0.15  # share of the pixels that may belong to no colour evidently
_MOST_LOOKED_AT = 4096  # colours, the commonest, among which those of the classes are
_MOSTLY_BRIGHT = 0.4  # share of what is not black that is white, in a mask of black and white with smoothed edges
_DARK, _BRIGHT = 64, 192  # shades between them are doubtful in a mask of two
_SHADES_DOUBTFUL = 0.12
_BLACK = 0


@dataclass(frozen=True)
class _Found:
    """Colours that are classes, and the share of pixels that have none of them exactly, and not even nearly."""

    codes: tuple[int, ...]
    inexact: float
    doubtful: float


def decide_colors(
    masks: MaskStatistics,
    legend: ColorLegend | None,
    root: Path,
    *,
    ignore: Sequence[int] = (),
    binary: bool | None = None,
    separate: bool = False,
) -> tuple[Classes, list[Decision]]:
    """The classes of masks that hold colours.

    Args:
        masks: What the masks hold.
        legend: The colours of the classes, if they are known.
        root: The folder of the data, for messages.
        ignore: Numbers that the user wants ignored.
        binary: Whether the user wants object and background; None: nothing was said.
        separate: Whether the user wants objects that have numbers kept apart.

    Raises:
        DataError: If some masks hold colours and others numbers, the colours are those of photographs, or a legend
            leaves out many pixels or a colour that fills areas.
        SettingError: If what the user wants is said of numbers.
    """
    _refuse_mixture(masks, root)
    _refuse_numbers(masks, ignore, separate=separate)
    total: Counter[int] = Counter()
    for entry in masks.scanned:
        total.update(entry.colors)
    found = _by_legend(total, legend, masks, root) if legend else _as_found(total, masks, root)
    nearest = found.inexact > 0
    void: tuple[int, ...] = ()
    if legend:
        void = tuple(code for code, name in zip(legend.codes, legend.names, strict=True) if is_void(name))
        kept = [(c, n) for c, n in zip(legend.codes, legend.names, strict=True) if c not in void]
        names, codes = tuple(name for _, name in kept), tuple(code for code, _ in kept)
        decisions = [Decision(f"{len(names)} classes by colour: {some_of(names, most=12)}", legend.source)]
        if void:
            why = f"named so in {legend.source}"
            decisions.append(Decision(f"{some_of(map(hex_of, void))} is void and ignored", why))
    else:
        codes = found.codes
        is_cut_out = len(codes) == 2 and codes[0] == _BLACK
        names = ("background", "object") if is_cut_out else tuple(map(hex_of, codes))
        why = "as found in the masks; to name them, write class_dict.csv beside the data (a line per class: name,r,g,b)"
        decisions = [Decision(f"{len(codes)} classes by colour: {some_of(map(hex_of, codes), most=12)}", why)]
    if nearest:
        decisions.append(_about_nearest(found, "one of these colours"))
    _refuse_one(codes, root)
    are_two = len(codes) == 2 and names[0].lower() == "background"
    if binary and not are_two:
        raise SettingError(
            f"Object and background are asked for (--binary), which tells numbers above 0 from 0, but the masks hold "
            f"{len(codes)} colours ({some_of(map(hex_of, codes))}). Save them as masks of numbers."
        )
    colors = tuple(map(color_of, codes)) if codes[0] == _BLACK or not are_two else legend_of(names)
    is_binary = are_two and binary is not False
    return Classes(names, codes, void, colors, binary=is_binary, colored=True, nearest=nearest), decisions


def doubtful_colors(masks: MaskStatistics, classes: Classes, root: Path) -> list[Decision]:
    """How well the colours of a model that learnt from smoothed ones explain other masks.

    Args:
        masks: What the masks hold.
        classes: The classes of the model, known by their colours.
        root: The folder of the data, for messages.

    Raises:
        DataError: If more pixels than in any training have a colour that is not even nearly one of the model's.
    """
    total: Counter[int] = Counter()
    for entry in masks.scanned:
        total.update(entry.colors)
    counts = dict(total.most_common(_MOST_LOOKED_AT))
    if not counts:
        return []
    is_far = _distances(counts, (*classes.values, *classes.ignore_values)).min(axis=1) > _NEAR
    far = [code for code, is_one in zip(counts, is_far, strict=True) if is_one]
    share = sum(counts[code] for code in far) / sum(counts.values())
    if share > _MOST_DOUBTFUL:
        raise DataError(
            f"{100 * share:.1f} % of the pixels of the masks have colours that are none of the model's classes, not "
            f"even nearly: {some_of(map(hex_of, far), most=6)} (such as in {shown_masks(masks.scanned, root)}). Take "
            f"masks in the model's colours ({classes.span()})."
        )
    what = f"Each pixel belongs to the nearest of the model's colours; for {percent(share)} that is in doubt"
    return [Decision(what, "as in training, where the edges of masks were smoothed")]


def is_smoothed(masks: MaskStatistics) -> bool:
    """Whether masks hold black and white, and shades between them that smoothing or compression brought in."""
    pixels, values = masks.pixels, masks.values
    if len(values) < 3 or values[0] < 0 or not _BRIGHT <= values[-1] <= 255:
        return False
    between = sum(count for value, count in pixels.items() if _DARK <= value <= _BRIGHT)
    dark = sum(count for value, count in pixels.items() if value < _DARK)
    bright = sum(count for value, count in pixels.items() if value > _BRIGHT)
    extremes = pixels.get(values[0], 0) + pixels[values[-1]]
    num_shades = sum(value > _DARK for value in values)
    grey = sum(count for value, count in pixels.items() if _DARK // 2 <= value <= _BRIGHT)
    return (
        bool(dark)
        and bright >= _MOSTLY_BRIGHT * (bright + grey)  # numbered objects are of all shades alike
        and between <= _SHADES_DOUBTFUL * masks.num_pixels
        and num_shades > 8
        and extremes >= 0.5 * masks.num_pixels
    )


def decide_shades(
    masks: MaskStatistics, names: tuple[str, str], ignored: tuple[int, ...]
) -> tuple[Classes, list[Decision]]:
    """Background and object of masks for which `is_smoothed` holds: each pixel is the nearer of black and white."""
    pixels = masks.pixels
    exact = pixels.get(0, 0) + pixels.get(255, 0)
    doubtful = sum(count for value, count in pixels.items() if _DARK <= value <= _BRIGHT)
    total = max(1, masks.num_pixels)
    found = _Found((0, 255), 1 - exact / total, doubtful / total)
    classes = Classes(names, (0, 255), ignored, legend_of(names), binary=True, nearest=True)
    between = f"the masks hold 0, 255 and {len(masks.values) - 2} shades between them, as smoothing and JPEG leave them"
    return classes, [
        Decision(f"Binary: below 128 is {names[0]}, above it {names[1]}", between),
        _about_nearest(found, "0 or 255"),
    ]


def _about_nearest(found: _Found, what: str) -> Decision:
    """That pixels between the classes go to the nearest, and how many are in doubt."""
    return Decision(
        f"Each pixel belongs to the nearest of them; for {percent(found.doubtful)} of the pixels that is in doubt",
        f"{percent(found.inexact)} of the pixels are not exactly {what}: edges were smoothed, by scaling or "
        "compression. Masks from before that are better",
    )


def _refuse_mixture(masks: MaskStatistics, root: Path) -> None:
    """Refuse colours in some masks and numbers in others."""
    plain = [entry for entry in masks.scanned if not entry.colors]
    colored = [entry for entry in masks.scanned if entry.colors]
    if plain:
        verb = "holds" if len(colored) == 1 else "hold"
        colors = some_of(map(hex_of, colored[0].colors))
        raise DataError(
            f"{len(colored)} of {len(masks.scanned)} masks {verb} colours ({shown_masks(colored, root)}; such as "
            f"{colors}), the others one number per pixel ({shown_masks(plain, root)}). Save all of them in one way: "
            "with one number per class, as grey or palette PNG."
        )


def _refuse_numbers(masks: MaskStatistics, ignore: Sequence[int], *, separate: bool) -> None:
    """Refuse wishes about stored numbers, which are none where masks hold colours."""
    colors = some_of(hex_of(code) for entry in masks.scanned[:1] for code in entry.colors)
    if ignore:
        raise SettingError(
            f"{some_of(ignore)} shall be ignored (--ignore), but the masks hold colours (such as {colors}), and no "
            "numbers. List the colours of all classes in class_dict.csv beside the data (a line per class: "
            "name,r,g,b), and give the name void to those to be ignored."
        )
    if separate:
        raise SettingError(
            f"Objects shall be kept apart by numbers (--separate), but the masks hold colours (such as {colors}), and "
            "no numbers. Save the masks with a number for each object."
        )


def _by_legend(total: Counter[int], legend: ColorLegend, masks: MaskStatistics, root: Path) -> _Found:
    """How well the colours of a legend explain the masks."""
    refuse_foreign_colors(masks, legend, root)
    found = _explained(total, legend.codes, _num_pixels(masks))
    if found.doubtful > _MOST_DOUBTFUL:
        codes = [code for code, _ in total.most_common()]
        foreign = [codes[i] for i in np.flatnonzero(_distances(codes, legend.codes).min(axis=1) > _NEAR)]
        raise DataError(
            f"{100 * found.doubtful:.1f} % of the pixels of the masks have colours that are not in {legend.source}: "
            f"{some_of(map(hex_of, foreign), most=6)} (such as in {shown_masks(masks.scanned, root)}). Add them there, "
            "under the name void if they are to be ignored."
        )
    return found


def _as_found(total: Counter[int], masks: MaskStatistics, root: Path) -> _Found:
    """The colours themselves, or those of the flat areas where edges were smoothed."""
    if len(total) <= _MOST_CLASSES and not any(is_lossy(entry.pair.target) for entry in masks.scanned):
        return _Found(tuple(sorted(total)), 0.0, 0.0)
    flat: Counter[int] = Counter()
    for entry in masks.scanned:
        flat.update(entry.flat_colors or entry.colors)
    anchors: list[int] = []
    for code, _ in flat.most_common(_MOST_LOOKED_AT):
        if len(anchors) <= _MOST_CLASSES and (not anchors or _distances([code], anchors).min() > _NEAR):
            anchors.append(code)
    pixels = _num_pixels(masks)
    shares = _shares(flat, anchors) if anchors else Counter()
    kept = tuple(sorted(code for code in anchors if shares[code] >= _LEAST_SHARE * pixels))
    found = _explained(total, kept, pixels) if kept else _Found((), 1.0, 1.0)
    if len(kept) > _MOST_CLASSES or found.doubtful > _MOST_DOUBTFUL or sum(flat.values()) < _LEAST_FLAT * pixels:
        most = max(entry.num_colors for entry in masks.scanned)
        raise DataError(
            f"The masks hold up to {most} different colours each, and few areas of one colour (such as in "
            f"{shown_masks(masks.scanned, root)}): they look like photographs, not like masks. If they are masks, "
            "write the colours of the classes into class_dict.csv beside the data (a line per class: name,r,g,b)."
        )
    return found


def _explained(total: Counter[int], codes: Sequence[int], pixels: int) -> _Found:
    """Shares of the pixels that have none of the colours exactly, and that are far from all of them."""
    exact = sum(total[code] for code in codes)
    near = np.array([*total.values()])[_distances(total, codes).min(axis=1) <= _NEAR].sum()
    return _Found(tuple(codes), 1 - exact / pixels, float(1 - near / pixels))


def _shares(total: Counter[int], codes: Sequence[int]) -> Counter[int]:
    """Pixels per colour, each counted for the nearest one."""
    nearest = _distances(total, codes).argmin(axis=1)
    shares: Counter[int] = Counter()
    for place, count in zip(nearest, total.values(), strict=True):
        shares[codes[place]] += count
    return shares


def _distances(codes: Iterable[int], others: Sequence[int]) -> NDArray[np.float64]:
    """`(N, K)`: distances in RGB, 0 to 442."""
    first, second = (np.array([color_of(code) for code in several], np.float64) for several in (codes, others))
    squares: NDArray[np.float64] = np.square(first[:, None] - second[None]).sum(axis=2)
    return np.sqrt(squares)


def _num_pixels(masks: MaskStatistics) -> int:
    """Pixels of all masks, those of uncounted colours included."""
    return max(1, sum(entry.mask_size[0] * entry.mask_size[1] for entry in masks.scanned))


def _refuse_one(codes: tuple[int, ...], root: Path) -> None:
    """Refuse masks of one colour."""
    if len(codes) < 2:
        raise DataError(
            f"All masks in {root} have the colour {hex_of(codes[0])} only; at least two classes are needed to learn "
            "from. Look whether the right folder of masks was found."
        )
