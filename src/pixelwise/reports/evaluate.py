"""Scoring a predictor on a split, at the resolution of the labels."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import WHOLE
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError, some_of
from pixelwise.inference.images import naming
from pixelwise.inference.predictor import Predictor, as_tensor
from pixelwise.inference.tta import TTA, settle_tta
from pixelwise.metrics import (
    MultilabelScores,
    PixelSample,
    SegmentationScores,
    bootstrap_interval,
    confusion_matrix,
    multilabel_counts,
)
from pixelwise.ops.labels import IGNORE_INDEX
from pixelwise.reports.choice import choose
from pixelwise.reports.examples import Example, read_truth

__all__ = ["ClassRow", "Evaluation", "Example", "ImageScore", "evaluate", "pick_examples"]


@dataclass(frozen=True)
class ImageScore:
    """The scores of one image.

    Attributes:
        name: File name without its ending.
        miou: Mean over the classes that the image or its prediction shows, 0 to 1; nan where all is ignored.
        pixel_accuracy: Share of right pixels, 0 to 1; nan where all is ignored.
    """

    name: str
    miou: float
    pixel_accuracy: float


@dataclass(frozen=True)
class ClassRow:
    """The scores of one class.

    Attributes:
        name: Of the class.
        iou: Intersection over union, 0 to 1; nan for a class that is absent.
        accuracy: Share of its pixels that were found, 0 to 1; nan for a class that is absent.
        share: Its share of all counted pixels, 0 to 1; where classes overlap, the shares do not sum to 1.
    """

    name: str
    iou: float
    accuracy: float
    share: float


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """The scores of a split and of each of its images.

    Attributes:
        classes: The classes of the data.
        scores: From the one confusion matrix of the whole split; where classes overlap, from one for each class.
        interval: 95 % interval of the mIoU, images drawn again; nan for fewer than five images.
        images: Scores of each image, in the order of the pairs.
        split: Name of the split.
        size: Height and width of the labels in pixels; None if they differ.
        ignored_pixels: Pixels that were not counted.
        seconds_per_image: Median time from the decoded image to the decoded prediction.
        tta: Which views of each image were averaged; None where the image was taken as it is.
        sample: Raw scores and truth of some of the pixels; None tells nothing of probabilities.
    """

    classes: Classes
    scores: SegmentationScores
    interval: tuple[float, float]
    images: tuple[ImageScore, ...]
    split: str
    size: tuple[int, int] | None
    ignored_pixels: int
    seconds_per_image: float
    tta: TTA | None = None
    sample: PixelSample | None = None

    def __repr__(self) -> str:
        low, high = self.interval
        interval = "" if math.isnan(low) else f" ({low:.3f}–{high:.3f})"
        return f"Evaluation(mIoU {self.scores.miou:.3f}{interval}, {self.protocol.partition(', ')[2]})"

    @property
    def resolution(self) -> str:
        """Height and width of the labels, such as `360 × 480`, or `various sizes`."""
        return "various sizes" if self.size is None else f"{self.size[0]} × {self.size[1]}"

    @property
    def scope(self) -> str:
        """What was scored: `val split`, or `all images` of a folder without splits."""
        return "all images" if self.split == WHOLE else f"{self.split} split"

    @property
    def protocol(self) -> str:
        """How the mIoU was measured, such as `mIoU, 11 classes, val split, 360 × 480, void ignored`.

        Where classes overlap it begins with `mIoU over 3 classes, each against the rest`.
        """
        known, absent = len(self.scores.names), len(self.scores.absent)
        classes = f"{known} classes" if not absent else f"{known - absent} of {known} classes (the others are absent)"
        measured = [f"mIoU over {classes}", "each against the rest"] if self.classes.multilabel else ["mIoU", classes]
        parts = [*measured, self.scope, self.resolution]
        averaged = [] if self.tta is None else [f"test-time augmentation ({self.tta})"]
        return ", ".join(parts + ["void ignored"] * (self.ignored_pixels > 0) + averaged)

    @cached_property
    def calibration_error(self) -> float:
        """How far probabilities are from how often they are right, on average, 0 to 1; nan where nothing tells."""
        return math.nan if self.sample is None else self.sample.error()

    def table(self) -> list[ClassRow]:
        """One row per class, in the order of the classes."""
        total = max(1, self.scores.num_pixels)
        columns = (self.scores.names, self.scores.iou, self.scores.accuracy, self.scores.support)
        return [ClassRow(name, iou, accuracy, n / total) for name, iou, accuracy, n in zip(*columns, strict=True)]

    def as_json(self) -> dict[str, Any]:
        """All scores as JSON can hold them; null stands for what is not defined."""
        scores = self.scores
        return {
            "miou": _number(scores.miou),
            "miou_interval": [_number(bound) for bound in self.interval],
            "iou": {name: _number(value) for name, value in zip(scores.names, scores.iou, strict=True)},
            "pixel_accuracy": _number(scores.pixel_accuracy),
            "class_accuracy": _number(scores.class_accuracy),
            "calibration_error": _number(self.calibration_error),
            "images": len(self.images),
            "split": self.split,
            "classes_absent": list(scores.absent),
            "resolution": self.resolution,
            "protocol": self.protocol,
            **({"multilabel": True} if self.classes.multilabel else {}),
            "seconds_per_image": _number(self.seconds_per_image),
        }


def evaluate(
    predictor: Predictor,
    pairs: Sequence[Pair],
    classes: Classes,
    *,
    split: str = "test",
    tta: TTA | bool = False,
    progress: Callable[[int, int, float], None] | None = None,
) -> Evaluation:
    """Score a predictor on pairs of image and mask.

    Each image is scored at the size of its mask: where that is not the image's, the network's scores are resized
    bilinearly and then decoded; labels are never resized. All pixels go into one confusion matrix, or, where classes
    overlap, into one for each class against the rest.

    Args:
        predictor: Knows the same classes in the same order.
        pairs: All with a mask.
        classes: How the masks store the classes.
        split: Name of the split, for the protocol.
        tta: Whether to average over mirrored and scaled views of each image, or which ones.
        progress: Called after each image with the number that are done, the number that there are, and the mIoU of
            those that are done.

    Raises:
        DataError: If there are no pairs, the classes are not the predictor's, or the model does not take an image.
    """
    _refuse_other_classes(predictor, classes)
    if not pairs:
        raise DataError(f"There are no images in the {split} split, so there is nothing to score.")
    matrices: list[Tensor] = []
    sample = PixelSample(len(pairs))
    total = torch.zeros((), dtype=torch.int64)
    seconds, sizes, ignored = [], set(), 0
    for pair, (image, truth) in zip(pairs, _read_ahead(predictor, pairs, classes), strict=True):
        start = time.perf_counter()
        sizes.add(size := (truth.shape[-2], truth.shape[-1]))
        with naming(pair.image):
            scores = predictor.scores(as_tensor(image), size, tta=tta)
        prediction = predictor.task.decode(scores)[0].cpu()
        seconds.append(time.perf_counter() - start)
        sample.add(scores[0], torch.from_numpy(truth))
        matrices.append(_counted(prediction, torch.from_numpy(truth), classes))
        total = total + matrices[-1]
        ignored += int((truth == IGNORE_INDEX).sum())
        if progress is not None:
            progress(len(matrices), len(pairs), _scores(total, classes).miou)
    return Evaluation(
        classes=classes,
        scores=_scores(total, classes),
        interval=bootstrap_interval(torch.stack(matrices)),
        images=tuple(_image_score(pair, matrix, classes) for pair, matrix in zip(pairs, matrices, strict=True)),
        split=split,
        size=sizes.pop() if len(sizes) == 1 else None,
        ignored_pixels=ignored,
        seconds_per_image=statistics.median(seconds),
        tta=settle_tta(tta),
        sample=sample,
    )


def pick_examples(
    predictor: Predictor, pairs: Sequence[Pair], classes: Classes, evaluation: Evaluation, *, count: int = 2
) -> tuple[Example, ...]:
    """Predict the best, the middle and the worst images of an evaluation once more, to show them.

    Frames of a video that are near each other look alike, so of each group of them one is shown, where there are others
    of about the same score.

    Args:
        predictor: The one that was evaluated.
        pairs: Those that were evaluated, in the same order.
        classes: How the masks store the classes.
        evaluation: What `evaluate` returned for them.
        count: How many of each; fewer where there are not enough images.

    Returns:
        The best from the best on, those around the median, and the worst from the worst on; no image twice.
    """
    picked: dict[int, Example] = {}
    for group, chosen in choose(
        [score.name for score in evaluation.images], [s.miou for s in evaluation.images], count
    ):
        for i in chosen:
            if i not in picked:
                example = Example.of(predictor, pairs[i], classes, tta=evaluation.tta or False)
                picked[i] = replace(example, miou=evaluation.images[i].miou, group=group)
    return tuple(picked.values())


def _refuse_other_classes(predictor: Predictor, classes: Classes) -> None:
    known = predictor.classes.names
    if predictor.classes.multilabel != classes.multilabel:
        kinds = ("one class for each pixel", "any of several classes for each pixel")
        raise DataError(
            f"The model gives {kinds[predictor.classes.multilabel]}, but the data have {kinds[classes.multilabel]}. "
            "Open them for the model (open_for_evaluation), or with multilabel= as it was trained."
        )
    if known != classes.names:
        raise DataError(
            f"The model knows {len(known)} classes ({some_of(known, 12)}), but the data have {len(classes.names)} "
            f"({some_of(classes.names, 12)}). Scores need the same classes in the same order; name them so for the "
            f"data, or take a model that was trained on these."
        )


def _read_ahead(
    predictor: Predictor, pairs: Sequence[Pair], classes: Classes
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Images and encoded labels in order; a thread decodes the next pair while the network has this one."""

    def read(pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return predictor.read(pair.read_image()), read_truth(pair, classes)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode") as thread:
        coming = thread.submit(read, pairs[0])
        for following in pairs[1:]:
            ready = coming.result()
            coming = thread.submit(read, following)
            yield ready
        yield coming.result()


def _counted(prediction: Tensor, truth: Tensor, classes: Classes) -> Tensor:
    """The pixels of one image by truth and prediction."""
    if classes.multilabel:
        return multilabel_counts(prediction, truth)
    return confusion_matrix(prediction, truth, classes.num_classes)


def _scores(matrix: Tensor, classes: Classes) -> SegmentationScores:
    return (MultilabelScores if classes.multilabel else SegmentationScores)(matrix, classes.names)


def _image_score(pair: Pair, matrix: Tensor, classes: Classes) -> ImageScore:
    scores = _scores(matrix, classes)
    return ImageScore(pair.name, scores.miou, scores.pixel_accuracy)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
