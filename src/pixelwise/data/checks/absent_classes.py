"""Classes that one split shows and another does not."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree
from pixelwise.errors import some_of

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """Classes that are scored but never trained on, those that are trained on but never scored, and unused names."""
    data = survey.usable
    if data is None or "train" not in data.class_pixels:
        return
    shown = {
        split: {name for name, count in zip(data.classes.names, pixels, strict=True) if count}
        for split, pixels in data.class_pixels.items()
    }
    order = data.classes.names
    for split in ("val", "test"):
        if split not in shown:
            continue
        unlearnt = [name for name in order if name in shown[split] - shown["train"]]
        if unlearnt:
            count = len(unlearnt)
            yield Finding(
                Severity.HARMS,
                f"{count} of {len(order)} classes {agree(count, 'is', 'are')} in {split} but in no mask of train: "
                f"{some_of(unlearnt, most=6)}.",
                f"They cannot be learnt, and count as an IoU of 0 in the score of {split}.",
                "Move some images that show them into train, or draw the validation anew with another `--seed`.",
                count=count,
            )
        unscored = [name for name in order if name in shown["train"] - shown[split]]
        if unscored:
            count = len(unscored)
            yield Finding(
                Severity.NOTE,
                f"{count} of {len(order)} classes {agree(count, 'is', 'are')} in train but in no mask of {split}: "
                f"{some_of(unscored, most=6)}.",
                f"The score of {split} says nothing about {agree(count, 'it', 'them')}.",
                f"Move some images that show {agree(count, 'it', 'them')} into {split}.",
                count=count,
            )
    nowhere = [name for name in order if not any(name in names for names in shown.values())]
    if nowhere:
        count = len(nowhere)
        yield Finding(
            Severity.NOTE,
            f"{count} of {len(order)} named classes {agree(count, 'is', 'are')} in no mask at all: "
            f"{some_of(nowhere, most=6)}.",
            "An output channel is spent on each of them.",
            "Look whether the names are in the right order; take those out that do not occur at the end of the list.",
            count=count,
        )


CHECK = Check(run, "classes that one split shows and another does not")
