"""Pictures that are there twice: in two splits, where the score then flatters, or in one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._copies import byte_copies, copies, keep_together, splits_of
from pixelwise.data.checks._words import agree, of_all, percent
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.checks._targets import looks_of, splits_of_side
from pixelwise.data.pictures.survey import PictureSurvey, Side
from pixelwise.errors import some_of

__all__ = ["CHECK"]


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """For each side, one finding per two splits and one for copies within a split.

    Of pairs the targets are compared: several images may belong to one target, and one image to one only.
    """
    for side in survey.sides():
        if side.is_wanted or survey.layout == "domains":
            splits = {split: pairs for split, pairs in splits_of_side(side).items() if pairs}
            for first, second in combinations(splits, 2):
                yield from _across(side, first, second, is_drawn=survey.is_drawn)
            yield from _within(side)


def _across(side: Side, first: str, second: str, *, is_drawn: bool) -> Iterator[Finding]:
    """Pictures of one split that show the same as some of another."""
    splits = splits_of_side(side)
    found = copies(looks_of(side), splits[first], splits[second])
    if not found:
        return
    concerned = dict.fromkeys(copy.second for copy in found)
    ways = dict.fromkeys(copy.way for copy in found if copy.way)
    changed = f", some of them {some_of(ways)}" if ways else ""
    count, total = len(concerned), len(splits[second])
    yield Finding(
        Severity.HARMS,
        f"{count} of {total} {side.nouns} of {second} ({percent(count / total)}) {agree(count, 'shows', 'show')} "
        f"nearly the same as one of {first}{changed}.",
        f"What is scored on {second} was seen in {first}: the score flatters.",
        keep_together(first, second, side.nouns, is_drawn=is_drawn),
        tuple(dict.fromkeys(file for copy in found for file in (copy.second.image, copy.first.image))),
        count,
    )


def _within(side: Side) -> Iterator[Finding]:
    """Pictures that are in the same split again, byte for byte."""
    split_of = splits_of(splits_of_side(side))
    groups = [group for group in byte_copies(looks_of(side)) if len({split_of.get(picture) for picture in group}) == 1]
    again = sum(len(group) - 1 for group in groups)
    if again:
        yield Finding(
            Severity.NOTE,
            f"{of_all(again, len(side.looks), side.nouns)} {agree(again, 'is', 'are')} in the same split a second "
            "time, byte for byte.",
            "They count twice in training and in scores; a random split may put one on either side.",
            "Take the copies out, unless several images belong to one target.",
            tuple(picture.image for group in groups for picture in group),
            again,
        )


CHECK = PictureCheck(
    run, "the same picture twice, across splits or within one, mirrored or compressed anew", looks=True
)
