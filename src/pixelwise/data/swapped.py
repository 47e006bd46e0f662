"""Folders of images and masks that bear each other's names."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pixelwise.data.pairs import FILES, shown
from pixelwise.data.scaling import ORDINARY
from pixelwise.data.scan import ScannedPair
from pixelwise.errors import DataError
from pixelwise.ops.image_io import read_stored

__all__ = ["find_swapped", "refuse_swapped"]

_KINDS_OF_MASKS = (ORDINARY, (1, "uint16"))  # bands and numbers of files that `read_stored` reads
_FEW_VALUES = 64
_RICHER = 4  # a photograph holds at least so many times the values of a mask
_NEARLY_ALL = 0.9
_PROBES = 3
_FLAT = 0.8  # share of the neighbouring pixels that are equal: at least this in a mask
_UNEVEN = 0.7  # … and at most this in a photograph, so that numbered objects are none


class _Look(NamedTuple):
    """A file as it looks: how many different values (or colours) it holds, and the share of equal neighbours."""

    file: Path
    num_values: int
    unit: str
    evenness: float


def refuse_swapped(scanned: Sequence[ScannedPair], root: Path) -> None:
    """Refuse masks that look like photographs while their images look like masks.

    Raises:
        DataError: If so, for the first pair of folders; it says which to rename.
    """
    found = find_swapped(scanned, root)
    if found is not None:
        raise DataError(" ".join(found))


def find_swapped(scanned: Sequence[ScannedPair], root: Path) -> tuple[str, str] | None:
    """What `refuse_swapped` says: what was seen, and what to rename; None where nothing is swapped."""
    folders: dict[tuple[Path, Path], list[ScannedPair]] = {}
    for entry in scanned:
        could_be_mask = entry.image_kind in _KINDS_OF_MASKS
        if entry.pair.target is not None and entry.pair.source is FILES and could_be_mask:
            folders.setdefault((entry.pair.image.parent, entry.pair.target.parent), []).append(entry)
    for (images, masks), entries in folders.items():
        rich = [entry for entry in entries if max(entry.num_colors, len(entry.pixels)) > _FEW_VALUES]
        if len(rich) < _NEARLY_ALL * len(entries):
            continue
        looks = _looks(rich[:_PROBES])
        if looks and all(_is_swapped(*pair) for pair in looks) and max(image.num_values for image, _ in looks) > 1:
            return _sentences(images, masks, looks, root)
    return None


def _looks(entries: Sequence[ScannedPair]) -> list[tuple[_Look, _Look]]:
    """How images and masks look; a file that cannot be read is no evidence."""
    looks = []
    for entry in entries:
        if entry.pair.target is not None:
            with suppress(DataError):
                looks.append((_look(entry.pair.image), _look(entry.pair.target)))
    return looks


def _look(file: Path) -> _Look:
    """How a file looks."""
    values, unit = read_stored(file).values, "values"
    if values.ndim == 3:
        unit = "colours"
        values = values.astype(np.int64) @ (256 ** np.arange(values.shape[2]))
    evenness = float(np.mean(values[:, 1:] == values[:, :-1])) if values.shape[1] > 1 else 1.0
    return _Look(file, len(np.unique(values)), unit, evenness)


def _is_swapped(image: _Look, mask: _Look) -> bool:
    """Whether a file called an image looks like a mask, and the other way round."""
    is_drawing = image.num_values <= _FEW_VALUES and image.evenness >= _FLAT
    return is_drawing and mask.num_values >= _RICHER * image.num_values and mask.evenness <= _UNEVEN


def _sentences(images: Path, masks: Path, looks: Sequence[tuple[_Look, _Look]], root: Path) -> tuple[str, str]:
    """What was seen, and what to rename."""
    image = max((image for image, _ in looks), key=lambda look: look.num_values)
    mask = max((mask for _, mask in looks), key=lambda look: look.num_values)
    photograph = f"({shown(mask.file, root)}: {mask.num_values} different {mask.unit})"
    drawing = f"({shown(image.file, root)}: {image.num_values})"
    if images == masks:
        return (
            f"Images and masks seem to be swapped in {images}: what is named like a mask looks like a photograph "
            f"{photograph}, what is named like an image like a mask {drawing}.",
            "Exchange their names (a.jpg for the photograph, a_mask.png for its mask).",
        )
    first, second = shown(images, root), shown(masks, root)
    return (
        f"{first} and {second} seem to be swapped: {second} holds what looks like photographs {photograph}, {first} "
        f"what looks like masks {drawing}.",
        f"Rename {second} to {first}, and {first} to {second}.",
    )
