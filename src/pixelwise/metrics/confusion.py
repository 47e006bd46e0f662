"""The confusion matrix of a segmentation, and every score that follows from it.

One matrix is accumulated over a whole split, and the scores are computed from it once: this is what the literature
means by mIoU. An average over images or batches is another number, as is one that counts void as a class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["SegmentationScores", "bootstrap_interval", "class_margins", "confusion_matrix"]

_SHOWN = 24  # classes whose IoU is shown
_FEWEST_IMAGES = 5  # for an interval: of two images there are three different drawings
_CHUNK = 4_000_000  # drawn image numbers in memory at once: 32 MB


def confusion_matrix(prediction: Tensor, target: Tensor, num_classes: int) -> Tensor:
    """Count the pixels of each true class by the class that was predicted for them.

    Args:
        prediction: Class indices, any integer type and shape, each in [0, num_classes).
        target: Class indices of the same shape; 255 marks pixels that are not counted.
        num_classes: Number of classes K.

    Returns:
        `(K, K)` int64 on the device of the target; row = true class, column = predicted class.

    Raises:
        ValueError: If the shapes differ, or an index is out of range.

    >>> truth = torch.tensor([0, 0, 1, 1, 255])
    >>> confusion_matrix(torch.tensor([0, 1, 1, 1, 0]), truth, num_classes=2)
    tensor([[1, 1],
            [0, 2]])
    """
    if prediction.shape != target.shape:
        raise ValueError(f"The prediction is {tuple(prediction.shape)}, but the target is {tuple(target.shape)}.")
    truth = target.flatten().to(torch.int64)
    guess = prediction.flatten().to(torch.int64)
    counted = truth != IGNORE_INDEX
    row = torch.where(counted, truth, num_classes)  # ignored pixels get a row of their own, cut off below
    if (counted & ((truth >= num_classes) | (truth < 0))).any():
        raise ValueError(f"The target holds a value that is neither in [0, {num_classes}) nor {IGNORE_INDEX}.")
    if truth.numel() and (guess.amax() >= num_classes or guess.amin() < 0):
        raise ValueError(f"The prediction holds a value outside [0, {num_classes}).")
    counts = torch.bincount(row * num_classes + guess, minlength=(num_classes + 1) * num_classes)
    return counts.reshape(num_classes + 1, num_classes)[:num_classes]


@dataclass(frozen=True, eq=False, repr=False)
class SegmentationScores:
    """The scores that follow from one confusion matrix.

    A class that is neither in the truth nor in the prediction has no IoU (nan) and is left out of the means; a class
    that is predicted but not in the truth has IoU 0 and accuracy 0 and counts.

    Attributes:
        matrix: `(K, K)` int64, row = true class, column = predicted class, ignored pixels left out.
        names: Names of the K classes.
    """

    matrix: Tensor
    names: tuple[str, ...]

    def __repr__(self) -> str:
        shown = [f"{name} {value:.3f}" for name, value in zip(self.names, self.iou, strict=True)]
        ious = ", ".join(shown[:_SHOWN]) + (f", … ({len(shown)} classes)" if len(shown) > _SHOWN else "")
        return f"{type(self).__name__}(mIoU {self.miou:.3f}, pixel accuracy {self.pixel_accuracy:.3f}; IoU: {ious})"

    @cached_property
    def iou(self) -> tuple[float, ...]:
        """Intersection over union of each class in [0, 1]; nan for absent ones."""
        return tuple(_iou(self.margins).tolist())

    @property
    def margins(self) -> Tensor:
        """Hits, true pixels and predicted pixels of each class, `(3, K)` float64."""
        return _margins(self.matrix)

    @property
    def num_pixels(self) -> int:
        """Number of counted pixels."""
        return int(self.matrix.sum())

    @property
    def miou(self) -> float:
        """Mean IoU over the classes that are not absent; nan if all are."""
        return _mean(self.iou)

    @property
    def pixel_accuracy(self) -> float:
        """Share of the counted pixels whose class is right; nan if none is counted."""
        total = int(self.matrix.sum())
        return int(self.matrix.trace()) / total if total else math.nan

    @cached_property
    def accuracy(self) -> tuple[float, ...]:
        """Share of each class's pixels that is found (recall); 0 where there is none to find, nan for absent ones."""
        hits, truth, guess = self.margins
        recall = torch.where(truth + guess > 0, hits / truth.clamp(min=1), math.nan)
        return tuple(recall.tolist())

    @property
    def class_accuracy(self) -> float:
        """Mean of `accuracy` over the classes that are not absent; nan if all are."""
        return _mean(self.accuracy)

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of the classes that are neither in the truth nor in the prediction."""
        return tuple(name for name, value in zip(self.names, self.iou, strict=True) if math.isnan(value))

    @property
    def support(self) -> tuple[int, ...]:
        """Number of true pixels of each class."""
        return tuple(int(count) for count in self.margins[1].tolist())


def bootstrap_interval(
    matrices: Tensor, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Bound the mIoU by drawing the images again, with replacement, and scoring each drawing.

    Images are the unit, not pixels, because the pixels of one image are far from independent. The interval tells how
    much the score owes to the choice of images; it tells nothing of other data or another training.

    Args:
        matrices: `(N, K, K)` integer, one confusion matrix per image; or `(N, K, 2, 2)`, each class against the rest.
        level: Share of the drawings' scores that lie inside, in (0, 1).
        resamples: Number of drawings.
        seed: Seed of the drawings; the same seed gives the same interval.

    Returns:
        Lower and upper bound, percentiles of the drawings' mIoU; nan for fewer than five images, which tell
        too little.

    Source: Efron, Tibshirani: "An Introduction to the Bootstrap", 1993, percentile interval.
    """
    images = len(matrices)
    if images < _FEWEST_IMAGES:
        return math.nan, math.nan
    of_images = class_margins if matrices.dim() == 4 else _margins
    margins = of_images(matrices.cpu()).transpose(0, 1).flatten(1)  # (N, 3 * K), float64 and thus exact below 2**53
    generator = torch.Generator().manual_seed(seed)
    scores = []
    for start in range(0, resamples, max(1, _CHUNK // images)):
        drawings = min(max(1, _CHUNK // images), resamples - start)
        drawn = torch.randint(images, (drawings, images), generator=generator)
        times = torch.zeros(drawings, images, dtype=torch.float64)
        times.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))  # how often each image was drawn
        sums = (times @ margins).reshape(drawings, 3, -1).transpose(0, 1)  # (3, drawings, K)
        scores.append(_iou(sums).nanmean(dim=-1))
    tail = (1 - level) / 2
    low, high = torch.cat(scores).nanquantile(torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
    return low, high


def class_margins(matrices: Tensor) -> Tensor:
    """Hits, true pixels and predicted pixels of classes against the rest: `(..., K, 2, 2)` to float64 `(3, ..., K)`."""
    found = matrices[..., 1, :].sum(dim=-1), matrices[..., :, 1].sum(dim=-1)
    return torch.stack([matrices[..., 1, 1], *found]).to(torch.float64)


def _margins(matrix: Tensor) -> Tensor:
    """Hits, true pixels and predicted pixels of each class: `(..., K, K)` to `(3, ..., K)`, float64."""
    hits = matrix.diagonal(dim1=-2, dim2=-1)
    return torch.stack([hits, matrix.sum(dim=-1), matrix.sum(dim=-2)]).to(torch.float64)


def _iou(margins: Tensor) -> Tensor:
    """IoU from `(3, ..., K)` as `_margins` gives it; nan where a class is absent from both sides."""
    hits, truth, guess = margins
    iou: Tensor = hits / (truth + guess - hits)  # 0 / 0 is nan
    return iou


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan
