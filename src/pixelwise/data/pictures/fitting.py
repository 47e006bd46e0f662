"""Whether the two pictures of each pair fit in size, and what to do where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.sides import side_names
from pixelwise.data.wording import ended
from pixelwise.errors import DataError, some_of

__all__ = ["Sizes", "cure_of_sizes", "is_fitting", "refuse_unequal", "shown_sizes"]

_Size = tuple[int, int]
_LARGEST_SCALE = 8

Sizes = Mapping[Pair, tuple[_Size, _Size]]
"""(height, width) of image and target of each pair."""


def refuse_unequal(root: Path, task: str, scale: int, sizes: Sizes, *, is_scored: bool) -> None:
    """Refuse pairs whose target is not `scale` times as large as its image.

    Args:
        root: The folder.
        task: As in `cure_of_sizes`.
        scale: Pixels of a target per pixel of its image.
        sizes: Of all pairs.
        is_scored: Whether a model is scored on them, whose scale is settled.

    Raises:
        DataError: If there are any.
    """
    wrong = {pair: both for pair, both in sizes.items() if not is_fitting(both, scale)}
    if not wrong:
        return
    large = "as large" if scale == 1 else f"{scale} times as large"
    among = f"all {len(sizes)}" if len(wrong) == len(sizes) else f"{len(wrong)} of {len(sizes)}"
    what = f"In {among} pairs of {root} the target is not {large} as its image: {shown_sizes(wrong)}"
    cure = (
        f"The model makes pictures {large} as what it is given: score it on such pairs."
        if is_scored
        else cure_of_sizes(task, scale, sizes)
    )
    raise DataError(f"{ended(what)} {cure}")


def is_fitting(both: tuple[_Size, _Size], scale: int) -> bool:
    """Whether a target is `scale` times as large as its image."""
    (height, width), target = both
    return target == (height * scale, width * scale)


def shown_sizes(sizes: Sizes) -> str:
    """The first of these pairs, each with its sizes."""
    return some_of(f"{pair.name} ({_shown(a)} and {_shown(b)})" for pair, (a, b) in sizes.items())


def cure_of_sizes(task: str, scale: int, sizes: Sizes) -> str:
    """What to do where pairs do not fit: say the right scale or task, change the sides, or mend the files.

    Args:
        task: `super_resolution`, `restoration` or `paired_translation`; empty where it is not known.
        scale: Pixels of a target per pixel of its image, as it should be.
        sizes: Of all pairs, of which some do not fit.
    """
    swapped = _common_scale({pair: (b, a) for pair, (a, b) in sizes.items()})
    if task == "super_resolution" and swapped not in (None, 1):
        return _cure_of_swapped(next(iter(sizes)), scale, swapped)
    common = _common_scale(sizes)
    if task and common is not None:
        if common == 1:
            return "Image and target are equally large: this is for `--task restoration`."
        if task == "super_resolution":
            return f"In all pairs it is {common} times as large: say `--scale {common}`."
        return f"In all pairs it is {common} times as large: this is for `--task super_resolution --scale {common}`."
    wrong = [both for both in sizes.values() if not is_fitting(both, scale)]
    if all(_is_near(*both, scale) for both in wrong):
        return "Cut the rims of these targets off, by the few pixels that they are too large or too small."
    if scale == 1:
        return "Crop or resize one of each so that both are equally large, or take these files out with their partners."
    found = {_ratio(*both) for both in wrong}
    differing = f" (here {some_of(sorted(found))})" if len(found) > 1 else ""
    return f"All pairs need one scale{differing}: save these files anew, or take them out with their partners."


def _cure_of_swapped(pair: Pair, scale: int, swapped: int | None) -> str:
    """What to do where all images are larger than their targets."""
    small, large = side_names(pair)
    also = "" if swapped == scale else f", and say `--scale {swapped}`"
    return (
        f"The two sides seem to be swapped, since every image is {swapped} times as large as its target: the small "
        f"pictures belong into {small}, the large ones into {large}{also}."
    )


def _common_scale(sizes: Sizes) -> int | None:
    """The whole factor from image to target that all pairs have in common; None where there is none."""
    scales = Counter(_scale_of(*both) for both in sizes.values())
    common, count = scales.most_common(1)[0]
    return common if count == len(sizes) else None


def _scale_of(image: _Size, target: _Size) -> int | None:
    """The whole factor between two sizes; None where there is none."""
    factor = target[0] // max(1, image[0])
    return factor if 1 <= factor <= _LARGEST_SCALE and is_fitting((image, target), factor) else None


def _is_near(image: _Size, target: _Size, scale: int) -> bool:
    """Whether a target is too large or too small by less than a pixel of its image."""
    return all(abs(large - small * scale) <= max(1, scale) for small, large in zip(image, target, strict=True))


def _ratio(image: _Size, target: _Size) -> str:
    """`2` or `1.5`; `1 × 2` where height and width have their own."""
    down, across = (f"{float(Fraction(b, max(1, a))):.3g}" for a, b in zip(image, target, strict=True))
    return down if down == across else f"{down} × {across}"


def _shown(size: _Size) -> str:
    return f"{size[0]} × {size[1]}"
