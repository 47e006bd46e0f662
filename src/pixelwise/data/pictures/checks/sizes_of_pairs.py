"""Pairs whose sizes do not fit: another scale than asked for, several scales, files that cannot be halved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._words import in_all
from pixelwise.data.pictures.survey import PictureSurvey
from pixelwise.errors import some_of

__all__ = ["CHECK"]

_Size = tuple[int, int]
_LARGEST_SCALE = 8


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for pairs of two files, or for files of two halves."""
    if survey.layout == "halves":
        yield from _odd(survey)
    if survey.layout != "pairs":
        return
    scale = survey.wanted.scale
    sizes = {
        pair: (survey.files[pair.image].size, survey.files[pair.target].size)
        for pair in survey.pairs
        if pair.target is not None and pair.image in survey.files and pair.target in survey.files
    }
    wrong = {pair: both for pair, both in sizes.items() if both[1] != (both[0][0] * scale, both[0][1] * scale)}
    if wrong:
        shown = some_of(f"{pair.name} ({_shown(a)} and {_shown(b)})" for pair, (a, b) in wrong.items())
        wanted = "as large as its image" if scale == 1 else f"{scale} times as large as its image"
        yield Finding(
            Severity.RUINS,
            f"{in_all(len(wrong), len(sizes), 'pairs')} the target is not {wanted}: {shown}"
            + ("" if shown.endswith("…") else "."),
            "Training is refused, since it cannot be told which pixels belong together.",
            _cure(survey.wanted.task, scale, sizes, wrong),
            tuple(file for pair in wrong for file in (pair.image, pair.target) if file is not None),
            len(wrong),
        )


def _odd(survey: PictureSurvey) -> Iterator[Finding]:
    """Files of an odd width."""
    odd = [pair.image for pair in survey.pairs if pair.image in survey.files and survey.files[pair.image].size[1] % 2]
    if odd:
        yield Finding(
            Severity.RUINS,
            f"{of_all(len(odd), len(survey.pairs), 'files')} {agree(len(odd), 'has', 'have')} an odd width, so that "
            f"{agree(len(odd), 'it', 'they')} cannot be halved.",
            "Training is refused.",
            "Cut a column off, or, if the two pictures lie in files of their own, put them into folders called input "
            "and target.",
            tuple(odd),
        )


def _cure(task: str, scale: int, sizes: Mapping[Pair, tuple[_Size, _Size]], wrong: Mapping[Pair, object]) -> str:
    """What to do: say the right scale, or mend the files."""
    scales = Counter(_scale_of(*both) for both in sizes.values())
    common, count = scales.most_common(1)[0]
    if count == len(sizes) and common is not None and common != scale:
        if common == 1:
            return "Image and target are equally large: this is for `--task restoration`."
        if task == "super_resolution":
            return f"In all pairs it is {common} times as large: say `--scale {common}`."
        return f"In all pairs it is {common} times as large: this is for `--task super_resolution --scale {common}`."
    if all(_is_near(*sizes[pair], scale) for pair in wrong):
        return "Cut the rims of these targets off, by the few pixels that they are too large or too small."
    if scale == 1:
        return "Crop or resize one of each so that both are equally large, or take these files out with their partners."
    found = {_ratio(*sizes[pair]) for pair in wrong}
    differing = f" (here {some_of(sorted(found))})" if len(found) > 1 else ""
    return f"All pairs need one scale{differing}: save these files anew, or take them out with their partners."


def _scale_of(image: _Size, target: _Size) -> int | None:
    """The whole factor between two sizes; None where there is none."""
    factor = target[0] // max(1, image[0])
    fits = 1 <= factor <= _LARGEST_SCALE and target == (image[0] * factor, image[1] * factor)
    return factor if fits else None


def _is_near(image: _Size, target: _Size, scale: int) -> bool:
    """Whether a target is too large or too small by less than a pixel of its image."""
    return all(abs(large - small * scale) <= max(1, scale) for small, large in zip(image, target, strict=True))


def _ratio(image: _Size, target: _Size) -> str:
    """`2` or `1.5`; `1 × 2` where height and width have their own."""
    down, across = (f"{float(Fraction(b, max(1, a))):.3g}" for a, b in zip(image, target, strict=True))
    return down if down == across else f"{down} × {across}"


def _shown(size: _Size) -> str:
    return f"{size[0]} × {size[1]}"


CHECK = PictureCheck(run, "pairs of another scale than asked for or of several scales, and halves of an odd width")
