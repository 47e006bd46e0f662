"""The same file twice: in two splits, in one, or with two masks that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._copies import byte_copies, splits_of
from pixelwise.data.checks._words import agree, images_of, masks_of
from pixelwise.data.pairs import Pair
from pixelwise.data.wording import counted

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for copies across splits, one for those within, one for contradictions."""
    split_of = splits_of(survey.final_splits)
    groups = byte_copies(survey.looks)
    across = [group for group in groups if len({split_of.get(pair) for pair in group}) > 1]
    within = [group for group in groups if group not in across]
    if across:
        pairs = [pair for group in across for pair in group]
        held = sum(split_of.get(pair) != "train" for pair in pairs)
        total = sum(len(pairs) for split, pairs in survey.final_splits.items() if split != "train")
        yield Finding(
            Severity.HARMS,
            f"{counted(len(across), 'image')} {agree(len(across), 'lies', 'lie')} in more than one split, byte for "
            f"byte; {held} of the {total} images held out {agree(held, 'is', 'are')} concerned.",
            "What is scored was seen in training: the score flatters.",
            "Take all copies of an image out but one."
            if survey.is_drawn
            else "Take the copies out of all splits but one.",
            images_of(pairs),
            len(across),
        )
    if within:
        copies = sum(len(group) - 1 for group in within)
        yield Finding(
            Severity.NOTE,
            f"{counted(copies, 'image')} {agree(copies, 'is', 'are')} in the same split a second time, byte for byte.",
            "They count twice in training and in scores.",
            "Take the copies out.",
            images_of([pair for group in within for pair in group]),
            copies,
        )
    contradicting = [group for group in groups if _contradict(group, survey)]
    if contradicting:
        count = len(contradicting)
        yield Finding(
            Severity.HARMS,
            f"{counted(count, 'image')} {agree(count, 'has', 'have')} two different masks under different names.",
            "The network is told two truths about the same picture.",
            "Keep the better mask of each, with its image.",
            masks_of([pair for group in contradicting for pair in group]),
            count,
        )


def _contradict(group: Sequence[Pair], survey: Survey) -> bool:
    """Whether the masks of one picture hold different numbers of pixels per value."""
    entries = [survey.scanned[pair] for pair in group if pair in survey.scanned]
    return len({(tuple(sorted(e.pixels.items())), tuple(sorted(e.colors.items()))) for e in entries}) > 1


CHECK = Check(run, "the same image file twice, across splits or with two masks", looks=True)
