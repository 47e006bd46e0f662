"""Probabilities against how often they are right, and the temperature that brings them nearer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_calibration_error

from pixelwise.metrics.calibration import PixelSample, best_temperature, calibration_error


def drawn(sharpness: float, count: int = 40_000, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Scores that are `sharpness` times as large as they would be if they meant how often they are right."""
    generator = torch.Generator().manual_seed(0)
    scores = 2 * torch.randn(count, classes, generator=generator)
    truth = torch.multinomial(scores.softmax(dim=1), 1, generator=generator)[:, 0]
    return sharpness * scores, truth


def test_the_error_is_the_mean_distance_of_the_bins_by_hand() -> None:
    scores = torch.tensor([0.9, 0.9, 0.65, 0.55]).logit()[:, None] * torch.tensor([0.0, 1.0])
    truth = torch.tensor([1, 0, 1, 0])
    # In the bin of 0.9 half are right, in that of 0.65 all, in that of 0.55 none.
    assert calibration_error(scores, truth) == pytest.approx((2 * (0.9 - 0.5) + (1 - 0.65) + 0.55) / 4, abs=1e-6)
    assert math.isnan(calibration_error(scores[:0], truth[:0]))


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_error_is_that_of_torchmetrics(sharpness: float) -> None:
    scores, truth = drawn(sharpness)
    expected = multiclass_calibration_error(scores.softmax(dim=1), truth, num_classes=4, n_bins=15, norm="l1")
    assert calibration_error(scores, truth) == pytest.approx(expected.item(), abs=1e-4)  # a bin of their own for 1


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_made_scores_too_sharp_or_too_flat(sharpness: float) -> None:
    scores, truth = drawn(sharpness)
    temperature = best_temperature(scores, truth)
    assert temperature == pytest.approx(sharpness, rel=0.02)
    assert calibration_error(scores / temperature, truth) < 0.015
    nearby = [F.cross_entropy(scores / (temperature * factor), truth) for factor in (1.0, 0.99, 1.01)]
    assert min(nearby) == nearby[0]


def test_a_temperature_stays_in_its_range_where_every_pixel_is_right_or_wrong() -> None:
    scores, truth = 2 * torch.eye(3), torch.arange(3)
    assert best_temperature(scores, truth) == pytest.approx(0.2, rel=1e-4)
    assert best_temperature(scores, truth.roll(1)) == pytest.approx(5, rel=1e-4)


def sample(scores: Tensor, truth: Tensor) -> PixelSample:
    """Of images `(B, K, H, W)` and their truth."""
    found = PixelSample(len(scores))
    for one, known in zip(scores, truth, strict=True):
        found.add(one, known)
    return found


def images(count: int = 6, channels: int = 4) -> tuple[Tensor, Tensor]:
    scores, truth = drawn(2.0, count * 40 * 50, channels)
    return scores.reshape(count, 40, 50, channels).permute(0, 3, 1, 2), truth.reshape(count, 40, 50)


def test_a_sample_of_pixels_is_the_same_each_time_and_tells_what_all_of_them_tell() -> None:
    scores, truth = images()
    found = sample(scores, truth)
    assert found.error() == sample(scores, truth).error()
    whole = calibration_error(scores.permute(0, 2, 3, 1).reshape(-1, 4), truth.flatten())
    assert found.error() == pytest.approx(whole, abs=0.02)
    temperature = found.temperature()
    assert temperature == pytest.approx(2, rel=0.1)
    assert found.divided(temperature).error() < 0.3 * found.error()
    assert found.divided(temperature).temperature() == pytest.approx(1, abs=1e-4)


def test_a_temperature_that_does_not_help_other_images_is_not_taken() -> None:
    scores, truth = images()
    scores = scores.clone()
    scores[::2] /= 8  # too flat in one half of the images, too sharp in the other
    assert best_temperature(scores.permute(0, 2, 3, 1).reshape(-1, 4), truth.flatten()) != pytest.approx(1, abs=0.05)
    assert sample(scores, truth).temperature() == 1


def test_ignored_pixels_do_not_count() -> None:
    scores, truth = images()
    half = truth.clone()
    half[:, 20:] = 255
    other = scores.clone()
    other[:, :, 20:] = 1e6
    assert sample(other, half).temperature() == sample(scores, half).temperature()
    nothing = sample(scores, torch.full_like(truth, 255))
    assert math.isnan(nothing.error())
    assert nothing.temperature() == 1


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_pixels_whose_scores_are_no_numbers_are_left_out(value: float) -> None:
    scores, truth = images()
    half = truth.clone()
    half[:, 20:] = 255
    other = scores.clone()
    other[:, 2, 20:] = value
    found = sample(other, truth)
    assert found.temperature() == sample(scores, half).temperature()
    assert found.error() == sample(scores, half).error()
    assert math.isnan(sample(torch.full_like(scores, value), truth).error())


def test_fewer_than_five_images_give_no_temperature() -> None:
    scores, truth = images(4)
    assert sample(scores, truth).temperature() == 1
    labelled = images(6)[1]
    labelled[4:] = 255
    assert sample(images(6)[0], labelled).temperature() == 1


def test_one_channel_is_object_against_background_and_overlapping_classes_are_so_each() -> None:
    scores, truth = images(channels=2)
    expected = sample(scores, truth).temperature()
    one = scores[:, 1:] - scores[:, :1]
    assert sample(one, truth).temperature() == pytest.approx(expected, rel=1e-4)
    overlapping = sample(torch.cat([one, one], dim=1), torch.stack([truth, truth], dim=1))
    assert overlapping.temperature() == pytest.approx(expected, rel=1e-4)


def test_the_bins_tell_how_sure_and_how_often_right_their_pixels_are() -> None:
    scores = torch.tensor([0.9, 0.9, 0.65, 0.55] * 500).logit()[:, None] * torch.tensor([0.0, 1.0])
    found = sample(scores.T[None, :, None], torch.tensor([1, 0, 1, 0] * 500)[None, None])
    bins = found.reliability()
    assert sum(one.share for one in bins) == pytest.approx(1)
    assert sum(one.share * abs(one.confidence - one.right) for one in bins) == pytest.approx(found.error())
    assert [round(one.confidence, 3) for one in bins] == [0.55, 0.65, 0.9]
    assert [one.right for one in bins][:2] == [0.0, 1.0]
    assert bins[2].right == pytest.approx(0.5, abs=0.1)
    assert PixelSample(1).reliability() == []
