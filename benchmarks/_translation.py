"""What the benchmarks of translation share: trainings at equal time, and scores of pictures and of segmenters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelwise.inference import Predictor
from pixelwise.metrics.confusion import SegmentationScores, confusion_matrix
from pixelwise.metrics.features import PooledFeatures, collect_features
from pixelwise.metrics.kernel import kernel_distance
from pixelwise.metrics.psnr import psnr_rgb
from pixelwise.ops.image_io import write_png

Pixels = NDArray[np.uint8]


def train(run: Path, data: Path, *options: str) -> Path:
    """Train by the command line, unless that has been done, and return the run folder."""
    if not (run / "report.html").is_file():
        command = [sys.executable, "-m", "pixelwise", "train", str(data), "-o", str(run), *options]
        print(f"$ pixelwise {' '.join(command[3:])}", file=sys.stderr, flush=True)
        subprocess.run(command, check=True, stdout=sys.stderr)
    return run


def settings(values: Sequence[str]) -> list[str]:
    """`--set NAME=VALUE` for each value."""
    return [word for value in values for word in ("--set", value)]


def class_scores(names: Sequence[str], masks: Iterable[tuple[Pixels, Pixels]]) -> SegmentationScores:
    """The scores of one confusion matrix of (found, true) masks `(H, W)`."""
    total = torch.zeros(len(names), len(names), dtype=torch.int64)
    for found, true in masks:
        total += confusion_matrix(torch.from_numpy(found.copy()), torch.from_numpy(true.copy()), len(names))
    return SegmentationScores(total, tuple(names))


def in_words(scores: SegmentationScores) -> str:
    """Pixel accuracy, class accuracy and mIoU as cells of a table."""
    return f"{scores.pixel_accuracy:.3f} | {scores.class_accuracy:.3f} | {scores.miou:.3f}"


def psnr(made: Sequence[Pixels], wanted: Sequence[Pixels]) -> float:
    """PSNR in dB, the mean over the pictures."""
    pairs = zip(made, wanted, strict=True)
    return float(np.mean([psnr_rgb(_bytes(one), _bytes(other)).item() for one, other in pairs]))


def make_kid(real: Sequence[Pixels]) -> Callable[[Sequence[Pixels]], float]:
    """The kernel distance of pictures to real ones, in the features of the default encoder."""
    features = PooledFeatures()

    def of(pictures: Sequence[Pixels]) -> Tensor:
        return collect_features(features, (_bytes(picture).float() / 255 for picture in pictures))

    of_real = of(real)
    return lambda pictures: kernel_distance(of_real, of(pictures)).mean


def translate(predictor: Predictor, images: Sequence[Pixels], tta: bool = False) -> list[Pixels]:
    """What a model makes of images, with test-time augmentation or without."""
    return [predictor.picture(image, tta).pixels for image in images]


def segment(predictor: Predictor, images: Sequence[Pixels]) -> list[Pixels]:
    """The masks that a model finds in images."""
    return [predictor.mask(image).mask for image in images]


def write_sheet(path: Path, rows: Sequence[Sequence[Pixels]]) -> None:
    """Write pictures of one size beside each other."""
    write_png(path, np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0))


def _bytes(picture: Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).unsqueeze(0)
