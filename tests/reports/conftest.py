"""A predictor that is easy to foretell, and pairs of files for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from pixelwise.artifact import Component, Description
from pixelwise.data.classes import Classes
from pixelwise.data.pairs import Pair
from pixelwise.inference import Predictor
from pixelwise.models import ImageModel

CLASSES = Classes(
    names=("road", "sky", "tree"),
    values=(0, 1, 7),
    ignore_values=(11,),
    colors=((128, 64, 128), (70, 130, 180), (107, 142, 35)),
    binary=False,
)


class Colors(ImageModel):
    """Red is road, green is sky, blue is tree."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3
        self.factor = nn.Parameter(torch.tensor(10.0))

    def scores(self, image: Tensor) -> Tensor:
        return image * self.factor


@pytest.fixture
def classes() -> Classes:
    return CLASSES


@pytest.fixture
def predictor() -> Predictor:
    task = Component(name="segmentation", arguments={"num_classes": 3})
    description = Description(model=Component(name="fcn"), task=task, classes=CLASSES)
    return Predictor(Colors(), description, device="cpu", precision="fp32")


WritePair = Callable[..., Pair]


@pytest.fixture
def write_pair(tmp_path: Path) -> WritePair:
    """Write a pair whose prediction is `guess`; both are arrays of class indices, 255 = ignored in the truth."""

    def write(name: str, truth: list[list[int]], guess: list[list[int]]) -> Pair:
        colors = np.array(guess, dtype=np.uint8)[..., None] == np.arange(3)
        image, target = tmp_path / f"{name}.png", tmp_path / f"{name}_mask.png"
        Image.fromarray((colors * 255).astype(np.uint8)).save(image)
        stored = np.zeros(256, dtype=np.uint8)
        stored[[0, 1, 2, 255]] = [0, 1, 7, 11]
        Image.fromarray(stored[np.array(truth, dtype=np.uint8)]).save(target)
        return Pair(image, target)

    return write
