"""A healthy data set, copied into a test's own folder, to plant faults into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]


class Folder:
    """Images and masks as `root/SPLIT/images/a.png` and `root/SPLIT/masks/a.png`, or without splits."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def images(self, split: str = "train") -> list[Path]:
        """The images of a split, sorted."""
        return sorted((self.root / split / "images").iterdir())

    def masks(self, split: str = "train") -> list[Path]:
        """The masks of a split, sorted."""
        return sorted((self.root / split / "masks").iterdir())

    def all_images(self) -> list[Path]:
        """The images of all splits."""
        return sorted(self.root.glob("**/images/*"))

    def all_masks(self) -> list[Path]:
        """The masks of all splits."""
        return sorted(self.root.glob("**/masks/*"))

    def change(self, files: Sequence[Path], change: Callable[[Array], Array]) -> list[Path]:
        """Change the pixels of files; a palette stays."""
        for file in files:
            array, palette = load(file)
            save(file, change(array), palette)
        return list(files)

    def pair(self, name: str, image: Array, mask: Array, split: str = "train") -> tuple[Path, Path]:
        """Add an image with its mask."""
        files = self.root / split / "images" / f"{name}.png", self.root / split / "masks" / f"{name}.png"
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
        _, palette = load(self.masks(split)[0]) if list(files[1].parent.iterdir()) else (None, None)
        save(files[0], image)
        save(files[1], mask, palette)
        return files

    def copy(self, place: int, name: str, change: Callable[[Array], Array], to: str = "val") -> tuple[Path, Path]:
        """Add a changed copy of a training pair to a split; returns the original image and the copy."""
        image, mask = self.images()[place], self.masks()[place]
        copied, _ = self.pair(name, change(load(image)[0]), change(load(mask)[0]), to)
        return image, copied

    def without_names(self) -> None:
        """Take the names of the classes away."""
        (self.root / "classes.txt").unlink()


def load(file: Path) -> tuple[Array, list[int] | None]:
    """The stored pixels, and the palette."""
    with Image.open(file) as image:
        return np.array(image), image.getpalette() if image.mode == "P" else None


def save(file: Path, array: Array, palette: list[int] | None = None, **options: Any) -> None:
    """Save pixels under a name, in the format of its ending."""
    image = Image.fromarray(np.ascontiguousarray(array))
    if palette is not None and array.ndim == 2 and array.dtype == np.uint8:
        image.putpalette([*palette, *[0] * (768 - len(palette))])  # else Pillow cuts large numbers off
    image.save(file, **options)


def resized(array: Array, size: tuple[int, int]) -> Array:
    """Another size, (height, width): masks by nearest neighbour."""
    way = Image.Resampling.NEAREST if array.ndim == 2 else Image.Resampling.BICUBIC
    return np.array(Image.fromarray(array).resize(size[::-1], way))
