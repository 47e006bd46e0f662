"""Splits with folders of images and masks, in any of the usual orders.

    DATA/train/images/a.jpg      DATA/images/train/a.jpg     DATA/train/a.jpg           DATA/train/a.jpg
    DATA/train/masks/a.png       DATA/masks/train/a.png      DATA/train_masks/a.png     DATA/train/a_mask.png
    DATA/val/…                   DATA/images/val/…           DATA/val/…                 DATA/val/…

Splits are called train or training, val, valid or validation, test or testing; the words for images and masks are
those of `IMAGE_WORDS` and `MASK_WORDS`, in whatever case. Splits may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.formats._base import (
    IMAGE_WORDS,
    MASK_WORDS,
    SPLIT_WORDS,
    Format,
    Found,
    Part,
    best_parts,
    image_files,
    joined_words,
    left_out_splits,
    paired_part,
    splits_in,
    subfolders_called,
)
from pixelwise.data.formats._index_folders import write_parts
from pixelwise.data.pairs import pair_by_suffix

__all__ = ["FORMAT"]


def find(root: Path) -> Found | None:
    """Find the splits of a folder with their images and masks."""
    parts: dict[str, list[Part]] = {}
    for split, part in _candidates(root):
        parts.setdefault(split, []).append(part)
    chosen = best_parts(parts)
    if not chosen:
        return None
    return Found(root, dict(sorted(chosen.items())), left_out_splits(root, chosen))


def _candidates(root: Path) -> Iterator[tuple[str, Part]]:
    """Every part that could be a split."""
    for folder, split in splits_in(root):
        images, masks = subfolders_called(folder, IMAGE_WORDS), subfolders_called(folder, MASK_WORDS)
        yield from ((split, part) for part in _products(images, masks))
        beside = subfolders_called(root, joined_words(folder.name, MASK_WORDS))
        yield from ((split, part) for part in _products([folder], beside))
        pairing = pair_by_suffix(image_files(folder))
        if pairing.pairs:
            yield split, Part(folder, folder, pairing)
    for split, word in _words_of_splits():
        images = subfolders_called(root, joined_words(word, IMAGE_WORDS))
        masks = subfolders_called(root, joined_words(word, MASK_WORDS))
        yield from ((split, part) for part in _products(images, masks))
    for images_root in subfolders_called(root, IMAGE_WORDS):
        for folder, split in splits_in(images_root):
            same = [
                other
                for masks_root in subfolders_called(root, MASK_WORDS)
                for other, other_split in splits_in(masks_root)
                if other_split == split
            ]
            yield from ((split, part) for part in _products([folder], same))


def _products(images: list[Path], masks: list[Path]) -> Iterator[Part]:
    """Every folder of images with every folder of masks, as far as both hold files."""
    for image_folder in images:
        for mask_folder in masks:
            part = paired_part(image_folder, mask_folder)
            if part is not None:
                yield part


def _words_of_splits() -> Iterator[tuple[str, str]]:
    """Each split with each word for it."""
    return ((split, word) for word, split in SPLIT_WORDS.items())


def write(dataset: Dataset, folder: Path) -> None:
    """Write `train/images/`, `train/masks/` and so on, `classes.txt` and `dataset.yaml`."""
    places = {split: (f"{split}/images", f"{split}/masks") for split in dataset.splits}
    write_parts(dataset, folder, places, format_name="split_folders", with_splits=False)


FORMAT = Format(find, "train/images/ with train/masks/, or images/train/ with masks/train/", write=write)
