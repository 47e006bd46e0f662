"""Augmented copies, told by their names, whose original lies in another split."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree
from pixelwise.data.pairs import Pair

__all__ = ["CHECK"]

_WORDS = (
    r"aug\w*?|flip(?:ped)?|h?v?flip|lr|ud|mirror(?:ed)?|rot(?:ated?)?|crop(?:ped)?|noise|noisy|blur(?:red)?|bright\w*|"
    r"dark|contrast|gamma|jitter|elastic|scaled?|zoom|shift(?:ed)?|copy|rf"
)
_ADDITION = re.compile(rf"[_\-. ](?:(?:{_WORDS})[_\-]?\d*|\(\d+\)|rf\.[0-9a-f]{{8,}})$|[ _\-]?\(\d+\)$", re.IGNORECASE)


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all families of names that lie in more than one split."""
    families: dict[str, list[tuple[str, Pair]]] = {}
    for split, pairs in survey.final_splits.items():
        for pair in pairs:
            families.setdefault(_original(pair.name), []).append((split, pair))
    torn = [
        members
        for original, members in families.items()
        if len({split for split, _ in members}) > 1 and any(pair.name != original for _, pair in members)
    ]
    if not torn:
        return
    copies = sum(1 for members in torn for split, _ in members if split != "train")
    yield Finding(
        Severity.HARMS,
        f"{len(torn)} {agree(len(torn), 'image has', 'images have')} augmented copies in another split, by their names "
        f"(such as {torn[0][0][1].image.name} and {torn[0][1][1].image.name}).",
        f"The score of {copies} held-out {agree(copies, 'image', 'images')} flatters: the picture was trained on.",
        "Take the augmented copies out, since pixelwise augments by itself, or keep each beside its original.",
        tuple(pair.image for members in torn for _, pair in members),
        len(torn),
    )


def _original(name: str) -> str:
    """A name without what augmentation adds to it."""
    while (shorter := _ADDITION.sub("", name)) != name and shorter:
        name = shorter
    return name


CHECK = Check(run, "augmented copies (a_flip, a_aug1) whose original lies in another split")
