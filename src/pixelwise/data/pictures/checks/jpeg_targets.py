"""Targets that JPEG has spoilt: what should come out has its blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import agree, of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_LOW = 80  # quality below which blocks and halos are seen when enlarged
_FEW = 0.1  # share of the targets up to which it hardly matters


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them, where targets have to be sharp."""
    if not survey.wants_detail:
        return
    targets = [file for side in survey.sides() if side.is_wanted for file in side.files.values()]
    read = {file: survey.files[file].quality for file in targets if file in survey.files}
    low = {file: quality for file, quality in read.items() if quality is not None and quality < _LOW}
    if low:
        worst = sorted(low, key=lambda file: low[file])
        median = float(np.median(list(low.values())))
        yield Finding(
            Severity.HARMS if len(low) > _FEW * len(read) else Severity.NOTE,
            f"{of_all(len(low), len(read), 'targets')} {agree(len(low), 'is', 'are')} JPEG of a quality below {_LOW} "
            f"(median {median:.0f}, down to {low[worst[0]]}).",
            "They are not sharp: the network learns to make the blocks and halos of JPEG.",
            "Take the pictures from before they became JPEG, or those of a higher quality; or make them smaller by "
            "half, which hides the blocks.",
            tuple(worst),
        )


CHECK = PictureCheck(run, "targets that are JPEG of a low quality")
