"""Colours that fill areas of masks though no legend names them: a class that was forgotten, not a smoothed edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.color_legend import ColorLegend
from pixelwise.data.mask_kind import shown_masks
from pixelwise.data.scan import MaskStatistics, ScannedPair, is_lossy
from pixelwise.data.wording import ended, percent
from pixelwise.errors import DataError, some_of
from pixelwise.ops.color_codes import color_of, hex_of, packed

__all__ = ["refuse_foreign_colors"]

_SAME = 16.0  # distance in RGB up to which a colour is one of the legend, as rounded or converted by a tool
_MOST = 64  # colours, the commonest, that are looked for
_NEAR = 48.0  # distance in RGB up to which a colour may be that of a class, altered
_FEW = 8  # colours of a mask that are not in the legend; of more, most came of smoothing
_AREA = 1  # pixels to each side of one that have its colour too: lines of one or two pixels have none such
_AREA_OF_EDGES = 4  # … where it may be an edge that was smoothed, and then enlarged or reduced to few colours
_FEWEST = 16  # pixels amid their own colour, in the mask that holds most of it
_MIXED = 6.0  # distance in RGB from the line through two classes
_ALTERED = 24.0  # the same in JPEG files, and how far apart the pixels of one colour are
_BEYOND = 0.25  # of the way between two classes by which bicubic scaling overshoots


def refuse_foreign_colors(masks: MaskStatistics, legend: ColorLegend, root: Path) -> None:
    """Refuse masks in which colours that a legend does not name fill areas.

    The edges of smoothed masks hold many such colours, too, but in lines, or as mixtures of the classes beside them.
    The compression of JPEG files alters colours; of these, only what is far from all classes and from their mixtures is
    evidence.

    Args:
        masks: What they hold.
        legend: The colours of the classes.
        root: The folder of the data, for messages.

    Raises:
        DataError: If there are such colours; each is named with its share and the number of its masks.
    """
    _refuse_altered([entry for entry in masks.scanned if is_lossy(entry.pair.target)], legend, root)
    exact = [entry for entry in masks.scanned if not is_lossy(entry.pair.target)]
    total: Counter[int] = Counter()
    for entry in exact:
        total.update(entry.colors)
    suspects = [code for code, count in total.items() if count >= _FEWEST and _distance(code, legend.codes) > _SAME]
    suspects = sorted(suspects, key=lambda code: -total[code])[:_MOST]
    foreign = _filling(exact, suspects, legend.codes)
    if not foreign:
        return
    pixels = sum(height * width for height, width in (entry.mask_size for entry in masks.scanned))
    holding = {code: [entry for entry in exact if code in entry.colors] for code in foreign}
    described = (
        f"{hex_of(code)} ({percent(total[code] / pixels)} of the pixels, in {len(holding[code])} of "
        f"{len(masks.scanned)} masks)"
        for code in foreign
    )
    which, they = "a colour that is", "It is exact, and no smoothed edge"
    if len(foreign) > 1:
        which, they = "colours that are", "They are exact, and no smoothed edges"
    what = ended(f"Areas of the masks have {which} not in {legend.source}: {some_of(described, most=6)}")
    raise DataError(
        f"{what} {they} (such as in {shown_masks(holding[foreign[0]], root)}). "
        f"Add {some_of(map(hex_of, foreign), most=6)} to {legend.source}, with the name of the class, or under the "
        "name void to leave these pixels out."
    )


def _refuse_altered(lossy: Sequence[ScannedPair], legend: ColorLegend, root: Path) -> None:
    """Refuse JPEG files in which colours that are far from all those of a legend fill areas."""
    found = {entry.pair: code for entry in lossy if (code := _filling_altered(entry, legend.codes)) is not None}
    if not found:
        return
    holding = [entry for entry in lossy if entry.pair in found]
    different: list[int] = []
    for code in found.values():
        if not different or _distance(code, different) > _NEAR:
            different.append(code)
    colors = some_of((f"about {hex_of(code)}" for code in different), most=6)
    raise DataError(
        f"Areas of {len(holding)} of {len(lossy)} masks in JPEG files have colours that are not in {legend.source}, "
        f"not even nearly: {colors} (such as in {shown_masks(holding, root)}). Add these to {legend.source}, each "
        "with the name of the class, or under the name void to leave these pixels out."
    )


def _filling_altered(entry: ScannedPair, known: Sequence[int]) -> int | None:
    """The commonest colour that is far from the known ones and their mixtures, if it fills an area of a JPEG file."""
    codes = sorted(entry.flat_colors, key=lambda code: -entry.flat_colors[code])
    colors, others = (np.array([color_of(code) for code in several], np.int64) for several in (codes, known))
    if not len(colors):
        return None
    is_far = (np.square(colors[:, None] - others).sum(axis=2) > _NEAR**2).all(axis=1)
    far = [code for code, is_one in zip(codes, is_far.tolist(), strict=True) if is_one]
    if sum(entry.flat_colors[code] for code in far) < _FEWEST:
        return None
    foreign = next((code for code in far[:_MOST] if not _is_mixture(code, known, _ALTERED)), None)
    if foreign is None:
        return None
    stored = _codes(entry)
    channels = ((stored >> shift & 255) - (foreign >> shift & 255) for shift in (16, 8, 0))
    is_alike = np.max([np.abs(channel) for channel in channels], axis=0) <= _ALTERED
    return foreign if np.count_nonzero(_amid(is_alike, _AREA_OF_EDGES)) >= _FEWEST else None


def _filling(entries: Iterable[ScannedPair], suspects: Sequence[int], known: Sequence[int]) -> list[int]:
    """The suspects that fill areas of the mask that holds most of them, in their order."""
    most: dict[int, ScannedPair] = {}
    for entry in entries:
        for code in entry.colors.keys() & set(suspects):
            if code not in most or most[code].colors[code] < entry.colors[code]:
                most[code] = entry
    filling = set()
    for entry in {id(entry): entry for entry in most.values()}.values():
        codes = _codes(entry)
        beside = [code for code in known if code in entry.colors]
        for code in (code for code in suspects if most[code] is entry):
            is_few = len(entry.colors) - len(beside) <= _FEW
            is_clear = is_few and _distance(code, known) > _NEAR and not _is_mixture(code, beside)
            margin = _AREA if is_clear else _AREA_OF_EDGES
            if np.count_nonzero(_amid(codes == code, margin)) >= _FEWEST:
                filling.add(code)
    return [code for code in suspects if code in filling]


def _codes(entry: ScannedPair) -> NDArray[np.int32]:
    """`(H, W)`: the colours of a mask as 0xRRGGBB."""
    stored = entry.pair.read_stored()
    values = stored.values
    return packed(values if stored.palette is None else np.array(stored.palette, np.uint8)[values])


def _amid(chosen: NDArray[np.bool_], margin: int) -> NDArray[np.bool_]:
    """Which pixels have only chosen ones around them, up to so many to each side; those near the border are left out.

    Args:
        chosen: `(H, W)`.
        margin: In pixels.
    """
    for _ in range(margin):
        chosen = chosen[:-2] & chosen[1:-1] & chosen[2:]
        chosen = chosen[:, :-2] & chosen[:, 1:-1] & chosen[:, 2:]
    return chosen


def _is_mixture(code: int, known: Sequence[int], tolerance: float = _MIXED) -> bool:
    """Whether a colour lies on a line through two known ones, between them or a little beyond."""
    color, colors = np.array(color_of(code), np.float64), np.array([color_of(one) for one in known], np.float64)
    for i, start in enumerate(colors):
        ways = colors[i + 1 :] - start
        along = np.clip(ways @ (color - start) / np.square(ways).sum(axis=1), -_BEYOND, 1 + _BEYOND)
        if (np.linalg.norm(start + along[:, None] * ways - color, axis=1) <= tolerance).any():
            return True
    return False


def _distance(code: int, known: Sequence[int]) -> float:
    """To the nearest known colour, in RGB, 0 to 442."""
    return float(np.linalg.norm(np.subtract([color_of(one) for one in known], color_of(code)), axis=1).min())
