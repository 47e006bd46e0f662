"""Videos of which frames are trained on and scored, as the splits on disk have it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.sequences import beginning_to_hold_out, sequence_of, shared_sequences
from pixelwise.errors import some_of

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding, if names tell videos, and val on disk holds frames of some that train holds too."""
    train, val = survey.splits.get("train", ()), survey.splits.get("val", ())
    shared = shared_sequences(train, val)
    if not shared or survey.is_drawn:
        return
    frames = [pair for pair in val if sequence_of(pair.name) in shared]
    beginning = beginning_to_hold_out(train)
    otherwise = f"; for a score on another video give `--validation {shlex.quote(beginning)}`" if beginning else ""
    yield Finding(
        Severity.NOTE,
        f"{len(frames)} of {len(val)} images of val are frames of videos that train has frames of, too: "
        f"{some_of(shared)}.",
        "Frames of one video are alike, so that the score is better than on videos that were never seen.",
        f"Nothing, to compare with others on this val{otherwise}.",
        tuple(pair.image for pair in frames),
    )


CHECK = Check(run, "videos of which some frames are trained on and others scored, by the splits on disk")
