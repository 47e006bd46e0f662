"""How far the probabilities of a segmentation are from how often they are right, and what brings them nearer.

That is a temperature: one number that all raw scores are divided by, which leaves the likeliest class what it was.
Guo et al.: "On Calibration of Modern Neural Networks", ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pixelwise.ops.labels import IGNORE_INDEX

__all__ = ["FEWEST_IMAGES", "Bin", "PixelSample", "best_temperature", "calibration_error"]

FEWEST_IMAGES = 5  # for a temperature: the pixels of an image are much alike

_BINS = 15  # of probabilities, equally wide, as in the paper
_SHARPEST = 0.2  # temperature; the flattest is its reciprocal
_HALVINGS = 20  # of the range of temperatures, down to a few millionths
_PIXELS = 50_000  # that a sample holds, about
_FEWEST_PIXELS = 20  # of an image, however many there are


class Bin(NamedTuple):
    """Pixels of about the same probability of their likeliest class.

    Attributes:
        confidence: Mean of that probability, [0, 1].
        right: Share of these pixels that are right, [0, 1].
        share: Of all pixels, (0, 1].
    """

    confidence: float
    right: float
    share: float


class PixelSample:
    """Raw scores and truth of some pixels of each image: random ones, but the same each time.

    Args:
        images: How many there will be.
    """

    def __init__(self, images: int) -> None:
        self._images = images
        self._each = max(_FEWEST_PIXELS, _PIXELS // max(1, images))
        self._generator = torch.Generator().manual_seed(0)
        self._scores: list[Tensor] = []  # of each image, `(pixels, K)`
        self._truth: list[Tensor] = []

    def add(self, scores: Tensor, truth: Tensor) -> None:
        """Take pixels of one image; one of whose scores any is no finite number has no probability, and is left out.

        Args:
            scores: `(K, H, W)`, raw, on any device; one channel is object against background.
            truth: `(H, W)`, class indices; or `(K, H, W)` of 0 and 1, each class against the rest. 255 = ignored.
        """
        count = truth.shape[-2] * truth.shape[-1]
        places = torch.randint(count, (min(self._each, count),), generator=self._generator)
        drawn = scores.flatten(1)[:, places.to(scores.device)].float().cpu()
        known = truth.flatten(-2)[..., places.to(truth.device)].cpu().long()
        if known.dim() == 2:  # every class is a question of its own
            drawn, known = drawn.reshape(1, -1), known.flatten()
        if len(drawn) == 1:
            drawn = torch.cat([torch.zeros_like(drawn), drawn])
        tells = (known != IGNORE_INDEX) & drawn.isfinite().all(dim=0)
        self._scores.append(drawn.T[tells])
        self._truth.append(known[tells])

    def divided(self, temperature: float) -> PixelSample:
        """The same pixels with their scores divided by a temperature."""
        other = PixelSample(self._images)
        other._scores, other._truth = [scores / temperature for scores in self._scores], self._truth
        return other

    def error(self) -> float:
        """The expected calibration error of all pixels that were taken, [0, 1]; nan if there is none."""
        return calibration_error(torch.cat(self._scores), torch.cat(self._truth)) if self._truth else math.nan

    def reliability(self) -> list[Bin]:
        """How sure and how often right the pixels of each bin are, from the least sure on; without empty bins."""
        if not len(self._truth):
            return []
        confidence, is_right, bins = _binned(torch.cat(self._scores), torch.cat(self._truth))
        sums = torch.stack(
            [torch.bincount(bins, weights, minlength=_BINS) for weights in (confidence, is_right)]
            + [torch.bincount(bins, minlength=_BINS).double()]
        )
        return [Bin(sure / n, right / n, n / len(bins)) for sure, right, n in sums.T.tolist() if n]

    @property
    def labelled_images(self) -> int:
        """Images of which at least one pixel was taken."""
        return sum(len(truth) > 0 for truth in self._truth)

    def temperature(self) -> float:
        """What the scores are to be divided by.

        It is 1 for fewer than five images with labels, which tell too little, and where it would not lessen the error
        of images that it was not found on: each half of them is tried with the temperature of the other.
        """
        images = [(scores, truth) for scores, truth in zip(self._scores, self._truth, strict=True) if len(truth)]
        if len(images) < FEWEST_IMAGES:
            return 1.0
        (first, of_first), (second, of_second) = map(_joined, (images[::2], images[1::2]))
        scores = [first / best_temperature(second, of_second), second / best_temperature(first, of_first)]
        if calibration_error(torch.cat(scores), torch.cat([of_first, of_second])) >= self.error():
            return 1.0
        return best_temperature(*_joined(images))


def _joined(images: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Scores and truth of several images as those of one."""
    scores, truth = zip(*images, strict=True)
    return torch.cat(scores), torch.cat(truth)


def calibration_error(scores: Tensor, truth: Tensor) -> float:
    """Expected calibration error: how far apart the probability of the likeliest class and its being right are.

    Pixels are put into 15 bins by that probability; in each the mean probability is compared with the share of right
    pixels, and the differences are averaged, each weighing as much as its bin has pixels.

    Args:
        scores: `(N, K)`, raw.
        truth: `(N,)` int64, class indices.

    Returns:
        From 0 (of the pixels with a probability of 0.9, 90 % are right) to 1; nan for no pixels.

    >>> half = torch.tensor([[0.0, 1e-9], [0.0, 1e-9]])
    >>> [round(calibration_error(half, torch.tensor(truth)), 6) for truth in ([0, 1], [1, 1])]
    [0.0, 0.5]
    """
    if not len(truth):
        return math.nan
    confidence, is_right, bins = _binned(scores, truth)
    return float(torch.bincount(bins, is_right - confidence, minlength=_BINS).abs().sum()) / len(truth)


def _binned(scores: Tensor, truth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The probability of each pixel's likeliest class, whether it is right (0 or 1, float64), and its bin."""
    confidence, guess = scores.double().softmax(dim=1).max(dim=1)
    return confidence, (guess == truth).double(), (confidence * _BINS).long().clamp(max=_BINS - 1)


def best_temperature(scores: Tensor, truth: Tensor) -> float:
    """The number from 0.2 to 5 that scores are to be divided by for the truth to be as likely as possible.

    The logarithm of the likelihood is concave in its reciprocal, so that halving finds where its slope is 0.

    Args:
        scores: `(N, K)`, raw, of at least one pixel.
        truth: `(N,)` int64, class indices.
    """
    of_truth = scores.gather(1, truth[:, None]).double().mean().item()
    low, high = _SHARPEST, 1 / _SHARPEST  # of the factor, which is the reciprocal
    for _ in range(_HALVINGS):
        factor = math.sqrt(low * high)
        expected = ((factor * scores).softmax(dim=1) * scores).sum(dim=1).double().mean().item()
        low, high = (factor, high) if expected < of_truth else (low, factor)
    return 1 / math.sqrt(low * high)
