"""Splits whose images are of evidently different brightness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from pixelwise.data.checks._base import Check, Finding, Severity, Survey

__all__ = ["CHECK"]

_APART = 2.5  # standard deviations within the splits
_FEWEST = 6


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per two splits."""
    looks = survey.looks
    bright = {
        split: np.array([looks[pair].grey.mean() for pair in pairs if pair in looks], np.float64)
        for split, pairs in survey.final_splits.items()
    }
    for first, second in combinations(bright, 2):
        one, other = bright[first], bright[second]
        if min(len(one), len(other)) < _FEWEST:
            continue
        spread = max(4.0, float(np.sqrt((one.var() + other.var()) / 2)))
        if abs(one.mean() - other.mean()) >= _APART * spread:
            yield Finding(
                Severity.HARMS,
                f"The images of {first} have a mean brightness of {one.mean():.0f}, those of {second} of "
                f"{other.mean():.0f} (0 to 255), far more apart than images of one split.",
                f"The score of {second} is of another kind of picture than was trained on.",
                "Save both in the same way; if both kinds will be met in use, mix them in every split.",
                count=len(other),
            )


CHECK = Check(run, "splits whose images are of different brightness", looks=True)
