"""Tiny images and masks, drawn on the spot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEIGHT, WIDTH = 6, 8


class Drawer:
    """Draws files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def image(self, *names: str, size: tuple[int, int] = (HEIGHT, WIDTH)) -> None:
        """Draw images of one colour, (height, width)."""
        for name in names:
            self._save(name, np.full((*size, 3), 90, np.uint8))

    def mask(self, name: str, values: Iterable[int] = (0, 1), kind: type[np.integer] = np.uint8) -> None:
        """Draw a mask that holds all of the values, the first of them most often."""
        listed = list(values)
        pixels = np.full(max(HEIGHT * WIDTH, WIDTH * -(-len(listed) // WIDTH)), listed[0], kind)
        pixels[: len(listed)] = listed
        self.array(name, pixels[: HEIGHT * WIDTH].reshape(HEIGHT, WIDTH))

    def array(self, name: str, array: NDArray[Any]) -> None:
        """Save an array as it is."""
        self._save(name, array)

    def pairs(self, images: str, masks: str, names: Sequence[str], values: Iterable[int] = (0, 1, 2)) -> None:
        """Draw one image and one mask per name; `{}` in the paths stands for the name."""
        listed = list(values)
        for name in names:
            self.image(images.format(name))
            self.mask(masks.format(name), listed)

    def photograph(self, name: str) -> None:
        """Draw an image in which hardly two pixels are the same."""
        self._save(name, np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3))

    def _save(self, name: str, array: NDArray[Any]) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(path)
