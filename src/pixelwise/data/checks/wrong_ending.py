"""Files whose ending says another kind than their content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree
from pixelwise.data.wording import counted
from pixelwise.errors import some_of

__all__ = ["CHECK", "is_wrong_ending"]

_ENDINGS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
}


def is_wrong_ending(file: Path, kind: str) -> bool:
    """Whether the ending is known and that of another kind."""
    ending = file.suffix.lower()
    known = any(ending in endings for endings in _ENDINGS.values())
    return known and kind in _ENDINGS and ending not in _ENDINGS[kind]


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for images, one for masks."""
    images = [(pair.image, look.kind) for pair, look in survey.looks.items()]
    masks = [(pair.target, look.mask_kind) for pair, look in survey.looks.items() if pair.target is not None]
    for files, noun in ((images, "image"), (masks, "mask")):
        wrong = {file: kind for file, kind in files if is_wrong_ending(file, kind)}
        if not wrong:
            continue
        kinds = Counter(f"{file.suffix} is {kind}" for file, kind in wrong.items())
        lossy = noun == "mask" and "JPEG" in wrong.values()
        yield Finding(
            Severity.HARMS if lossy else Severity.NOTE,
            f"{counted(len(wrong), noun)} {agree(len(wrong), 'has', 'have')} the ending of another kind of file: "
            f"{some_of(f'{what} ({count})' for what, count in kinds.most_common())}.",
            "JPEG alters the numbers of a mask, above all at the edges of objects."
            if lossy
            else "pixelwise reads them by their content; other programs may refuse them.",
            "Take the masks from before they became JPEG." if lossy else "Rename them, or save them anew.",
            tuple(wrong),
        )


CHECK = Check(run, "files whose ending says another kind than their content", looks=True)
