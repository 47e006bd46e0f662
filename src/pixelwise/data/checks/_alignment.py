"""How well the borders in masks lie on the edges in images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.checks._base import Survey
from pixelwise.data.looks import Look
from pixelwise.data.pairs import Pair
from pixelwise.ops.spread import evenly

__all__ = ["REACH", "Aligned", "agreement", "agreement_here", "borders_of", "evidence", "to_align"]

REACH = 16  # pixels of an outline by which borders are shifted, in each direction
_FEWEST_BORDERS = 20  # pixels of an outline
_MOST = 400  # images that are looked at
_FEWEST = 8  # images that must agree
_SURE = 4.0  # standard errors
_MOST_AGREE = 0.75  # share of the images


@dataclass(frozen=True)
class Aligned:
    """A mask and its image, ready to be laid on each other.

    Attributes:
        pair: Both.
        borders: `(h, w)` float32, 1 where neighbouring pixels of the mask differ.
        edges: `(h, w)` float32, strength of the edges of the image, of mean 0 and standard deviation 1.
        scale: Pixels of the mask per pixel of these.
    """

    pair: Pair
    borders: NDArray[np.float32]
    edges: NDArray[np.float32]
    scale: float


def to_align(survey: Survey, pairs: Iterable[Pair] | None = None, most: int = _MOST) -> list[Aligned]:
    """Pairs whose mask shows borders and whose image shows edges; of more than `most`, a part, evenly spread."""
    chosen = list(survey.looks if pairs is None else pairs)
    found = []
    for pair in evenly(chosen, most):
        look, entry = survey.looks.get(pair), survey.scanned.get(pair)
        if look is None or entry is None or entry.image_size != entry.mask_size:
            continue
        aligned = _aligned(pair, look, entry.mask_size)
        if aligned is not None:
            found.append(aligned)
    return found


def borders_of(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """`(h, w)`: 1 where a pixel differs from its neighbour below or to the right."""
    borders = np.zeros(labels.shape, np.float32)
    borders[:-1][labels[1:] != labels[:-1]] = 1
    borders[:, :-1][labels[:, 1:] != labels[:, :-1]] = 1
    return borders


def agreement(one: Aligned, borders: NDArray[np.float32]) -> NDArray[np.float32]:
    """How well borders agree with the edges of an image when they are moved, `(2 * REACH + 1, 2 * REACH + 1)`.

    The value at `[REACH + down, REACH + right]` is high if the borders lie `down` and `right` of where the edges are;
    in standard deviations of what borders in any place would reach.
    """
    height, width = borders.shape
    size = (height + REACH, width + REACH)
    product = np.fft.rfft2(borders, size) * np.conj(np.fft.rfft2(one.edges, size))
    surface = np.fft.irfft2(product, size)
    places = np.arange(-REACH, REACH + 1)
    moved = surface[np.ix_(places % size[0], places % size[1])]
    scaled: NDArray[np.float32] = (moved / np.sqrt(max(1.0, float(borders.sum())))).astype(np.float32)
    return scaled


def agreement_here(one: Aligned, borders: NDArray[np.float32]) -> float:
    """The best of `agreement` where borders are moved by no more than a pixel."""
    inside = borders[1:-1, 1:-1]
    height, width = inside.shape
    best = max(
        float(np.vdot(inside, one.edges[down : down + height, right : right + width]))
        for down in range(3)
        for right in range(3)
    )
    return best / float(np.sqrt(max(1.0, float(borders.sum()))))


def evidence(better: Sequence[float], worse: Sequence[float]) -> bool:
    """Whether the first numbers are evidently larger than the second, pair by pair and nearly everywhere."""
    if len(better) < _FEWEST:
        return False
    gain = np.array(better) - np.array(worse)
    error = float(gain.std(ddof=1)) / np.sqrt(len(gain))
    return bool(gain.mean() > _SURE * error and np.mean(gain > 0) >= _MOST_AGREE and np.mean(better) > 1)


def _aligned(pair: Pair, look: Look, mask_size: tuple[int, int]) -> Aligned | None:
    """One pair; None where there is nothing to align."""
    if look.outline is None or look.edges is None or look.edges.shape != look.outline.labels.shape:
        return None
    borders, edges = borders_of(look.outline.labels), look.edges.astype(np.float32)
    spread = float(edges.std())
    if borders.sum() < _FEWEST_BORDERS or borders.mean() > 0.5 or spread < 1:
        return None
    return Aligned(pair, borders, (edges - edges.mean()) / spread, mask_size[0] / borders.shape[0])
