"""Tiling changes nothing that it should not."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.inference.tiling import apply_in_tiles, tile_size, tile_starts


@pytest.mark.parametrize("size", [(97, 131), (200, 40), (10, 900), (64, 64), (1, 1000)])
@pytest.mark.parametrize("max_pixels", [900, 2500])
def test_a_function_of_single_pixels_is_unchanged(size: tuple[int, int], max_pixels: int) -> None:
    image = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))

    def pointwise(x: Tensor) -> Tensor:
        return torch.cat([x.square(), 3 * x.sum(1, keepdim=True) - 1], dim=1)

    torch.testing.assert_close(
        apply_in_tiles(pointwise, image, out_channels=4, max_pixels=max_pixels), pointwise(image), atol=2e-6, rtol=1e-5
    )


@pytest.mark.parametrize(("height", "width"), [(97, 131), (200, 40), (10, 900), (33, 31), (1, 5000), (700, 700)])
def test_no_tile_has_more_pixels_than_allowed_and_all_have_one_size(height: int, width: int) -> None:
    shapes = []

    def note(x: Tensor) -> Tensor:
        shapes.append(tuple(x.shape[-2:]))
        return x

    apply_in_tiles(note, torch.zeros(1, 1, height, width), out_channels=1, max_pixels=1000)
    assert len(set(shapes)) == 1
    assert shapes[0][0] * shapes[0][1] <= 1000


def test_an_image_that_is_small_enough_is_passed_whole() -> None:
    image = torch.zeros(1, 3, 20, 50)
    assert apply_in_tiles(lambda x: x, image, out_channels=3, max_pixels=1000) is image


def test_neighbours_have_a_quarter_of_a_tile_in_common() -> None:
    for length in range(101, 1500, 37):
        starts = tile_starts(length, 100)
        assert starts[0] == 0
        assert starts[-1] == length - 100
        assert all(0 < b - a <= 75 for a, b in itertools.pairwise(starts))


def test_tiles_of_a_narrow_image_are_long() -> None:
    assert tile_size(100, 9000, 160_000) == (100, 1600)
    assert tile_size(9000, 100, 160_000) == (1600, 100)
    assert tile_size(9000, 9000, 160_000) == (384, 384)


def test_no_seam_is_left_of_a_network_that_errs_at_borders() -> None:
    image = torch.ones(1, 1, 300, 300)

    def blind_at_borders(x: Tensor) -> Tensor:
        return F.conv2d(x, torch.full((1, 1, 5, 5), 1 / 25), padding=2)  # zero padding darkens the border

    blended = apply_in_tiles(blind_at_borders, image, out_channels=1, max_pixels=10_000)[0, 0, 5:-5, 5:-5]
    assert (blended - 1).abs().max() < 1e-6  # a hard cut would leave 0.4


def test_a_network_that_looks_no_further_than_a_sixteenth_of_a_tile_gives_what_it_gives_for_the_whole() -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, 230, 310, generator=generator)
    kernel = torch.randn(2, 3, 13, 13, generator=generator)  # six pixels either way, of tiles of 96

    def network(x: Tensor) -> Tensor:
        return F.conv2d(x, kernel, padding=6)

    torch.testing.assert_close(
        apply_in_tiles(network, image, out_channels=2, max_pixels=96 * 96), network(image), atol=1e-4, rtol=0
    )
