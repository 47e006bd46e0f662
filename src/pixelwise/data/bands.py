"""Data sets whose images have other bands or more bits than RGB of 8: found out, scaled, stated.

Only `data.understand` calls this. The numbers that a band is scaled between are percentiles over some of the training
images, without what is missing.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelwise.data.dataset import Dataset, Decision
from pixelwise.data.pairs import Pair, Source, shown
from pixelwise.data.scaling import ORDINARY, Scaling, in_words
from pixelwise.data.scan import ScannedPair
from pixelwise.data.wording import counted
from pixelwise.errors import DataError, some_of
from pixelwise.ops.image_io import ImageHead, StoredImage
from pixelwise.ops.spread import evenly

__all__ = ["Scaled", "scale_as_model", "scale_images"]

Kind = tuple[int, str]  # bands and NumPy's name for their numbers

_PERCENTILES = (0.5, 99.5)
_MOST_IMAGES = 32  # that the percentiles are taken of
_MOST_PIXELS = 65_536  # of one of them


@dataclass(frozen=True)
class Scaled(Source):
    """Reads as another source does, and scales the images.

    Attributes:
        source: Reads the files.
        scaling: Makes bytes of the numbers.
    """

    source: Source
    scaling: Scaling = field(repr=False)

    def head(self, pair: Pair) -> ImageHead:
        """As the source says."""
        return self.source.head(pair)

    def pixels(self, pair: Pair) -> NDArray[np.number]:
        """The numbers as they are."""
        return self.source.pixels(pair)

    def image(self, pair: Pair) -> NDArray[np.uint8]:
        """The image `(H, W, C)` in bytes."""
        pixels = self.source.pixels(pair)
        try:
            return self.scaling.apply(pixels)
        except DataError as error:
            raise DataError(f"{pair.image}: {error}") from error

    def image_file(self, pair: Pair) -> Path | None:
        """As the source says."""
        return self.source.image_file(pair)

    def missing(self, pair: Pair) -> NDArray[np.bool_] | None:
        """As the source says."""
        return self.source.missing(pair)

    def stored(self, pair: Pair) -> StoredImage:
        """As the source reads it."""
        return self.source.stored(pair)


def scale_images(dataset: Dataset, scanned: Mapping[Pair, ScannedPair]) -> Dataset:
    """Let the images of a data set be scaled if they are no ordinary pictures.

    Args:
        dataset: Understood, but for its images.
        scanned: What each pair holds.

    Raises:
        DataError: If there are several kinds of images, or one that is needed cannot be read.
    """
    kind = _only_kind(_kinds(dataset, scanned), dataset.root)
    if kind == ORDINARY:
        return dataset
    scaling, decision = _decide(dataset.splits["train"], kind)
    return replace(_scaled(dataset, scaling), decisions=(decision, *dataset.decisions))


def scale_as_model(dataset: Dataset, scanned: Mapping[Pair, ScannedPair], scaling: Scaling | None) -> Dataset:
    """Let the images of a data set be scaled as a model wants them.

    Args:
        dataset: Understood, but for its images.
        scanned: What each pair holds.
        scaling: The model's; None where it takes ordinary pictures.

    Raises:
        DataError: If there are images with other bands than the model takes.
    """
    kinds = _kinds(dataset, scanned)
    wrong = {pair: kind for pair, kind in kinds.items() if not _fits(kind, scaling)}
    if wrong:
        names = some_of(shown(pair.image, dataset.root) for pair in wrong)
        wanted = in_words(*ORDINARY)
        if scaling is not None:
            wanted = f"{counted(scaling.bands, 'band')} of {scaling.numbers_in_words()}"
        what = f"{len(wrong)} of {counted(len(kinds), 'image')} with {in_words(*next(iter(wrong.values())))} ({names})"
        raise DataError(f"{dataset.root} holds {what}, but the model takes {wanted}.")
    return dataset if scaling is None else _scaled(dataset, scaling)


def _kinds(dataset: Dataset, scanned: Mapping[Pair, ScannedPair]) -> dict[Pair, Kind]:
    return {pair: scanned[pair].image_kind for pairs in dataset.splits.values() for pair in pairs}


def _fits(kind: Kind, scaling: Scaling | None) -> bool:
    """Whether a model with a scaling takes images of a kind."""
    return kind == ORDINARY if scaling is None else kind[0] == scaling.bands and scaling.fits(kind[1])


def _only_kind(kinds: Mapping[Pair, Kind], root: Path) -> Kind:
    """The one kind of all images; several are refused."""
    counts = Counter(kinds.values())
    if len(counts) <= 1:
        return next(iter(counts), ORDINARY)
    found = []
    for kind, count in counts.most_common():
        names = some_of(shown(pair.image, root) for pair, other in kinds.items() if other == kind)
        found.append(f"{count} with {in_words(*kind)} ({names})")
    raise DataError(
        f"The images of {root} are of {len(counts)} kinds: {'; '.join(found)}. All images of a data set need the same "
        "bands and the same type of numbers: convert some, or take them out."
    )


def _decide(pairs: Sequence[Pair], kind: Kind) -> tuple[Scaling, Decision]:
    """The scaling of images of a kind, found from some of the training images."""
    bands, dtype = kind
    what = f"images have {in_words(bands, dtype)}"
    if dtype == "uint8":
        why = "the network takes them as they are, from 0 to 255"
        return Scaling((0.0,) * bands, (255.0,) * bands, dtype), Decision(what, why)
    sample = evenly(pairs, _MOST_IMAGES)
    scaling = replace(_percentiles([_thinned(pair.source.pixels(pair)) for pair in sample], bands), dtype=dtype)
    low, high = _PERCENTILES
    ranges = some_of((f"{a:g} to {b:g}" for a, b in zip(scaling.low, scaling.high, strict=True)), 8)
    each = "each is" if bands > 1 else "it is"
    why = f"over {counted(len(sample), 'training image')}: {ranges}; the model file remembers this"
    return scaling, Decision(f"{what}; {each} scaled from its {low:g} % to its {high:g} % percentile", why)


def _scaled(dataset: Dataset, scaling: Scaling) -> Dataset:
    """The same data set, whose images are scaled when they are read."""
    sources: dict[int, Scaled] = {}

    def change(pair: Pair) -> Pair:
        source = sources.setdefault(id(pair.source), Scaled(pair.source, scaling))
        return replace(pair, source=source)

    return replace(
        dataset,
        splits={split: tuple(map(change, pairs)) for split, pairs in dataset.splits.items()},
        scaling=scaling,
        digest=hashlib.sha256(f"{dataset.digest} {scaling}".encode()).hexdigest()[:12],
    )


def _thinned(pixels: NDArray[Any]) -> NDArray[Any]:
    """Some pixels of an image, `(N, C)`, spread evenly."""
    step = max(1, math.isqrt(pixels.shape[0] * pixels.shape[1] // _MOST_PIXELS))
    return pixels[::step, ::step].reshape(-1, pixels.shape[2])


def _percentiles(sample: Sequence[NDArray[Any]], bands: int) -> Scaling:
    """The percentiles of each band, without what is not finite."""
    ranges = []
    for band in range(bands):
        values = np.concatenate([pixels[:, band].astype(np.float64) for pixels in sample])
        values = values[np.isfinite(values)]
        ranges.append(np.percentile(values, _PERCENTILES) if len(values) else np.zeros(2))
    return Scaling(tuple(float(low) for low, _ in ranges), tuple(float(high) for _, high in ranges))
