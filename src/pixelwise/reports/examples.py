"""One image with what is known and what is predicted of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pixelwise.data.classes import Classes
from pixelwise.data.numbers import read_target
from pixelwise.data.pairs import Pair
from pixelwise.inference.predictor import Predictor, as_tensor
from pixelwise.inference.tta import TTA
from pixelwise.ops.thumbnail import as_rgb

__all__ = ["Example", "Group", "predict_at", "read_truth"]

Group = Literal["best", "median", "worst"]


@dataclass(frozen=True, eq=False)
class Example:
    """One image beside its truth and its prediction, all of one size.

    Attributes:
        name: File name without its ending.
        image: `(H, W, 3)` uint8, RGB.
        prediction: `(H, W)` uint8, class indices, or `(K, H, W)` of 0 and 1 where classes overlap; None where there is
            none.
        truth: The same, 255 = ignored; None where it is not known.
        miou: Of this image; nan where it is not known.
        group: Why it was picked.
    """

    name: str
    image: NDArray[np.uint8]
    prediction: NDArray[np.uint8] | None = None
    truth: NDArray[np.uint8] | None = None
    miou: float = math.nan
    group: Group | None = None

    @classmethod
    def of(cls, predictor: Predictor, pair: Pair, classes: Classes | None = None, *, tta: TTA | bool = False) -> Self:
        """Predict a pair; where it has a mask, everything has the mask's size.

        Args:
            predictor: Whose prediction to show.
            pair: With or without a mask.
            classes: How the mask stores the classes; by default as the predictor's training data did.
            tta: Whether to average over several views of the image, or which ones.

        Raises:
            DataError: If a file cannot be read.
        """
        image = predictor.read(pair.read_image())
        truth = None if pair.target is None else read_truth(pair, classes or predictor.classes)
        shape = image.shape[:2] if truth is None else truth.shape[-2:]
        size = (shape[0], shape[1])
        prediction = predict_at(predictor, image, size, tta=tta).numpy().astype(np.uint8)
        return cls(pair.name, _fitted(image, size), prediction, truth)


def read_truth(pair: Pair, classes: Classes) -> NDArray[np.uint8]:
    """Read the mask of a pair as class indices `(H, W)`, or `(K, H, W)` of 0 and 1; 255 = ignored.

    Raises:
        DataError: If there is none, or it cannot be read, or holds values that are no class.
    """
    return read_target(pair, classes)


def predict_at(
    predictor: Predictor, image: NDArray[np.uint8], size: tuple[int, int], *, tta: TTA | bool = False
) -> Tensor:
    """Predict class indices `(height, width)`, or `(K, height, width)` of 0 and 1, on the CPU.

    Scores are resized to `size`, then decoded.
    """
    return predictor.task.decode(predictor.scores(as_tensor(image), size, tta=tta))[0].cpu()


def _fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The image in colours at another size."""
    image = as_rgb(image)
    if image.shape[:2] == size:
        return image
    return np.asarray(Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BILINEAR))
