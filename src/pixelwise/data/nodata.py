"""Pixels that an image marks as missing, as at the margin of a map: said, and left out."""

from __future__ import annotations

from collections.abc import Iterable

from pixelwise.data.dataset import Decision
from pixelwise.data.scan import ScannedPair
from pixelwise.data.wording import counted, percent

__all__ = ["about_missing"]


def about_missing(scanned: Iterable[ScannedPair]) -> list[Decision]:
    """That missing pixels are ignored, and how many there are; nothing where there are none."""
    entries = list(scanned)
    affected = [entry for entry in entries if entry.missing]
    if not affected:
        return []
    total = sum(entry.mask_size[0] * entry.mask_size[1] for entry in entries)
    share = percent(sum(entry.missing for entry in affected) / total)
    where = f"{len(affected)} of {counted(len(entries), 'image')}"
    return [
        Decision(
            f"Pixels without data are ignored: {share} of all, in {where}",
            "the TIFF files mark them (nodata, a mask, or transparency); the image is 0 there, and no mask counts",
        )
    ]
