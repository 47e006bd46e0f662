"""Tiles are as large as the memory that a network takes for each pixel lets them be."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pixelwise.artifact import Component, Description
from pixelwise.inference import Predictor, predictor
from pixelwise.inference.footprint import bytes_per_pixel
from pixelwise.models.edsr import EDSR
from pixelwise.models.lite_sr import LiteSR
from pixelwise.nn.weight_norm import SpectralConv2d, WeightNormConv2d

IMAGE = torch.zeros(1, 3, 32, 40)


@pytest.mark.parametrize(
    ("network", "numbers"),
    [
        (nn.Identity(), 3),
        (nn.Conv2d(3, 8, 1), 3 + 8),
        (nn.Conv2d(3, 8, 21, padding=10), 3 + 8),  # its weights do not count, nor do those that are made at each use
        (WeightNormConv2d(3, 8, 61, padding=30), 3 + 8),
        (SpectralConv2d(3, 8, 61, padding=30), 3 + 8),
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1, stride=2)), 3 + 8),
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.Upsample(scale_factor=4)), 8 + 16 * 8),
    ],
)
def test_it_is_what_the_largest_operation_takes_in_and_gives(network: nn.Module, numbers: int) -> None:
    assert bytes_per_pixel(network.eval(), IMAGE) == 4 * numbers


def test_super_resolution_takes_more_the_larger_its_scale_and_its_width() -> None:
    def needed(scale: int, width: int) -> float:
        return bytes_per_pixel(EDSR(scale=scale, width=width, depth=1).eval(), IMAGE)

    assert needed(4, 64) == 4 * (4 * 256 + 16 * 64)  # the last shuffle: 256 channels at twice the size
    assert needed(2, 64) == needed(4, 64) / 4
    assert needed(4, 32) == needed(4, 64) / 2
    assert bytes_per_pixel(LiteSR(scale=4).eval(), IMAGE) < needed(4, 64) / 10


def describe(scale: int) -> Description:
    task = Component(name="super_resolution", arguments={"scale": scale})
    return Description(model=Component(name="edsr"), task=task)


def test_a_network_that_takes_much_memory_goes_in_smaller_tiles_to_the_same_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    model = EDSR(scale=4, width=4, depth=1)  # looks six pixels far
    image = torch.rand(1, 3, 150, 170)
    usual = Predictor(model, describe(4), device="cpu", precision="fp32")
    assert usual.max_pixels == 2_000_000
    monkeypatch.setattr(predictor, "_MAX_BYTES", 96 * 96 * 4 * (4 * 16 + 16 * 4))
    seen: list[tuple[int, ...]] = []
    small = Predictor(model, describe(4), device="cpu", precision="fp32")
    small._model.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape[2:])))
    found = small.scores(image)
    assert set(seen) == {(96, 96)}
    torch.testing.assert_close(found, usual.scores(image), atol=1e-4, rtol=0)


def test_what_a_user_says_counts() -> None:
    model = EDSR(scale=4, width=4, depth=1)
    assert Predictor(model, describe(4), device="cpu", precision="fp32", max_pixels=5_000_000).max_pixels == 5_000_000


def test_a_wide_network_at_four_times_the_size_of_the_image_has_the_smaller_tiles() -> None:
    for model in (EDSR(scale=2), LiteSR(scale=4)):
        assert Predictor(model, describe(model.scale), device="cpu", precision="fp32").max_pixels == 2_000_000
    assert Predictor(EDSR(scale=4), describe(4), device="cpu", precision="fp32").max_pixels == 4 * 1024**3 // 8192
