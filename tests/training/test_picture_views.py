"""Views of pairs of pictures show the same part of both, and are drawn by seed, epoch and index alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pixelwise.data.degradations import parse_degradations
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import BESIDE, PictureExamples
from pixelwise.ops.image_io import write_png
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.training.picture_views import PictureViews

CPU = torch.device("cpu")


def settings(side: int, seed: int = 0, flip: bool = True) -> TrainingSettings:
    stage = Stage(until=1, height=side, width=side, min_scale=1, max_scale=1)
    return TrainingSettings(epochs=1, stages=(stage,), seed=seed, flip=flip, color=0.0)


def examples(folder: Path, scale: int, *, alone: bool = False) -> PictureExamples:
    """Pictures whose targets are their images with every pixel repeated."""
    pairs = []
    for i in range(3):
        image = np.random.default_rng(i).integers(0, 256, (24, 32, 3), dtype=np.uint8)
        write_png(folder / "image" / f"{i}.png", image)
        write_png(folder / "target" / f"{i}.png", image.repeat(scale, axis=0).repeat(scale, axis=1))
        pairs.append(Pair(folder / "image" / f"{i}.png", folder / "target" / f"{i}.png", BESIDE))
    return PictureExamples(pairs, alone=alone)


@pytest.mark.parametrize("scale", [1, 3])
def test_image_and_target_show_the_same_part_the_same_way_round(tmp_path: Path, scale: int) -> None:
    views = PictureViews(examples(tmp_path, scale), scale)
    used = settings(8)
    drawn = [(epoch, index) for epoch in range(8) for index in range(3)]
    batch = views.batch(drawn, used.stages[0], used, CPU, 0.5)
    assert batch.image.shape == (24, 3, 8, 8)
    expected = batch.image.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
    assert torch.equal(batch.target, expected)
    assert batch.image.is_contiguous(memory_format=torch.channels_last)
    assert batch.progress == 0.5


def test_a_view_depends_on_seed_epoch_and_index_alone(tmp_path: Path) -> None:
    views = PictureViews(examples(tmp_path, 1), 1, parse_degradations("noise:5-50"))
    used = settings(8)
    alone = PictureViews(examples(tmp_path, 1, alone=True), 1, parse_degradations("noise:5-50"))
    first = alone.batch([(2, 1), (0, 0)], used.stages[0], used, CPU, 0.0)
    again = alone.batch([(0, 0), (2, 1)], used.stages[0], used, CPU, 0.9)
    assert torch.equal(first.image, again.image.flip(0))
    other = alone.batch([(3, 1)], used.stages[0], used, CPU, 0.0)
    assert not torch.equal(other.image[0], first.image[0])
    assert views.names([(0, 2)]) == [str(tmp_path / "image" / "2.png")]


def test_how_strong_a_degradation_is_has_nothing_to_do_with_the_crop(tmp_path: Path) -> None:
    ramp = np.arange(64, 192, dtype=np.uint8)[None, :, None].repeat(48, axis=0).repeat(3, axis=2)
    write_png(tmp_path / "ramp.png", ramp)
    pairs = [Pair(tmp_path / "ramp.png", tmp_path / "ramp.png", BESIDE)]
    views = PictureViews(PictureExamples(pairs, alone=True), 1, parse_degradations("noise:1-40"), is_turned=False)
    used = settings(8, flip=False)
    batch = views.batch([(epoch, 0) for epoch in range(200)], used.stages[0], used, CPU, 0.0)
    left = batch.target.mean(dim=(1, 2, 3))
    strength = (batch.image - batch.target).std(dim=(1, 2, 3))
    assert abs(np.corrcoef(left.numpy(), strength.numpy())[0, 1]) < 0.3


def test_photographs_are_exposed_otherwise_before_they_are_degraded(tmp_path: Path) -> None:
    alone = PictureViews(examples(tmp_path, 1, alone=True), 1, parse_degradations("noise:0.1"), is_turned=False)
    plain = settings(8, flip=False)
    varied = plain.model_copy(update={"color": 0.5})
    drawn = [(epoch, 0) for epoch in range(20)]
    expected = alone.batch(drawn, plain.stages[0], plain, CPU, 0.0).target
    batch = alone.batch(drawn, varied.stages[0], varied, CPU, 0.0)
    assert (batch.image - batch.target).abs().max() <= 1.01 / 255  # exposed alike
    means = batch.target.mean(dim=(1, 2, 3)) / expected.mean(dim=(1, 2, 3))
    assert means.min() < 0.8
    assert means.max() > 1.2
    assert batch.target.max() <= 1
    pairs = PictureViews(examples(tmp_path, 1), 1)
    assert torch.equal(pairs.batch(drawn, varied.stages[0], varied, CPU, 0.0).target, expected)


def test_what_is_smaller_than_a_view_is_mirrored_on(tmp_path: Path) -> None:
    used = settings(40, flip=False)
    batch = PictureViews(examples(tmp_path, 1), 1).batch([(0, 0)], used.stages[0], used, CPU, 0.0)
    image = batch.image[0]
    assert image.shape == (3, 40, 40)
    assert torch.equal(image[:, 24:40, :32], image[:, 8:24, :32].flip(1))


def test_images_are_made_of_targets_alone(tmp_path: Path) -> None:
    used = settings(8, flip=False)
    views = PictureViews(examples(tmp_path, 4, alone=True), 4, parse_degradations("down:4"))
    batch = views.batch([(0, 0)], used.stages[0], used, CPU, 0.0)
    assert batch.image.shape == (1, 3, 8, 8)
    assert batch.target.shape == (1, 3, 32, 32)
    assert (batch.image - batch.target[..., 1::4, 1::4]).abs().mean() < 0.1
