"""Classes that hardly any pixel belongs to, and one that nearly all do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, percent
from pixelwise.data.classes import Classes
from pixelwise.data.scan import ScannedPair
from pixelwise.errors import some_of

__all__ = ["CHECK"]

_RARE = 2e-4  # of the labelled pixels of train
_NEARLY_ALL = 0.995


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for one class that is nearly everything, else one for classes that are nearly nothing."""
    data = survey.usable
    if data is None or "train" not in data.class_pixels:
        return
    shares = {name: share for name, share in zip(data.classes.names, data.shares("train"), strict=True) if share}
    largest = max(shares, key=lambda name: shares[name], default="")
    if len(shares) > 1 and shares[largest] >= _NEARLY_ALL:
        rest = ", ".join(f"{name} {percent(share)}" for name, share in list(shares.items())[:4] if name != largest)
        yield Finding(
            Severity.HARMS,
            f"{percent(shares[largest]) if shares[largest] < 0.9995 else '99.9 %'} of the labelled pixels of train are "
            f"{largest} ({rest}).",
            f"A network that answers {largest} everywhere has nearly no error, so that pixel accuracy says nothing.",
            "Judge by the IoU of each class; cut tiles around the objects, or add images that show more of them.",
            count=len(shares) - 1,
        )
        return
    rare = {name: share for name, share in shares.items() if share < _RARE}
    if rare:
        names = (f"{name} {percent(share)}" for name, share in sorted(rare.items(), key=lambda item: item[1]))
        places = [data.classes.names.index(name) for name in rare]
        yield Finding(
            Severity.HARMS,
            f"{len(rare)} of {len(data.classes.names)} classes {agree(len(rare), 'has', 'have')} less than "
            f"{percent(_RARE)} of the labelled pixels of train: {some_of(names, most=5)}.",
            "They will hardly be learnt, and pull the mean IoU down.",
            "Add images that show them, join them with another class, or leave them out with `--ignore VALUE`.",
            masks_of([entry.pair for entry in survey.entries if _shows(entry, places, data.classes)]),
            len(rare),
        )


def _shows(entry: ScannedPair, places: Sequence[int], classes: Classes) -> bool:
    """Whether a mask shows one of some classes."""
    return any(classes.pixels_of(i, entry.colors if classes.colored else entry.pixels) for i in places)


CHECK = Check(run, "classes that hardly any pixel belongs to, or nearly all")
