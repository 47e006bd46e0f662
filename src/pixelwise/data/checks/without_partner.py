"""Images without a mask, masks without an image; and names that differ by case, blanks or zeros only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, of_all

__all__ = ["CHECK"]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for images, one for masks, and one where names nearly agree."""
    parts = survey.layout.found.parts.values() if survey.layout else ()
    images = [file for part in parts for file in part.pairing.images_alone]
    masks = [file for part in parts for file in part.pairing.masks_alone]
    near = _nearly(images, masks)
    if near:
        count = len(near)
        first, second = near[0]
        yield Finding(
            Severity.RUINS,
            f"{count} {agree(count, 'image has', 'images have')} no mask of exactly the same name, but one whose name "
            f"differs only in case, blanks, zeros or signs ({first.name!r}, {second.name!r}).",
            "Training is refused, since files are paired by their names.",
            f"Rename the {agree(count, 'mask', 'masks')} like the {agree(count, 'image', 'images')}.",
            tuple(first for first, _ in near),
        )
    for folder, what in (survey.layout.found.left_out if survey.layout else {}).items():
        yield Finding(
            Severity.HARMS,
            f"{folder} is left out: it holds {what}.",
            f"{folder} plays no part in training or scoring; where val is missing, a part of train is held out.",
            "Add what is missing, or take the folder away if that is meant.",
            (survey.root / folder,),
        )
    known = {file for pair in near for file in pair}
    for files, kind, partner in ((images, "images", "mask"), (masks, "masks", "image")):
        alone = [file for file in files if file not in known]
        if alone:
            total = len(survey.pairs) + len(files)
            yield Finding(
                Severity.RUINS,
                f"{of_all(len(alone), total, kind)} {agree(len(alone), 'has', 'have')} no {partner} of the same name.",
                "Training is refused, since it is not known what should be learnt from them.",
                f"Add the missing {partner}{agree(len(alone), '', 's')}, or move these files elsewhere.",
                tuple(alone),
            )


def _nearly(images: Sequence[Path], masks: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Images and masks whose names say the same to a person."""
    by_name: dict[str, list[Path]] = {}
    for mask in masks:
        by_name.setdefault(_plain(mask), []).append(mask)
    return [(image, found[0]) for image in images if len(found := by_name.get(_plain(image), [])) == 1]


def _plain(file: Path) -> str:
    """A name without what people overlook."""
    text = unicodedata.normalize("NFKC", file.stem).casefold()
    text = re.sub(r"[\W_]+", "", text)
    text = re.sub(r"(mask|label|labels|masks|seg|gt|annotation)$", "", text) or text
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


CHECK = Check(run, "images without a mask, masks without an image, names that nearly agree")
