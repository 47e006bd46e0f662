"""Masks against the size of their images, and photographs that the camera turned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import shown
from pixelwise.data.scan import ScannedPair
from pixelwise.data.wording import counted
from pixelwise.errors import DataError, some_of

__all__ = ["about_orientation", "refuse_other_sizes"]

_TURNS = {
    5: "mirrored about the diagonal",
    6: "turned by 90° clockwise",
    7: "mirrored about the other diagonal",
    8: "turned by 90° anticlockwise",
}


def refuse_other_sizes(scanned: Sequence[ScannedPair], root: Path) -> None:
    """Refuse masks of another size than their image.

    A mask that fits its photograph only as that is stored was drawn before the photograph was turned upright. It is not
    turned here: the sizes tell so for some of the photographs, and the masks of the others (turned by 180°, or square)
    would be left as they are.

    Raises:
        DataError: If there are any; to be turned and to be scaled are told apart.
    """
    wrong = [entry for entry in scanned if entry.image_size != entry.mask_size]
    lying = [entry for entry in wrong if entry.mask_size == entry.image_size[::-1]]
    turned = [entry for entry in lying if entry.orientation in _TURNS]
    swapped = [entry for entry in lying if entry.orientation not in _TURNS]
    scaled = [entry for entry in wrong if entry not in lying]
    sentences = [
        f"{_found(entries, len(scanned), root)} {cure}"
        for entries, cure in (
            (turned, _turning(turned, scanned, root)),
            (
                swapped,
                "Height and width have changed places: turn the masks (or the images) by 90°, do not resize them.",
            ),
            (scaled, "Save them at the size of the image, by nearest neighbour."),
        )
        if entries
    ]
    if sentences:
        raise DataError(" ".join(sentences))


def about_orientation(scanned: Sequence[ScannedPair], root: Path) -> list[Decision]:
    """That images are turned upright, and whether the sizes show that their masks are so too."""
    turned = [entry for entry in scanned if entry.orientation != 1]
    if not turned:
        return []
    unclear = [entry for entry in turned if _is_unclear(entry)]
    evidence = "their masks have the size of the upright image"
    if unclear:
        evidence = (
            f"the masks of {len(unclear)} of them are taken to be drawn on the upright image, which no size can tell "
            f"({_images(unclear, root)})"
        )
    what = f"{counted(len(turned), 'image')} {'is' if len(turned) == 1 else 'are'} turned upright"
    return [Decision(what, f"the camera noted so (EXIF orientation); {evidence}")]


def _found(wrong: Sequence[ScannedPair], total: int, root: Path) -> str:
    """How many masks have another size, with the first of them."""
    verb = "has" if len(wrong) == 1 else "have"
    files = some_of(_sizes(entry, root) for entry in wrong)
    return f"{len(wrong)} of {total} masks {verb} another size than the image: {files} (height × width)."


def _turning(turned: Sequence[ScannedPair], scanned: Sequence[ScannedPair], root: Path) -> str:
    """Why masks fit their photographs only before these are turned upright, and what to do."""
    kinds = "; ".join(f"{kind}: {_TURNS[kind]}" for kind in sorted({entry.orientation for entry in turned}))
    cure = (
        f"The images carry an EXIF orientation ({kinds}) by which they are turned upright, and the masks were drawn "
        'before that. Turn each mask in the same way ("Photographs that the camera turned" in docs/data.md shows '
        "how); do not resize them."
    )
    unclear = [entry for entry in scanned if entry not in turned and _is_unclear(entry)]
    if not unclear:
        return cure
    masks = "mask" if len(unclear) == 1 else "masks"
    images = _images(unclear, root)
    return f"{cure} The same holds, most likely, for {len(unclear)} more {masks} whose size cannot tell (of {images})."


def _is_unclear(entry: ScannedPair) -> bool:
    """Whether the image is turned upright in a way that leaves its size as it is."""
    height, width = entry.image_size
    return entry.orientation != 1 and (entry.orientation not in _TURNS or height == width)


def _sizes(entry: ScannedPair, root: Path) -> str:
    """A mask with both sizes."""
    (mask_height, mask_width), (height, width) = entry.mask_size, entry.image_size
    name = shown(entry.pair.target, root) if entry.pair.target is not None else entry.pair.name
    return f"{name} is {mask_height} × {mask_width}, its image {height} × {width}"


def _images(entries: Iterable[ScannedPair], root: Path) -> str:
    """The first images, below the folder of the data."""
    return some_of(shown(entry.pair.image, root) for entry in entries)
