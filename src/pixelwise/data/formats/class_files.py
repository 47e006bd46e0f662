"""Masks that name image and class, each of which shows one class: pixels may belong to several classes.

    DATA/                              DATA/
    ├── images/  a.png …               ├── images/  a.png …
    └── masks/                         └── masks/
        ├── a_nucleus.png                  ├── a/  nucleus.png, vessel.png
        ├── a_vessel.png                   └── …
        └── …

With folders for splits as in `class_folders.py`. Names that most images do not share, and mere numbers, are no classes:
such files are one per object. `Prediction.save` writes the second layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pixelwise.data.formats._base import MASK_WORDS, Format, Found, image_files, subfolders
from pixelwise.data.formats._class_files import Planes, find_planes, image_of, refuse_twice

__all__ = ["FORMAT"]

_SHARED = 0.5  # of the classes must be those of several images


def find(root: Path) -> Found | None:
    """Find masks whose names tell their image and their class."""
    return find_planes(root, _match, "the names of the masks")


def _match(place: Path, images: Sequence[Path], masks: Path) -> Planes | None:
    """The masks in a folder, or in folders in it that are called like images."""
    by_stem = {image.stem: image for image in images}
    several: dict[Path, dict[str, list[Path]]] = {}
    alone: list[Path] = []
    for file, known in _files(masks, by_stem):
        if known is None:
            alone.append(file)
        else:
            several.setdefault(known[0], {}).setdefault(known[1], []).append(file)
    if not _are_classes(several):
        return None
    for image, by_class in several.items():
        for name, files in by_class.items():
            refuse_twice(image, name, files)
    first = next(iter(several.values()))
    is_flat = next(iter(first.values()))[0].parent == masks
    return Planes(
        images=place,
        masks=masks,
        files={image: {name: files[0] for name, files in by_class.items()} for image, by_class in several.items()},
        targets={image: masks / f"{image.stem}_*" if is_flat else masks / image.stem / "*" for image in several},
        images_alone=tuple(image for image in images if image not in several),
        masks_alone=tuple(alone),
    )


def _files(masks: Path, by_stem: Mapping[str, Path]) -> Iterator[tuple[Path, tuple[Path, str] | None]]:
    """Each mask with its image and its class, as far as they are known."""
    for file in image_files(masks):
        known = image_of(file.stem, by_stem)
        name = _without_words(known[1]) if known else ""
        yield file, (known[0], name) if known and name else None
    for folder in subfolders(masks):
        outer = image_of(folder.name, by_stem)
        if outer is None or outer[1].lower() not in ("", *MASK_WORDS):
            continue
        for file in image_files(folder):
            inner = image_of(file.stem, by_stem)
            name = _without_words(inner[1] if inner and inner[0] == outer[0] else file.stem)
            yield file, (outer[0], name) if name else None


def _without_words(name: str) -> str:
    """A class without a word such as `mask` before or behind it.

    >>> _without_words("nucleus_mask"), _without_words("mask_nucleus"), _without_words("mask")
    ('nucleus', 'nucleus', '')
    """
    for word in MASK_WORDS:
        if name.lower() == word:
            return ""
        if len(name) > len(word) + 1:
            if name.lower().endswith(word) and name[-len(word) - 1] in "_-.":
                return name[: -len(word) - 1]
            if name.lower().startswith(word) and name[len(word)] in "_-.":
                return name[len(word) + 1 :]
    return name


def _are_classes(several: Mapping[Path, Mapping[str, Sequence[Path]]]) -> bool:
    """Whether what names add to those of images are classes, not numbers or names of objects."""
    counts: dict[str, int] = {}
    for by_class in several.values():
        for name in by_class:
            counts[name] = counts.get(name, 0) + 1
    if len(counts) < 2 or all(name.isdecimal() for name in counts):
        return False
    return len(several) == 1 or sum(count > 1 for count in counts.values()) >= _SHARED * len(counts)


FORMAT = Format(find, "images/a.jpg with masks/a_CLASS.png or masks/a/CLASS.png", rank=5)
