"""Targets that were JPEG before they were saved without loss: the blocks are still there."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.checks._words import of_all
from pixelwise.data.pictures.checks._base import PictureCheck
from pixelwise.data.pictures.survey import PictureSurvey

__all__ = ["CHECK"]

_BLOCKY = 1.15  # of a healthy photograph 1.01; of JPEG of quality 60, 1.2
_SHARE = 0.5  # of the targets: a single picture may show a lattice
_ENOUGH = 8  # targets


def run(survey: PictureSurvey) -> Iterator[Finding]:
    """One finding for all of them, where targets have to be sharp and do not say that they are JPEG."""
    if not survey.wants_detail:
        return
    for side in survey.sides():
        files = {side.files[pair]: look for pair, look in side.looks.items() if side.is_wanted}
        plain = {
            file: look for file, look in files.items() if file in survey.files and survey.files[file].kind != "JPEG"
        }
        blocky = [file for file, look in plain.items() if look.blockiness > _BLOCKY]
        if len(plain) >= _ENOUGH and len(blocky) > _SHARE * len(plain):
            yield Finding(
                Severity.HARMS,
                f"{of_all(len(blocky), len(plain), 'targets')} show the blocks of JPEG, though they are not saved as "
                "JPEG.",
                "They are not sharp: the network learns to make blocks and halos.",
                "Take the pictures from before they became JPEG, or make them smaller by half, which hides the blocks.",
                tuple(sorted(blocky, key=lambda file: -plain[file].blockiness)),
            )


CHECK = PictureCheck(run, "targets that were JPEG before they were saved without loss", looks=True)
