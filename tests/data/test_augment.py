from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pixelwise.data.augment import Augmentation, View, _recolor, draw_view, render_views
from pixelwise.data.borders import WEIGHT_STEP
from pixelwise.data.examples import Example

CPU = torch.device("cpu")
PLAIN = View(1.0, 0.0, (0.0, 0.0), False, 1.0, 1.0, 1.0, 1.0, (1.0, 1.0, 1.0))


def example(height: int, width: int, seed: int = 0) -> Example:
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, 200, (height, width), generator=generator, dtype=torch.uint8)
    return Example(target.expand(3, -1, -1).contiguous(), target)


def test_the_plain_view_is_the_example() -> None:
    one = example(24, 32)
    image, target, weight = render_views([one], [PLAIN], Augmentation(24, 32), CPU)
    assert weight is None
    assert torch.allclose(image[0], one.image / 255, atol=2e-4)  # a change of gamma by one clamps black
    assert torch.equal(target[0], one.target.long())


def test_image_and_target_get_the_same_geometry() -> None:
    flipped = View(1.0, 0.0, (0.3, -0.7), True, 1.0, 1.0, 1.0, 1.0, (1.0, 1.0, 1.0))
    image, target, _ = render_views([example(40, 60)], [flipped], Augmentation(20, 30, color=0), CPU)
    difference = (image[0, 0] * 255 - target[0]).abs()
    assert (target != 255).all()
    assert difference.median() < 60  # bilinear and nearest differ on noise, but follow one another
    assert torch.corrcoef(torch.stack([image[0, 0].flatten(), target[0].flatten().float()]))[0, 1] > 0.6


def test_a_flip_mirrors() -> None:
    one = example(24, 32)
    flipped = View(1.0, 0.0, (0.0, 0.0), True, 1.0, 1.0, 1.0, 1.0, (1.0, 1.0, 1.0))
    _, target, _ = render_views([one], [flipped], Augmentation(24, 32), CPU)
    assert torch.equal(target[0], one.target.long().flip(-1))


def test_outside_of_the_image_is_ignored() -> None:
    _, target, _ = render_views([example(8, 8)], [PLAIN], Augmentation(16, 16), CPU)
    assert (target[0, :4] == 255).all()
    assert (target[0, 4:12, 4:12] != 255).all()


def test_mixed_sizes_keep_their_order() -> None:
    many = [example(24, 32, seed=1), example(30, 20, seed=2), example(24, 32, seed=3)]
    together, *_ = render_views(many, [PLAIN] * 3, Augmentation(16, 16), CPU)
    for position, one in enumerate(many):
        alone, *_ = render_views([one], [PLAIN], Augmentation(16, 16), CPU)
        assert torch.allclose(together[position], alone[0], atol=1e-6)


def test_ignored_pixels_stay_ignored_and_no_value_is_invented() -> None:
    target = torch.full((32, 32), 255, dtype=torch.uint8)
    target[:, 16:] = 10
    one = Example(torch.zeros(3, 32, 32, dtype=torch.uint8), target)
    augmentation = Augmentation(32, 32, rotation=30)
    views = [draw_view(augmentation, seed=0, epoch=epoch, index=0) for epoch in range(8)]
    _, targets, _ = render_views([one] * 8, views, augmentation, CPU)
    assert set(targets.flatten().tolist()) == {10, 255}


def test_a_view_is_a_function_of_seed_epoch_and_index() -> None:
    augmentation = Augmentation(16, 16)
    assert draw_view(augmentation, seed=1, epoch=2, index=3) == draw_view(augmentation, seed=1, epoch=2, index=3)
    assert draw_view(augmentation, seed=1, epoch=2, index=3) != draw_view(augmentation, seed=1, epoch=2, index=4)


def test_an_elastic_deformation_is_drawn_after_everything_else_so_that_without_one_views_are_as_they_were() -> None:
    plain, bent = (draw_view(Augmentation(16, 16, elastic=e), seed=1, epoch=2, index=3) for e in (0.0, 10.0))
    assert plain.displacements == ()
    assert len(bent.displacements) == 18
    assert replace(bent, displacements=()) == plain
    drawn = [draw_view(Augmentation(16, 16, elastic=10), seed=0, epoch=0, index=i).displacements for i in range(200)]
    assert np.std(drawn) == pytest.approx(10, rel=0.05)


def test_displacements_are_pixels_of_the_view_and_bend_image_target_and_weight_alike() -> None:
    ramp = torch.arange(60, dtype=torch.uint8).expand(40, 60).contiguous()
    one = Example(ramp.expand(3, -1, -1).contiguous(), ramp, ramp)
    right, down = [0.0, 0, 0, 0, 3, 0, 0, 0, 0], [0.0] * 9  # the middle of the view looks three pixels to the right
    bent = replace(PLAIN, scale=0.5, displacements=(*right, *down))
    augmentation = Augmentation(21, 31, color=0, elastic=1)
    image, target, weight = render_views([one], [bent], augmentation, CPU)
    straight = render_views([one], [replace(bent, displacements=(0.0,) * 18)], augmentation, CPU)
    moved = (image - straight.image)[0, 0] * 255 / 2  # two pixels of the image are one of the view
    assert moved[10, 15].item() == pytest.approx(3, abs=0.01)
    assert moved[0].abs().max() < 0.01
    assert 0.3 < moved[10, 7].item() < 2.7
    assert weight is not None
    inside = target != 255
    assert torch.allclose(weight[inside], image[:, 0][inside] * 255 * WEIGHT_STEP, atol=1e-3)
    assert ((image[:, 0] * 255)[inside] - target[inside]).abs().max() <= 0.51


def test_each_image_is_mirrored_in_every_other_epoch() -> None:
    flips = [draw_view(Augmentation(8, 8), seed=0, epoch=epoch, index=5).is_flipped for epoch in range(6)]
    assert flips in ([True, False] * 3, [False, True] * 3)
    first = [draw_view(Augmentation(8, 8), seed=0, epoch=0, index=index).is_flipped for index in range(200)]
    assert 60 < sum(first) < 140


@pytest.mark.parametrize("color", [0.0, 0.5])
def test_colours_stay_in_range(color: float) -> None:
    augmentation = Augmentation(16, 16, color=color)
    views = [draw_view(augmentation, seed=0, epoch=0, index=index) for index in range(4)]
    image, *_ = render_views([example(20, 20)] * 4, views, augmentation, CPU)
    assert image.dtype == torch.float32
    assert 0 <= image.min() <= image.max() <= 1
    assert np.isfinite(image.numpy()).all()


@pytest.mark.parametrize("bands", [1, 3, 5])
def test_colours_change_as_gamma_brightness_saturation_contrast_and_tint_in_this_order(bands: int) -> None:
    given = torch.rand(2, bands, 8, 9, generator=torch.Generator().manual_seed(0))
    views = [draw_view(Augmentation(8, 9, color=0.5), seed=0, epoch=0, index=index) for index in range(2)]
    expected = []
    for image, view in zip(given, views, strict=True):
        x = view.brightness * image.clamp_min(1e-4) ** view.gamma
        grey = x.mean(dim=0)
        x = grey + view.saturation * (x - grey)
        x = x.mean() + view.contrast * (x - x.mean())
        expected.append(torch.stack([view.tint[band % 3] * x[band] for band in range(bands)]).clamp(0, 1))
    torch.testing.assert_close(_recolor(given.clone(), views), torch.stack(expected).float(), atol=1e-5, rtol=0)
