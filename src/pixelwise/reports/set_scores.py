"""Scoring a predictor whose pictures have no targets: as a set, against real pictures of the kind that it makes."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from pixelwise.data.dataset import WHOLE
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError
from pixelwise.inference.images import naming
from pixelwise.inference.predictor import Predictor, as_tensor
from pixelwise.inference.tta import TTA, settle_tta
from pixelwise.metrics.features import PooledFeatures
from pixelwise.metrics.frechet import frechet_distance
from pixelwise.metrics.kernel import kernel_distance
from pixelwise.metrics.named import NamedScores, score_text

__all__ = ["SetEvaluation", "SetScorer"]

_FEWEST = 2  # pictures of a set that can be compared


@dataclass(frozen=True, eq=False, repr=False)
class SetEvaluation:
    """The scores of a split: how far what was made is from real pictures of that kind. The smaller, the better.

    Attributes:
        metrics: Names of the scores, the one that counts first.
        values: Of what was made, by metric; nan with fewer than two pictures.
        baseline: Of the pictures that were given, by metric.
        deviation: Of the first score over its subsets.
        images: Names of the pictures that were translated.
        others: How many real pictures they were compared with.
        split: Name of the split.
        seconds_per_image: Median time of one prediction.
        tta: Which views of each image were averaged; None where the image was taken as it is.
    """

    metrics: tuple[str, ...]
    values: dict[str, float]
    baseline: dict[str, float]
    deviation: float
    images: tuple[str, ...]
    others: int
    split: str
    seconds_per_image: float
    tta: TTA | None = None

    def __repr__(self) -> str:
        first = self.metrics[0]
        made, given = (score_text(first, values[first]) for values in (self.values, self.baseline))
        return f"SetEvaluation({first} {made}, of what was given {given}, {self.protocol.partition(', ')[2]})"

    @property
    def scores(self) -> NamedScores:
        """As `values`; shown as a line."""
        return NamedScores(self.values)

    @property
    def protocol(self) -> str:
        """Such as `kid_lite0, 120 made and 140 real pictures, test split`."""
        of = "all pictures" if self.split == WHOLE else f"{self.split} split"
        averaged = "" if self.tta is None else f", test-time augmentation ({self.tta})"
        return f"{self.metrics[0]}, {len(self.images)} made and {self.others} real pictures, {of}{averaged}"

    def as_json(self) -> dict[str, Any]:
        """All scores as JSON can hold them; null stands for what is not defined."""
        return {
            **_numbers(self.values),
            **_numbers({f"{self.metrics[0]}_std": self.deviation}),
            "baseline": _numbers(self.baseline),
            "images": len(self.images),
            "others": self.others,
            "split": self.split,
            "protocol": self.protocol,
            "seconds_per_image": self.seconds_per_image,
        }


class SetScorer:
    """Compares made pictures with real ones by KID and FID in the features of the default encoder.

    The features of the real pictures are computed once.

    Args:
        others: Real pictures of the kind that comes out.
        device: Where the features are computed.
    """

    def __init__(self, others: Sequence[Pair], device: torch.device) -> None:
        self.others = tuple(others)
        self._device = device

    def score(
        self,
        predictor: Predictor,
        pairs: Sequence[Pair],
        *,
        split: str = "test",
        tta: TTA | bool = False,
        progress: Callable[[int, int, float], None] | None = None,
    ) -> SetEvaluation:
        """Score a predictor on pictures of the kind that goes in.

        Args:
            predictor: Of a task that makes pictures.
            pairs: Pictures; two at least, or there is no score but nan.
            split: Name of the split.
            tta: Whether to average over several views of each image, or which ones.
            progress: Called after each picture with the number that are done, that there are, and nan.

        Raises:
            DataError: If there are no pictures of one kind, or a file cannot be read.
        """
        if not pairs or len(self.others) < _FEWEST:
            raise DataError(
                f"In the {split} split there are {len(pairs)} pictures of the one kind and {len(self.others)} of the "
                f"other; two of each are needed to compare them."
            )
        real = self._real  # of a single picture, too: a budget takes it for what any first one needs
        given, made, seconds = [], [], []
        for pair in pairs:
            image = as_tensor(pair.read_image())
            start = time.perf_counter()
            with naming(pair.image):
                picture = predictor.task.decode(predictor.scores(image, tta=tta)).cpu()  # waits for a GPU
            seconds.append(time.perf_counter() - start)
            given.append(self._features_of(image))
            made.append(self._features_of(picture.float().div(255)))
            if progress is not None:
                progress(len(made), len(pairs), math.nan)
        values, deviation = self._compare(torch.cat(made), real)
        return SetEvaluation(
            metrics=tuple(values),
            values=values,
            baseline=self._compare(torch.cat(given), real)[0],
            deviation=deviation,
            images=tuple(pair.name for pair in pairs),
            others=len(self.others),
            split=split,
            seconds_per_image=statistics.median(seconds),
            tta=settle_tta(tta, of_pictures=True),
        )

    def _compare(self, features: Tensor, real: Tensor) -> tuple[dict[str, float], float]:
        """KID and FID, and the deviation of the first."""
        name = self._network.name
        if len(features) < _FEWEST:
            return {f"kid_{name}": math.nan, f"fid_{name}": math.nan}, math.nan
        kernel = kernel_distance(real, features)
        return {f"kid_{name}": kernel.mean, f"fid_{name}": frechet_distance(real, features)}, kernel.std

    @cached_property
    def _network(self) -> PooledFeatures:
        return PooledFeatures().to(self._device)

    @cached_property
    def _real(self) -> Tensor:
        return torch.cat([self._features_of(image) for image in _tensors(self.others)])

    @torch.no_grad()
    def _features_of(self, image: Tensor) -> Tensor:
        """`(1, D)`, float64, on the CPU, of one picture `(1, 3, H, W)` in [0, 1]: pictures may differ in size."""
        features: Tensor = self._network(image.to(self._device))
        return features.double().cpu()


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _tensors(pairs: Iterable[Pair]) -> Iterable[Tensor]:
    return (as_tensor(pair.read_image()) for pair in pairs)
