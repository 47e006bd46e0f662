"""Classes that one split shows and another does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree
from pixelwise.data.dataset import Dataset
from pixelwise.data.split import is_beginning
from pixelwise.data.stratify import FEWEST
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
                _cure(survey, data, unlearnt, split, "train"),
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
                _cure(survey, data, unscored, "train", split),
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


def _cure(survey: Survey, data: Dataset, names: Sequence[str], source: str, target: str) -> str:
    """How classes that one split shows come into another: files are moved only between splits that lie on disk."""
    showing = {
        split: Counter(name for pair in pairs for name in data.shown.get(pair, ()))
        for split, pairs in data.splits.items()
    }
    them = agree(len(names), "it", "them")
    if survey.is_drawn and "val" in (source, target):
        if is_beginning(survey.validation):
            return (
                f"Hold out others, whose names begin otherwise (`--validation`), or label more images that show {them}."
            )
        if all(showing["train"][name] + showing["val"][name] < FEWEST for name in names):
            return f"Label more images that show {them}: a class that {FEWEST} images show is trained on and scored."
        return f"Draw the validation anew with another `--seed`, or label more images that show {them}."
    least = 2 if source == "train" else 1  # one is left to learn from
    movable = [name for name in names if showing[source][name] >= least]
    if not movable:
        return f"Label more images that show {them}, and put some into {target}."
    if len(movable) == len(names):
        return f"Move some images that show {them} from {source} into {target}."
    which = some_of(movable, most=6)
    return f"Move some images that show {which} from {source} into {target}; of the other classes label more images."


CHECK = Check(run, "classes that one split shows and another does not")
