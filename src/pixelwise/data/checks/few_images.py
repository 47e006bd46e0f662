"""Too few images to learn from, or to score on; classes that very few images show."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._held_out import FEW_TO_LEARN, FEW_TO_SCORE, hold_out_more
from pixelwise.data.checks._words import agree, images_of, masks_of
from pixelwise.data.dataset import Dataset
from pixelwise.data.wording import counted
from pixelwise.errors import some_of

__all__ = ["CHECK"]

_SELDOM = 2  # images of train that show a class
_ENOUGH_TO_TELL = 12  # images of train, from which on it says something that a class is in so few of them
_ENOUGH_TO_SCORE = 5  # images of val, likewise


def run(survey: Survey) -> Iterator[Finding]:
    """One finding each for train, for val, and for classes that few images of either show."""
    data = survey.usable
    if data is None or "train" not in data.splits:
        return
    train, val = data.splits["train"], data.splits.get("val", ())
    if len(train) < FEW_TO_LEARN:
        yield Finding(
            Severity.HARMS,
            f"There {agree(len(train), 'is', 'are')} only {counted(len(train), 'image')} to train on, for "
            f"{data.classes.num_classes} classes.",
            "The network will know these images by heart and little else.",
            f"Label more images: from about {max(20, 5 * data.classes.num_classes)} on, results begin to hold.",
            images_of(train),
        )
    if len(val) < FEW_TO_SCORE:
        yield Finding(
            Severity.HARMS,
            f"There {agree(len(val), 'is', 'are')} only {counted(len(val), 'image')} to validate on.",
            "The score hangs on single images, and two trainings cannot be told apart by it.",
            _hold_out_more(survey, data, "label more images"),
            images_of(val),
        )
    yield from _seldom(survey, data)


def _seldom(survey: Survey, data: Dataset) -> Iterator[Finding]:
    """Classes that one or two training images alone show, and those that one image of val alone shows."""
    if data.classes.any_positive or data.classes.nearest:
        return
    showing = {
        split: {name: [pair for pair in pairs if name in data.shown.get(pair, ())] for name in data.classes.names}
        for split, pairs in data.splits.items()
    }
    total, scored = len(data.classes.names), showing.get("val", {})
    is_telling = len(data.splits["train"]) >= _ENOUGH_TO_TELL
    few = {name: pairs for name, pairs in showing["train"].items() if is_telling and 0 < len(pairs) <= _SELDOM}
    if few:
        count = len(few)
        of_val = {name: f" and {len(scored[name])} of val" if scored.get(name) else "" for name in few}
        listed = (f"{name} ({len(pairs)} of train{of_val[name]})" for name, pairs in few.items())
        yield Finding(
            Severity.HARMS,
            f"{count} of {total} classes {agree(count, 'is', 'are')} in one or two images of train only: "
            f"{some_of(listed, most=6)}.",
            f"What is learnt of {agree(count, 'it', 'them')} is these images, and {agree(count, 'its', 'their')} IoU "
            "says little.",
            f"Label more images that show {agree(count, 'it', 'them')}, or leave {agree(count, 'it', 'them')} out with "
            "`--ignore VALUE`.",
            masks_of(list(dict.fromkeys(pair for pairs in few.values() for pair in pairs))),
            count,
        )
    lone = {name: pairs[0] for name, pairs in scored.items() if len(pairs) == 1 and name not in few}
    if lone and len(data.splits["val"]) >= _ENOUGH_TO_SCORE:
        count = len(lone)
        yield Finding(
            Severity.NOTE,
            f"{count} of {total} classes {agree(count, 'is', 'are')} in one image of val only: "
            f"{some_of(lone, most=6)}.",
            f"{agree(count, 'Its', 'Their')} IoU says little: it hangs on this one image.",
            _hold_out_more(survey, data, f"label more images that show {agree(count, 'it', 'them')}"),
            masks_of(list(dict.fromkeys(lone.values()))),
            count,
        )


def _hold_out_more(survey: Survey, data: Dataset, otherwise: str) -> str:
    train, val = data.splits["train"], data.splits.get("val", ())
    return hold_out_more(len(train), len(val), otherwise, is_drawn=survey.is_drawn, validation=survey.validation)


CHECK = Check(run, "too few images to learn from or to score on, and classes that one or two of them show")
