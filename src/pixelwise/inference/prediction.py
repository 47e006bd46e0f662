"""What a model says of one image, and how it is shown and kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pixelwise.data.classes import Classes
from pixelwise.errors import OutputError, SettingError
from pixelwise.inference.picture import write_picture
from pixelwise.ops.blend import blended
from pixelwise.ops.georeference import Georeference, write_geotiff
from pixelwise.ops.image_io import write_png
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.ops.thumbnail import as_rgb
from pixelwise.tasks import Task

__all__ = ["Prediction", "paint", "plane_names"]

_ROWS = 64  # of an image that are painted at once, since mixing colours takes a hundred bytes for each pixel


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """The prediction for one image, at the image's size.

    Probabilities are computed when they are first asked for.

    Attributes:
        mask: `(H, W)` uint8, index of each pixel's class; where classes overlap, `(K, H, W)` uint8: 1 where a pixel
            belongs to a class, else 0. Where the image is missing (`ops.maps.read_missing`), 255; or 0 in all
            planes, where classes overlap.
        image: `(H, W, C)` uint8, the image as it was read.
        classes: Names and colours, by index.
        task: Decodes the scores.
        scores: `(K, H, W)` float32, raw scores, divided by the model's temperature; one channel for a binary task.
        georeference: Where on earth the image lies, if its file says so; see `save`.
    """

    mask: NDArray[np.uint8]
    image: NDArray[np.uint8]
    classes: Classes
    task: Task
    scores: Tensor
    georeference: Georeference | None = None

    def __repr__(self) -> str:
        height, width = self.mask.shape[-2:]
        return f"Prediction(mask of {height} × {width} pixels, {len(self.classes.names)} classes)"

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """Probability of each class `(num_classes, H, W)`, float32.

        They sum to one over the classes, unless these overlap.
        """
        probabilities: NDArray[np.float32] = self.task.probabilities(self.scores[None])[0].numpy()
        return probabilities

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of the likeliest class `(H, W)`, float32, from 1 / num_classes to 1 (or 0, if they overlap)."""
        confidence: NDArray[np.float32] = self.probabilities.max(axis=0)
        return confidence

    def overlay(self, alpha: float = 0.5) -> NDArray[np.uint8]:
        """Paint the mask over the image in the classes' colours.

        The background of a binary task stays as it is, and where classes overlap, the pixels of none of them.

        Args:
            alpha: Share of the colour, 0 (the image) to 1 (the mask).

        Returns:
            `(H, W, 3)` uint8, RGB.

        Raises:
            SettingError: If `alpha` is outside [0, 1].
        """
        return paint(self.image, self.mask, self.classes, alpha)

    def save(self, path: str | Path) -> None:
        """Write the mask as a PNG or TIFF file of class indices with the classes' colours as its palette.

        A TIFF file lies at the same place on earth as the image, if that is a GeoTIFF, and says that 255 is no data.

        Viewers show the colours; `pixelwise.ops.image_io.read_labels` and others that leave palettes alone read the
        indices. For the values that the training data had, write `classes.decode(mask)`.

        Where classes overlap, `path` without its ending is a folder, with a PNG file of 0 and 255 per class, called
        like it: one of the layouts that `open_data` reads.

        Raises:
            OutputError: If the name does not end in `.png`, `.tif` or `.tiff`, or the file cannot be written.
        """
        if self.classes.multilabel:
            for name, plane in zip(plane_names(self.classes.names), self.mask, strict=True):
                write_png(Path(path).with_suffix("") / f"{name}.png", (plane == 1) * np.uint8(255), is_result=True)
            return
        suffix, colors = Path(path).suffix.lower(), self.classes.colors
        if suffix in (".tif", ".tiff"):
            write_geotiff(path, self.mask, colors, self.georeference, IGNORE_INDEX)
            return
        if suffix != ".png":
            raise OutputError(
                f"A mask is written as PNG or TIFF, which keep every index, but the name is {path}; use .png."
            )
        has_missing = self.mask.size and self.mask.max() == IGNORE_INDEX
        unused = [(0, 0, 0)] * (IGNORE_INDEX + 1 - len(colors)) if has_missing else []
        write_png(path, self.mask, palette=[*colors, *unused], is_result=True)

    def save_overlay(self, path: str | Path, alpha: float = 0.5) -> None:
        """Write the overlay as a picture: PNG, JPEG or WebP by the end of the name.

        Raises:
            OutputError: If the name ends in something else, or the file cannot be written.
            SettingError: If `alpha` is outside [0, 1].
        """
        write_picture(path, self.overlay(alpha))


def paint(
    image: NDArray[np.uint8], mask: NDArray[np.integer], classes: Classes, alpha: float = 0.5
) -> NDArray[np.uint8]:
    """Paint class indices over an image in the classes' colours.

    Pixels of index 255 and the background of a binary task stay as they are; where classes overlap, their colours are
    mixed, and pixels of none of them stay as they are.

    Args:
        image: `(H, W, C)` uint8; the first three channels are shown, or the first as grey.
        mask: `(H, W)` class indices, or `(K, H, W)` of 0 and 1 where classes overlap.
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
    if classes.multilabel:
        painted = np.empty_like(image)
        for top in range(0, len(image), _ROWS):
            rows = slice(top, top + _ROWS)
            mixed_colors, is_shown = blended(mask[:, rows], classes.colors)
            part = alpha * is_shown[..., None]
            painted[rows] = (image[rows] * (1 - part) + mixed_colors * part).round().astype(np.uint8)
        return painted
    share = np.zeros(256, dtype=np.uint16)  # in 256ths, by index
    share[: len(classes.names)] = round(256 * alpha)
    if classes.binary:
        share[0] = 0
    color = np.zeros((256, 3), dtype=np.uint16)
    color[: len(classes.names)] = classes.colors
    parts = share[mask][..., None]
    mixed: NDArray[np.uint16] = image * (256 - parts) + (color * share[:, None])[mask] + 128
    return (mixed >> 8).astype(np.uint8)


def plane_names(names: tuple[str, ...]) -> list[str]:
    """A name, without its ending, for a file of each class, all different: the class's, without what no system takes.

    Args:
        names: Of the classes.
    """
    found: list[str] = []
    for number, name in enumerate(names):
        plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(" .") or f"class_{number}"
        taken = plain.lower() in (other.lower() for other in found)
        found.append(f"{plain}_{number}" if taken else plain)
    return found
