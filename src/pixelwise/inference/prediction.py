"""What a model says of one image, and how it is shown and kept."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pixelwise.data.classes import Classes
from pixelwise.errors import OutputError, SettingError
from pixelwise.ops.files import write_atomically
from pixelwise.ops.image_io import write_png
from pixelwise.ops.thumbnail import as_rgb
from pixelwise.tasks import Task

__all__ = ["Prediction", "paint"]

_ENCODINGS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction for one image, at the image's size.

    Probabilities are computed when they are first asked for.

    Attributes:
        mask: `(H, W)` uint8, index of each pixel's class.
        image: `(H, W, C)` uint8, the image as it was read.
        classes: Names and colours, by index.
        task: Decodes the scores.
        scores: `(K, H, W)` float32, the network's raw scores; one channel for a binary task.
    """

    mask: NDArray[np.uint8]
    image: NDArray[np.uint8] = field(repr=False)
    classes: Classes = field(repr=False)
    task: Task = field(repr=False)
    scores: Tensor = field(repr=False)

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """Probability of each class `(num_classes, H, W)`, float32; they sum to one over the classes."""
        probabilities: NDArray[np.float32] = self.task.probabilities(self.scores[None])[0].numpy()
        return probabilities

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of the likeliest class `(H, W)`, float32, from 1 / num_classes to 1."""
        confidence: NDArray[np.float32] = self.probabilities.max(axis=0)
        return confidence

    def overlay(self, alpha: float = 0.5) -> NDArray[np.uint8]:
        """Paint the mask over the image in the classes' colours.

        The background of a binary task stays as it is.

        Args:
            alpha: Share of the colour, 0 (the image) to 1 (the mask).

        Returns:
            `(H, W, 3)` uint8, RGB.

        Raises:
            SettingError: If `alpha` is outside [0, 1].
        """
        return paint(self.image, self.mask, self.classes, alpha)

    def save(self, path: str | Path) -> None:
        """Write the mask as a PNG file of class indices with the classes' colours as its palette.

        Viewers show the colours; `pixelwise.ops.image_io.read_labels` and others that leave palettes alone read the
        indices. For the values that the training data had, write `classes.decode(mask)`.

        Raises:
            OutputError: If the name does not end in `.png`, or the file cannot be written.
        """
        if Path(path).suffix.lower() != ".png":
            raise OutputError(f"A mask is written as PNG, which keeps every index, but the name is {path}; use .png.")
        write_png(path, self.mask, palette=self.classes.colors)

    def save_overlay(self, path: str | Path, alpha: float = 0.5) -> None:
        """Write the overlay as a picture: PNG, JPEG or WebP by the end of the name.

        Raises:
            OutputError: If the name ends in something else, or the file cannot be written.
            SettingError: If `alpha` is outside [0, 1].
        """
        encoding = _ENCODINGS.get(Path(path).suffix.lower())
        if encoding is None:
            raise OutputError(f"The picture {path} has no known kind; end its name in {', '.join(_ENCODINGS)}.")
        content = io.BytesIO()
        Image.fromarray(self.overlay(alpha)).save(content, format=encoding, quality=90)
        write_atomically(Path(path), content.getvalue())


def paint(
    image: NDArray[np.uint8], mask: NDArray[np.integer], classes: Classes, alpha: float = 0.5
) -> NDArray[np.uint8]:
    """Paint class indices over an image in the classes' colours.

    Pixels of index 255 and the background of a binary task stay as they are.

    Args:
        image: `(H, W, C)` uint8; the first three channels are shown, or the first as grey.
        mask: `(H, W)` class indices.
        classes: Whose colours to use.
        alpha: Share of the colour, 0 to 1.

    Returns:
        `(H, W, 3)` uint8, RGB.

    Raises:
        SettingError: If `alpha` is outside [0, 1].
    """
    if not 0 <= alpha <= 1:
        raise SettingError(f"alpha is {alpha}, but the share of the colour lies between 0 and 1.")
    image = as_rgb(image)
    share = np.zeros(256, dtype=np.uint16)  # in 256ths, by index
    share[: len(classes.names)] = round(256 * alpha)
    if classes.binary:
        share[0] = 0
    color = np.zeros((256, 3), dtype=np.uint16)
    color[: len(classes.names)] = classes.colors
    parts = share[mask][..., None]
    mixed: NDArray[np.uint16] = image * (256 - parts) + (color * share[:, None])[mask] + 128
    return (mixed >> 8).astype(np.uint8)
