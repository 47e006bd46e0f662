"""Scores of pictures, held to scikit-image."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import skimage.color
import skimage.metrics
import torch
from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.metrics.pictures import picture_metric
from pixelwise.metrics.psnr import psnr_rgb, psnr_y
from pixelwise.metrics.ssim import ssim_rgb, ssim_y
from pixelwise.ops.structural_similarity import structural_similarity as ssim_of_places


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    """A prediction and its target, `(2, 3, 29, 37)`, uint8: smooth, with noise that differs from picture to picture."""
    random = np.random.default_rng(0)
    row, column = np.mgrid[:29, :37]
    target = np.stack([128 + 90 * np.sin(row / 5 + phase) * np.cos(column / 7 - phase) for phase in range(6)])
    noise = random.normal(0, [[[5.0]]] * 3 + [[[25.0]]] * 3, target.shape)
    both = [
        np.clip(values, 0, 255).round().astype(np.uint8).reshape(2, 3, 29, 37) for values in (target + noise, target)
    ]
    return torch.from_numpy(both[0]), torch.from_numpy(both[1])


# scikit-image has no types of its own.
peak_signal_noise_ratio: Callable[..., float] = skimage.metrics.peak_signal_noise_ratio
structural_similarity: Callable[..., float] = skimage.metrics.structural_similarity


def ssim_of_scikit_image(first: np.ndarray, second: np.ndarray) -> float:
    return structural_similarity(
        first, second, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )


def lumas(picture: Tensor, crop: int) -> np.ndarray:
    luma: np.ndarray = skimage.color.rgb2ycbcr(picture.permute(1, 2, 0).numpy())[..., 0]
    return luma[crop : luma.shape[0] - crop, crop : luma.shape[1] - crop]


@pytest.mark.parametrize("crop", [0, 3, 4])
def test_scores_of_luma_are_those_of_scikit_image(pictures: tuple[Tensor, Tensor], crop: int) -> None:
    pairs = [(lumas(ours, crop), lumas(truth, crop)) for ours, truth in zip(*pictures, strict=True)]
    psnr = [peak_signal_noise_ratio(truth, ours, data_range=255) for ours, truth in pairs]
    assert psnr_y(*pictures, crop=crop).tolist() == pytest.approx(psnr, abs=1e-10)
    ssim = [ssim_of_scikit_image(ours, truth) for ours, truth in pairs]
    assert ssim_y(*pictures, crop=crop).tolist() == pytest.approx(ssim, abs=1e-10)


def test_scores_of_colours_are_those_of_scikit_image(pictures: tuple[Tensor, Tensor]) -> None:
    pairs = [(ours.numpy().astype(float), truth.numpy().astype(float)) for ours, truth in zip(*pictures, strict=True)]
    psnr = [peak_signal_noise_ratio(truth, ours, data_range=255) for ours, truth in pairs]
    assert psnr_rgb(*pictures).tolist() == pytest.approx(psnr, abs=1e-10)
    ssim = [np.mean([ssim_of_scikit_image(*planes) for planes in zip(*pair, strict=True)]) for pair in pairs]
    assert ssim_rgb(*pictures).tolist() == pytest.approx(ssim, abs=1e-10)


def test_large_pictures_are_scored_in_parts_that_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    target = random.integers(0, 256, (150, 290, 3)).astype(np.uint8)
    ours = np.clip(target + random.normal(0, [[[40]]], target.shape), 0, 255).astype(np.uint8)
    sides: list[int] = []

    def noted(first: Tensor, second: Tensor, peak: float) -> Tensor:
        sides.extend(first.shape[-2:])
        return ssim_of_places(first, second, peak)

    monkeypatch.setattr("pixelwise.metrics.ssim.structural_similarity", noted)
    found = ssim_rgb(*(torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in (ours, target)))
    planes = zip(ours.transpose(2, 0, 1).astype(float), target.transpose(2, 0, 1).astype(float), strict=True)
    assert found.item() == pytest.approx(np.mean([ssim_of_scikit_image(*plane) for plane in planes]), abs=1e-10)
    assert 11 <= min(sides) <= max(sides) <= 138  # time grows with the pixels, not with the cube of a side


def test_each_picture_is_scored_by_itself(pictures: tuple[Tensor, Tensor]) -> None:
    first, second = (psnr_rgb(pictures[0][i : i + 1], pictures[1][i : i + 1]).item() for i in range(2))
    assert psnr_rgb(*pictures).tolist() == pytest.approx([first, second])
    assert first > second + 10


@pytest.mark.parametrize("name", ["psnr_rgb", "ssim_rgb", "psnr_y_crop2", "ssim_y_crop2"])
def test_floats_are_scored_as_the_file_that_they_become(pictures: tuple[Tensor, Tensor], name: str) -> None:
    metric = picture_metric(name)
    ours, truth = pictures
    shifted = ours.float() / 255 + 0.3 / 255  # less than half a step
    torch.testing.assert_close(metric.of_each(shifted, truth), metric.of_each(ours, truth))
    assert metric.of_each(torch.full((1, 3, 16, 16), 7.0), torch.ones(1, 3, 16, 16)).item() in (math.inf, 1.0)


def test_one_channel_is_luma_as_it_is(pictures: tuple[Tensor, Tensor]) -> None:
    ours, truth = (picture[:, :1] for picture in pictures)
    torch.testing.assert_close(psnr_y(ours, truth, crop=0), psnr_rgb(ours, truth))


def test_a_target_without_colours_is_scored_by_its_own_numbers_as_papers_do(pictures: tuple[Tensor, Tensor]) -> None:
    ours, truth = (picture[:, :1].expand(-1, 3, -1, -1) for picture in pictures)
    torch.testing.assert_close(psnr_y(ours, truth, crop=2), psnr_y(ours[:, :1], truth[:, :1], crop=2))
    torch.testing.assert_close(ssim_y(ours, truth, crop=2), ssim_y(ours[:, :1], truth[:, :1], crop=2))
    colored = torch.stack([truth[0], pictures[1][1]])  # each target by itself
    mixed = psnr_y(pictures[0], colored, crop=2)
    assert mixed[1] == psnr_y(*pictures, crop=2)[1]
    assert psnr_y(truth, truth, crop=2).isinf().all()


def test_a_name_says_the_margin(pictures: tuple[Tensor, Tensor]) -> None:
    assert torch.equal(picture_metric("ssim_y_crop3").of_each(*pictures), ssim_y(*pictures, crop=3))
    with pytest.raises(
        SettingError,
        match=r"^There is no metric of pictures called 'psnr_y'\. Did you mean 'psnr_rgb'\? Available: psnr_rgb, "
        r"psnr_y_crop4, ssim_rgb, ssim_y_crop4\. Any number of pixels can stand after 'crop'\.$",
    ):
        picture_metric("psnr_y")


def test_what_cannot_be_compared_is_refused(pictures: tuple[Tensor, Tensor]) -> None:
    ours, truth = pictures
    with pytest.raises(ValueError, match=r"^The prediction is \(2, 3, 29, 37\) and the target \(2, 3, 29, 30\), but"):
        psnr_rgb(ours, truth[..., :30])
    with pytest.raises(ValueError, match=r"^A margin of 15 pixels cannot be cut off 29 × 37 pixels\.$"):
        psnr_y(ours, truth, crop=15)
    with pytest.raises(ValueError, match=r"^The pictures are 9 × 17, but SSIM needs 11 × 11 pixels"):
        ssim_y(ours, truth, crop=10)
