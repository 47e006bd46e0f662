"""Masks of another size than their image: to be turned, to be scaled, or masks of other images."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, masks_of, of_all
from pixelwise.data.scan import ScannedPair

__all__ = ["CHECK"]

_SAME_SHAPE = 0.02  # by which the ratio of the sides may differ where a mask was scaled
_TURNED = 5  # EXIF orientations from here on exchange the sides
_CURES = {
    "turned": (
        "the camera noted to turn the photograph (EXIF), and the mask was drawn before that",
        "The mask would lie across its photograph; training is refused.",
        'Turn each mask as its photograph ("Photographs that the camera turned" in docs/data.md shows how).',
    ),
    "swapped": (
        "height and width have changed places",
        "The mask would lie across its image; training is refused.",
        "Turn these masks (or their images) by 90°; do not resize them.",
    ),
    "scaled": (
        "the shape is the same, the scale is not",
        "Training is refused, since a mask must have a value for each pixel of its image.",
        "Resize these masks to the size of their image by nearest neighbour, so that no new values come into being.",
    ),
    "other": (
        "the shape is another one too",
        "Training is refused; most likely these masks belong to other images, or were cropped.",
        "Look for the masks that belong to these images; to stretch them would put objects in wrong places.",
    ),
}


def run(survey: Survey) -> Iterator[Finding]:
    """One finding per way in which sizes differ."""
    wrong: dict[str, list[ScannedPair]] = {}
    for entry in survey.entries:
        if entry.image_size != entry.mask_size:
            wrong.setdefault(_way(entry), []).append(entry)
    for way, entries in wrong.items():
        why, consequence, cure = _CURES[way]
        first, count = entries[0], len(entries)
        sizes = f"{_size(first.mask_size)} for {_size(first.image_size)}"
        yield Finding(
            Severity.RUINS,
            f"{of_all(count, len(survey.entries), 'masks')} {agree(count, 'has', 'have')} another size than the image, "
            f"such as {sizes}: {why}.",
            consequence,
            cure,
            masks_of([entry.pair for entry in entries]),
        )


def _way(entry: ScannedPair) -> str:
    """How a mask differs from its image."""
    if entry.mask_size == entry.image_size[::-1]:
        return "turned" if entry.orientation >= _TURNED else "swapped"
    (height, width), (mask_height, mask_width) = entry.image_size, entry.mask_size
    ratio = (mask_width / mask_height) / (width / height)
    return "scaled" if abs(ratio - 1) <= _SAME_SHAPE else "other"


def _size(size: tuple[int, int]) -> str:
    """A size in words."""
    return f"{size[0]} × {size[1]}"


CHECK = Check(run, "masks of another size than their image")
