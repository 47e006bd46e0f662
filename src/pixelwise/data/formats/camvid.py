"""Splits and their masks as sibling folders, as SegNet's copy of CamVid lies on disk.

    DATA/
    ├── train/       0001TP_006690.png …
    ├── trainannot/  0001TP_006690.png …     one number per class
    ├── val/         valannot/
    └── test/        testannot/

Any of the splits may be missing. `DATA/test` itself may be given too: its masks are looked for beside it.

CamVid: Brostow, Fauqueur, Cipolla: "Semantic object classes in video: A high-definition ground truth database",
Pattern Recognition Letters 2009. The copy of 360 × 480 pixels and 11 classes: Badrinarayanan, Kendall, Cipolla:
"SegNet", https://arxiv.org/abs/1511.00561.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pixelwise.data.formats._base import (
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    best_parts,
    image_files,
    left_out_splits,
    paired_part,
    subfolders,
)
from pixelwise.data.wording import counted

__all__ = ["CAMVID_NAMES", "CAMVID_VOID", "FORMAT", "is_camvid"]

CAMVID_NAMES = (
    *("sky", "building", "pole", "road", "pavement", "tree"),
    *("sign", "fence", "car", "pedestrian", "bicyclist"),
)
CAMVID_VOID = 11
_ENDING = "annot"
_SEQUENCES = ("0001TP_", "0006R0_", "0016E5_", "Seq05VD_")
_MOST_FOREIGN = 0.25  # CamVid with all 32 classes has two thirds of its pixels above 11


def find(root: Path) -> Found | None:
    """Find `train` with `trainannot`, `val` with `valannot`, `test` with `testannot` in a folder."""
    alone = _beside(root)
    if alone is not None:
        return alone
    by_name = {folder.name.lower(): folder for folder in subfolders(root)}
    parts: dict[str, list[Part]] = {}
    left_out: dict[str, str] = {}
    for word, split in SPLIT_WORDS.items():
        images, masks = by_name.get(word), by_name.get(f"{word}{_ENDING}")
        part = paired_part(images, masks) if images and masks else None
        if part is not None:
            parts.setdefault(split, []).append(part)
        elif images is not None and (count := len(image_files(images))):
            left_out[images.name] = (
                f"{counted(count, 'image')}, but no masks ({images.name}{_ENDING} is missing or empty)"
            )
        elif masks is not None and (count := len(image_files(masks))):
            left_out[masks.name] = f"{counted(count, 'mask')}, but no images ({word} is missing or empty)"
    chosen = best_parts(parts)
    return Found(root, chosen, left_out_splits(root, chosen) | left_out) if chosen else None


def is_camvid(names: Iterable[str], pixels: Mapping[int, int]) -> bool:
    """Whether files and values are those of SegNet's CamVid.

    Stray values above 11 do not speak against it, so that they are refused rather than taken for new classes.

    Args:
        names: The images' file names.
        pixels: Pixels per stored value over all masks.
    """
    foreign = sum(count for value, count in pixels.items() if not 0 <= value <= CAMVID_VOID)
    few = foreign <= _MOST_FOREIGN * sum(pixels.values())
    return few and all(name.startswith(_SEQUENCES) for name in names)


def _beside(root: Path) -> Found | None:
    """`DATA/test` with `DATA/testannot` where `DATA/test` is given."""
    split = SPLIT_WORDS.get(root.name.lower())
    if split is None:
        return None
    wanted = f"{root.name.lower()}{_ENDING}"
    masks = next((folder for folder in subfolders(root.parent) if folder.name.lower() == wanted), None)
    part = paired_part(root, masks) if masks is not None else None
    return Found(root.parent, {split: part}) if part else None


FORMAT = Format(find, "train/ with trainannot/, val/ with valannot/ (SegNet's CamVid)")
