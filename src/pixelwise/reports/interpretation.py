"""Where a model is wrong: which classes it takes for which, and on which images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.pairs import Pair
from pixelwise.errors import SettingError, unknown_name
from pixelwise.inference import Predictor
from pixelwise.reports.confusions import Confusion, most_confused
from pixelwise.reports.curves import INK
from pixelwise.reports.evaluate import ClassRow, Evaluation
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import contact_sheet, error_map
from pixelwise.reports.plots import as_picture, new_figure

__all__ = ["Interpretation"]

_MOST_WRITTEN = 16  # classes, up to which each field of a confusion matrix has its number written in


class Interpretation:
    """An evaluation, to be looked into.

    Args:
        predictor: The one that was evaluated.
        pairs: Those that were evaluated, in the same order.
        evaluation: What `evaluate` returned for them.

    Attributes:
        evaluation: As given.
    """

    def __init__(self, predictor: Predictor, pairs: Sequence[Pair], evaluation: Evaluation) -> None:
        self._predictor = predictor
        self._pairs = tuple(pairs)
        self.evaluation = evaluation

    @property
    def confusion_matrix(self) -> NDArray[np.int64]:
        """Pixels `(K, K)`; row = true class, column = predicted class.

        Raises:
            SettingError: If the classes overlap, so that no class is taken for another.
        """
        self._refuse_overlap()
        matrix: NDArray[np.int64] = self.evaluation.scores.matrix.numpy()
        return matrix

    def table(self) -> list[ClassRow]:
        """IoU, accuracy and share of each class, from the worst IoU on; absent classes last."""
        return sorted(self.evaluation.table(), key=lambda row: (math.isnan(row.iou), row.iou))

    def most_confused(self, count: int = 10) -> list[Confusion]:
        """The pairs of classes with the most confused pixels, from the most on.

        Raises:
            SettingError: If the classes overlap.
        """
        self._refuse_overlap()
        return most_confused(self.evaluation.scores, count)

    def plot_confusion_matrix(self, *, normalise: bool = True) -> Image.Image:
        """Draw the confusion matrix.

        Args:
            normalise: Whether fields show shares of the true class's pixels, rather than numbers of pixels.

        Raises:
            SettingError: If the classes overlap.
        """
        matrix, names = self.confusion_matrix.astype(np.float64), self.evaluation.classes.names
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        side = min(14.0, 2.5 + 0.45 * len(names))
        figure, (axes,) = new_figure(width=side, height=side)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(names)), names, rotation=90, color=INK)
        axes.set_yticks(range(len(names)), names, color=INK)
        axes.set_xlabel("Prediction", color=INK)
        axes.set_ylabel("Truth", color=INK)
        if len(names) <= _MOST_WRITTEN:
            for (row, column), share in np.ndenumerate(shares):
                text = f"{share:.2f}" if normalise else f"{matrix[row, column]:.2g}"
                color = "white" if share > 0.5 else INK
                axes.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
        return as_picture(figure)

    def worst_names(self, count: int = 4) -> list[str]:
        """Names of the images with the lowest mIoU, from the worst on."""
        return [self._pairs[index].name for index in self._worst(count)]

    def worst(self, count: int = 4) -> Image.Image:
        """Image, truth, prediction and errors of the images with the lowest mIoU, from the worst on."""
        return Image.fromarray(
            contact_sheet([self._example(index) for index in self._worst(count)], self.evaluation.classes)
        )

    def error_map(self, name: str) -> Image.Image:
        """Where the prediction of one image is wrong: yellow, over a dark grey copy of it.

        Raises:
            SettingError: If no image has this name.
        """
        names = [pair.name for pair in self._pairs]
        if name not in names:
            raise unknown_name("image in this split", name, names)
        example = self._example(names.index(name))
        if example.truth is None or example.prediction is None:
            raise ValueError(f"{name} was evaluated, but has no truth or no prediction")
        return Image.fromarray(error_map(example.image, example.truth, example.prediction))

    def __str__(self) -> str:
        """The worst classes and the most confused pairs, in a few lines."""
        evaluation = self.evaluation
        lines = [f"{evaluation.scores.miou:.3f} {evaluation.protocol}"]
        lines += [f"  {row.name}: IoU {row.iou:.3f}, {row.share:.1%} of the pixels" for row in self.table()]
        if not evaluation.classes.multilabel:
            lines += [
                f"  {found.share:.1%} of {found.truth} is taken for {found.prediction}"
                for found in self.most_confused(5)
            ]
        return "\n".join(lines)

    def _refuse_overlap(self) -> None:
        if self.evaluation.classes.multilabel:
            raise SettingError("The classes overlap, so none is taken for another; table() has the scores of each.")

    def _worst(self, count: int) -> list[int]:
        scores = [image.miou for image in self.evaluation.images]
        known = [index for index, score in enumerate(scores) if not math.isnan(score)]
        return sorted(known, key=lambda index: scores[index])[:count]

    def _example(self, index: int) -> Example:
        evaluation = self.evaluation
        example = Example.of(self._predictor, self._pairs[index], evaluation.classes, tta=evaluation.tta or False)
        return replace(example, miou=evaluation.images[index].miou)
