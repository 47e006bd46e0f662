"""An image and its mask, and how files are brought together by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.wording import ended
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import ImageHead, StoredImage, image_head, read_image, read_pixels, read_stored
from pixelwise.ops.maps import read_missing

__all__ = [
    "FILES",
    "Pair",
    "Pairing",
    "Source",
    "files_named",
    "pair_by_name",
    "pair_by_suffix",
    "shown",
    "unique_by_stem",
]

_MASK_ENDINGS = ("mask", "masks", "label", "labels", "seg", "segmentation", "gt", "annotation", "annot", "target")
_IMAGE_ENDINGS = ("image", "img", "sat", "rgb", "photo")
_LETTERS = ("_P", "_L")  # CamVid as Cambridge and as fastai and Kaggle give it away


class Source:
    """How the pixels of pairs are read. This one: from two image files.

    A format whose masks are no image files (polygons in JSON), or whose images are none (both halves of one picture,
    a table), has a subclass of its own and hands it to its pairs. Objects are shared by many pairs and by threads.
    """

    def head(self, pair: Pair) -> ImageHead:
        """Size and orientation of the image, without decoding it.

        Raises:
            DataError: If `image` would refuse the file for what its head says.
        """
        return image_head(pair.image)

    def image(self, pair: Pair) -> NDArray[np.uint8]:
        """The image, `(H, W, 3)` uint8 RGB, upright; of other bands where the source scales them (`data.scaling`).

        Raises:
            DataError: If it cannot be read.
        """
        return read_image(pair.image)

    def pixels(self, pair: Pair) -> NDArray[np.number]:
        """The image as it is stored, `(H, W, C)`; what `head` calls ordinary is as `image` gives it.

        Raises:
            DataError: If it cannot be read.
        """
        return read_pixels(pair.image)

    def image_file(self, pair: Pair) -> Path | None:
        """The file that holds the image and nothing else; None where there is none, as of a row of a table."""
        return pair.image

    def missing(self, pair: Pair) -> NDArray[np.bool_] | None:
        """Which pixels of the image are missing, `(H, W)`; see `ops.maps.read_missing`. None where none is.

        Raises:
            DataError: If the image cannot be read.
        """
        file = self.image_file(pair)
        return None if file is None else read_missing(file)

    def stored(self, pair: Pair) -> StoredImage:
        """The mask as it is stored, `(H, W)` whole numbers or `(H, W, C)` colours.

        Raises:
            DataError: If there is none, or it cannot be read.
        """
        if pair.target is None:
            raise DataError(f"{pair.image} has no mask, so it can be predicted but neither trained on nor scored.")
        return read_stored(pair.target)


FILES = Source()


@dataclass(frozen=True)
class Pair:
    """An image and what should come out of it.

    Attributes:
        image: The image file, or where in a larger file the image lies: what messages name.
        target: The file that holds the mask, or None where there is none.
        source: How the two are read.
    """

    image: Path
    target: Path | None
    source: Source = field(default=FILES, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The image's file name without its ending."""
        return self.image.stem

    def image_size(self) -> tuple[int, int]:
        """Height and width of the image in pixels, upright, without decoding it; see `Source.head`."""
        return self.source.head(self).size

    def read_image(self) -> NDArray[np.uint8]:
        """The image; see `Source.image`."""
        return self.source.image(self)

    def read_missing(self) -> NDArray[np.bool_] | None:
        """Which pixels of the image are missing; see `Source.missing`."""
        return self.source.missing(self)

    def read_stored(self) -> StoredImage:
        """The mask as it is stored; see `Source.stored`."""
        return self.source.stored(self)


@dataclass(frozen=True)
class Pairing:
    """What came of bringing images and masks together.

    Attributes:
        pairs: Those that belong together, by name.
        images_alone: Images without a mask.
        masks_alone: Masks without an image.
    """

    pairs: tuple[Pair, ...]
    images_alone: tuple[Path, ...] = ()
    masks_alone: tuple[Path, ...] = ()


def pair_by_name(images: Iterable[Path], masks: Iterable[Path]) -> Pairing:
    """Bring images and masks of two folders together by name; the order of the files plays no part.

    Names match if they are the same but for their endings (`a.jpg`, `a.png`); failing that, if the mask adds a word
    such as `_mask`, `-label`, `_seg`, `_gt`, `_L` or `_P` (`a.jpg`, `a_mask.png`; `a_img.jpg`, `a_mask.png`).

    Raises:
        DataError: If two images have one name, or one image has two masks.
    """
    by_stem = unique_by_stem(images, "images")
    masks_by_stem = unique_by_stem(masks, "masks")
    found = {stem: masks_by_stem[stem] for stem in by_stem if stem in masks_by_stem}
    taken = set(found.values())
    by_bare: dict[str, list[Path]] = {}
    for stem, mask in masks_by_stem.items():
        bare = _without_mask_ending(stem)
        if mask not in taken and bare is not None:
            by_bare.setdefault(bare, []).append(mask)
    for stem in by_stem:
        if stem in found:
            continue
        candidates = by_bare.get(stem) or by_bare.get(_without_image_ending(stem), [])
        if len(candidates) > 1:
            names = some_of(sorted(mask.name for mask in candidates))
            found_masks = ended(f"The image {by_stem[stem].name} has {len(candidates)} masks: {names}")
            raise DataError(f"{found_masks} Keep one of them in the folder.")
        if candidates:
            found[stem] = candidates[0]
    return _pairing(by_stem, masks_by_stem, found)


def pair_by_suffix(files: Sequence[Path]) -> Pairing:
    """Bring the files of one folder together, images and masks side by side.

    `a.jpg` and `a_mask.png`; or, where no file is named like that, `a.jpg` (image) and `a.png` (mask).

    Raises:
        DataError: If two images have one name, or one image has two masks.
    """
    stems = {file.stem for file in files}
    stems |= {_without_image_ending(stem) for stem in stems}
    masks = [file for file in files if _without_mask_ending(file.stem) in stems]
    if masks:
        chosen = set(masks)
        return pair_by_name([file for file in files if file not in chosen], masks)
    photographs = [file for file in files if file.suffix.lower() in (".jpg", ".jpeg")]
    drawings = [file for file in files if file.suffix.lower() == ".png"]
    if photographs and {file.stem for file in photographs} & {file.stem for file in drawings}:
        return pair_by_name(photographs, drawings)
    return Pairing((), tuple(files))


def shown(path: Path, root: Path) -> str:
    """A path as a user would write it: below the folder of the data, if it lies there.

    >>> shown(Path("data/train/a.png"), Path("data"))
    'train/a.png'
    """
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def files_named(text: str, pairs: Iterable[Pair], root: Path) -> tuple[Path, ...]:
    """The files of pairs that a text names, as `shown` writes them."""
    return tuple(
        file
        for pair in pairs
        for file in (pair.image, pair.target)
        if file is not None and re.search(rf"(?<![\w.\-]){re.escape(shown(file, root))}(?!\w)", text)
    )


def unique_by_stem(files: Iterable[Path], kind: str) -> dict[str, Path]:
    """Files of a folder by their names without endings.

    Args:
        files: The files.
        kind: What they are, for messages.

    Raises:
        DataError: If two have one name.
    """
    found: dict[str, Path] = {}
    for file in sorted(files):
        if file.stem in found:
            raise DataError(
                f"Two {kind} in {file.parent} are called {file.stem}: {found[file.stem].name} and {file.name}. "
                "Names must differ in more than their endings."
            )
        found[file.stem] = file
    return found


def _pairing(images: dict[str, Path], masks: dict[str, Path], found: dict[str, Path]) -> Pairing:
    """Sort all files into pairs and those left over."""
    taken = set(found.values())
    return Pairing(
        tuple(Pair(images[stem], found[stem]) for stem in sorted(found)),
        tuple(image for stem, image in sorted(images.items()) if stem not in found),
        tuple(mask for _, mask in sorted(masks.items()) if mask not in taken),
    )


def _without_mask_ending(stem: str) -> str | None:
    """`a_mask` -> `a`; None where the name has no such ending."""
    if stem.endswith(_LETTERS) and len(stem) > 2:
        return stem[:-2]
    return _without_word(stem, _MASK_ENDINGS)


def _without_image_ending(stem: str) -> str:
    """`a_img` -> `a`; any other name unchanged."""
    return _without_word(stem, _IMAGE_ENDINGS) or stem


def _without_word(stem: str, words: Iterable[str]) -> str | None:
    """Take a word and the `_`, `-` or `.` before it off the end of a name."""
    for word in words:
        cut = len(stem) - len(word)
        if cut >= 2 and stem.lower().endswith(word) and stem[cut - 1] in "_-.":
            return stem[: cut - 1]
    return None
