"""Masks that are their images once more."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all
from pixelwise.data.looks import STAMP, Look

__all__ = ["CHECK"]

_ALIKE = 0.98
_MANY_SHADES = 32


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for all such masks."""
    same = [pair for pair, look in survey.looks.items() if _is_copy(look)]
    if same:
        yield Finding(
            Severity.RUINS,
            f"{of_all(len(same), len(survey.looks), 'masks')} {agree(len(same), 'shows', 'show')} the picture of the "
            "image itself.",
            "There is nothing to learn from them but shades.",
            "Put the masks in their place; the images were copied into the folder of masks.",
            masks_of(same),
        )


def _is_copy(look: Look) -> bool:
    """Whether the mask, seen as a picture, is the image."""
    if look.outline is None:
        return False
    labels = look.outline.labels
    if len(np.unique(labels)) < _MANY_SHADES:
        return False
    if labels.max() > 255:
        labels = labels >> 8 & 255  # green
    picture = Image.fromarray(labels.astype(np.float32)).resize((STAMP, STAMP), Image.Resampling.BOX)
    first, second = np.array(picture, dtype=np.float32).reshape(-1), look.grey.reshape(-1)
    if first.std() < 1 or second.std() < 1:
        return False
    return bool(np.corrcoef(first, second)[0, 1] >= _ALIKE)


CHECK = Check(run, "masks that are their images once more", looks=True)
