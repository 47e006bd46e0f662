"""Too few images to learn from, or to score on; classes that one image alone shows."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, images_of, masks_of
from pixelwise.data.wording import counted
from pixelwise.errors import some_of

__all__ = ["CHECK"]

_FEW_TO_LEARN = 8
_FEW_TO_SCORE = 3
_ENOUGH_TO_TELL = 12  # images of train, from which on it says something that a class is in one of them


def run(survey: Survey) -> Iterator[Finding]:
    """One finding each for train, for val, and for classes of one image."""
    data = survey.usable
    if data is None or "train" not in data.splits:
        return
    train, val = data.splits["train"], data.splits.get("val", ())
    if len(train) < _FEW_TO_LEARN:
        yield Finding(
            Severity.HARMS,
            f"There {agree(len(train), 'is', 'are')} only {counted(len(train), 'image')} to train on, for "
            f"{data.classes.num_classes} classes.",
            "The network will know these images by heart and little else.",
            f"Label more images: from about {max(20, 5 * data.classes.num_classes)} on, results begin to hold.",
            images_of(train),
        )
    if len(val) < _FEW_TO_SCORE:
        yield Finding(
            Severity.HARMS,
            f"There {agree(len(val), 'is', 'are')} only {counted(len(val), 'image')} to validate on.",
            "The score hangs on single images, and two trainings cannot be told apart by it.",
            "Hold out more, such as with `--validation 0.3`, or label more images.",
            images_of(val),
        )
    if len(train) >= _ENOUGH_TO_TELL:
        yield from _single(survey)


def _single(survey: Survey) -> Iterator[Finding]:
    """Classes that one training image alone shows."""
    data = survey.usable
    if data is None or data.classes.any_positive or data.classes.nearest:
        return
    train = [survey.scanned[pair] for pair in data.splits["train"] if pair in survey.scanned]
    single = {}
    for i, name in enumerate(data.classes.names):
        found = ((entry.pair, entry.colors if data.classes.colored else entry.pixels) for entry in train)
        showing = [pair for pair, pixels in found if data.classes.pixels_of(i, pixels)]
        if len(showing) == 1:
            single[name] = showing[0]
    if single:
        count = len(single)
        yield Finding(
            Severity.HARMS,
            f"{count} of {len(data.classes.names)} classes {agree(count, 'is', 'are')} in one image of train only: "
            f"{some_of(single, most=6)}.",
            "What is learnt of them is this one image.",
            "Label more images that show them, or leave them out with `--ignore VALUE`.",
            masks_of(list(single.values())),
            count,
        )


CHECK = Check(run, "too few images to learn from or to score on, and classes of one image")
