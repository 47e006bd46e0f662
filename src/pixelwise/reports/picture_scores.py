"""Scoring a predictor that makes pictures."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelwise.data.dataset import WHOLE
from pixelwise.data.degradations import Degradation
from pixelwise.data.degrade import degrade_held_out
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import picture_source
from pixelwise.errors import DataError
from pixelwise.inference.images import naming
from pixelwise.inference.predictor import Predictor, as_tensor
from pixelwise.inference.tta import TTA, settle_tta
from pixelwise.metrics.named import NamedScores, score_text
from pixelwise.metrics.pictures import PictureMetric, picture_metric
from pixelwise.ops.resample import imresize
from pixelwise.tasks import PictureTask

__all__ = ["PictureEvaluation", "PictureScore", "enlarged", "evaluate_pictures", "given_image"]

_Pixels = NDArray[np.uint8]
_HIGHEST = 100.0  # dB, in a mean: a single picture that equals its target would make it infinite


@dataclass(frozen=True)
class PictureScore:
    """The scores of one picture.

    Attributes:
        name: File name without its ending.
        values: Of what the model made, by metric.
        baseline: Of the image itself, enlarged by bicubic interpolation where the task enlarges.
        of_one_color: What the mean colour of the target scores by the first metric; nan where that is not known.
    """

    name: str
    values: dict[str, float]
    baseline: dict[str, float]
    of_one_color: float = math.nan


@dataclass(frozen=True, eq=False, repr=False)
class PictureEvaluation:
    """The scores of a split.

    Attributes:
        metrics: Names of the scores, the one that counts first.
        images: Scores of each picture, in the order of the pairs.
        split: Name of the split.
        seconds_per_image: Median time of one prediction.
        tta: Which views of each image were averaged; None where the image was taken as it is.
    """

    metrics: tuple[str, ...]
    images: tuple[PictureScore, ...]
    split: str
    seconds_per_image: float
    tta: TTA | None = None

    def __repr__(self) -> str:
        first = self.metrics[0]
        made, given = (score_text(first, values[first]) for values in (self.values, self.baseline))
        return f"PictureEvaluation({first} {made}, of what was given {given}, {self.protocol.partition(', ')[2]})"

    @property
    def scores(self) -> NamedScores:
        """As `values`; shown as a line."""
        return NamedScores(self.values)

    @property
    def values(self) -> dict[str, float]:
        """The mean over all pictures, by metric; one that equals its target counts as 100 dB, not as infinite."""
        return {name: _mean(score.values[name] for score in self.images) for name in self.metrics}

    @property
    def baseline(self) -> dict[str, float]:
        """What the images themselves score, by metric."""
        return {name: _mean(score.baseline[name] for score in self.images) for name in self.metrics}

    @property
    def of_one_color(self) -> float:
        """What pictures of a single colour score by the first metric, each of its target's mean colour."""
        return _mean(score.of_one_color for score in self.images)

    @property
    def protocol(self) -> str:
        """Such as `psnr_y_crop2, mean over 5 pictures, val split`."""
        of = "all pictures" if self.split == WHOLE else f"{self.split} split"
        averaged = "" if self.tta is None else f", test-time augmentation ({self.tta})"
        return f"{self.metrics[0]}, mean over {len(self.images)} pictures, {of}{averaged}"

    def as_json(self) -> dict[str, Any]:
        """All scores as JSON holds them."""
        return {
            **self.values,
            "baseline": self.baseline,
            "images": len(self.images),
            "split": self.split,
            "protocol": self.protocol,
            "seconds_per_image": self.seconds_per_image,
        }


def evaluate_pictures(
    predictor: Predictor,
    pairs: Sequence[Pair],
    *,
    split: str = "test",
    tta: TTA | bool = False,
    progress: Callable[[int, int, float], None] | None = None,
) -> PictureEvaluation:
    """Score a predictor on pairs of pictures.

    Where the task was trained on targets alone, the images are made of the targets here, too. Targets whose sides
    are no multiple of the task's scale lose what is over at the right and below, as is usual.

    Args:
        predictor: Of a task that makes pictures.
        pairs: All with a target.
        split: Name of the split.
        tta: Whether to average over several views of each image, or which ones.
        progress: Called after each picture with the number that are done, that there are, and the score so far.

    Raises:
        DataError: If there are no pairs, or a file cannot be read.
    """
    if not pairs:
        raise DataError(f"There are no pictures in the {split} split, so there is nothing to score.")
    task = predictor.task
    if not isinstance(task, PictureTask):
        raise DataError("The model predicts masks, not pictures; score it on a folder of images with masks.")
    metrics = [picture_metric(name) for name in task.metrics]
    scores, seconds, total = [], [], 0.0
    for index, pair in enumerate(pairs):
        image, target = given_image(pair, task.degradations, task.scale, index)
        start = time.perf_counter()
        with naming(pair.image):
            made = task.decode(predictor.scores(as_tensor(image), tta=tta)).cpu()
        seconds.append(time.perf_counter() - start)
        truth = _as_bytes(target)
        given = _as_bytes(enlarged(image, task.scale))
        of_made, of_given = (_values(metrics, picture, truth, pair) for picture in (made, given))
        scores.append(PictureScore(pair.name, of_made, of_given, metrics[0].of_each(_one_color(truth), truth).item()))
        total += scores[-1].values[metrics[0].name]
        if progress is not None:
            progress(len(scores), len(pairs), total / len(scores))
    return PictureEvaluation(
        task.metrics, tuple(scores), split, statistics.median(seconds), settle_tta(tta, of_pictures=True)
    )


def given_image(pair: Pair, degradations: tuple[Degradation, ...], scale: int, index: int) -> tuple[_Pixels, _Pixels]:
    """Image and target of a pair, as they are scored: `(H, W, 3)` and `(scale * H, scale * W, 3)`, uint8.

    Args:
        pair: With a target.
        degradations: What makes the image of the target, where there is no image beside it.
        scale: Of the task.
        index: Place in the split; what degradations draw depends on it alone.

    Raises:
        DataError: If a file cannot be read, or there is neither a smaller image nor anything to make it with.
    """
    if scale > 1 and not degradations and pair.image == pair.target:
        raise DataError(
            f"{pair.image} has no smaller picture beside it, and the model, which was trained on pairs, does not say "
            f"how one is made. Put small pictures into a folder LR, and those that are {scale} times as large, of the "
            f"same names, into HR."
        )
    target = picture_source(pair).target(pair)
    height, width = (side // scale * scale for side in target.shape[:2])
    target = target[:height, :width]
    if not degradations or pair.image != pair.target:
        return pair.read_image()[: height // scale, : width // scale], target
    made = degrade_held_out(_as_bytes(target)[0], degradations, index=index)
    return np.ascontiguousarray(made.mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()), target


def enlarged(image: _Pixels, scale: int) -> _Pixels:
    """What a model that enlarges is compared with: the image, enlarged by bicubic interpolation.

    Args:
        image: `(H, W, 3)` uint8.
        scale: How many times larger the picture becomes; 1 leaves the image as it is.

    Returns:
        `(scale * H, scale * W, 3)` uint8.
    """
    if scale == 1:
        return image
    larger = imresize(as_tensor(image).double(), float(scale))
    pixels: _Pixels = larger.clamp(0, 1).mul(255).round().to(torch.uint8)[0].permute(1, 2, 0).numpy()
    return pixels


def _values(metrics: Sequence[PictureMetric], picture: Tensor, truth: Tensor, pair: Pair) -> dict[str, float]:
    """The scores of a picture, by name.

    Raises:
        DataError: If it is smaller than the window or the margins of one.
    """
    try:
        return {metric.name: metric.of_each(picture, truth).item() for metric in metrics}
    except ValueError as error:
        raise DataError(f"{pair.image} cannot be scored: {error} Take it out.") from error


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(min(value, _HIGHEST) for value in values)


def _one_color(picture: Tensor) -> Tensor:
    """The mean colour of a picture `(1, C, H, W)` uint8, everywhere."""
    mean = picture.double().mean(dim=(2, 3), keepdim=True)
    return mean.round().to(torch.uint8).expand_as(picture)


def _as_bytes(picture: _Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).unsqueeze(0)
