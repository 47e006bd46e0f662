"""Phrases that several checks share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pixelwise.data.pairs import Pair
from pixelwise.data.wording import agree, percent
from pixelwise.ops.image_io import SUFFIXES

__all__ = ["agree", "images_of", "masks_of", "of_all", "percent"]


def of_all(count: int, total: int, nouns: str) -> str:
    """A number among all.

    >>> of_all(3, 24, "images"), of_all(24, 24, "images"), of_all(1, 1, "images")
    ('3 of 24 images', 'All 24 images', '1 of 1 images')
    """
    return f"All {total} {nouns}" if count == total and total > 1 else f"{count} of {total} {nouns}"


def images_of(pairs: Iterable[Pair]) -> tuple[Path, ...]:
    """The image files of pairs."""
    return tuple(pair.image for pair in pairs)


def masks_of(pairs: Sequence[Pair]) -> tuple[Path, ...]:
    """The mask files of pairs; the image where its mask is no image file of its own."""
    return tuple(
        pair.target if pair.target and pair.target.suffix.lower() in SUFFIXES else pair.image for pair in pairs
    )
