"""What is pasted into a view brings its own label and weight along, and resuming sees the same mixes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pixelwise.data.augment import Rendered
from pixelwise.data.mixing import Mix, mix_views, rare_classes

MIXES: tuple[Mix, ...] = ("cutmix", "classmix", "copy_paste")
DRAWN = [(0, 3), (0, 1), (1, 2), (1, 0)]


def batch(height: int = 24, width: int = 32) -> Rendered:
    """Four views whose first channel is the target, whose second is the number of the view, and whose weight is both.

    Each view shows classes 0 and 1, class `2 + view` in a corner, and void along the lower border.
    """
    target = torch.zeros(4, height, width, dtype=torch.int64)
    target[:, :, width // 2 :] = 1
    target[:, :4, :4] = torch.arange(2, 6)[:, None, None]
    target[:, -2:] = 255
    view = torch.arange(4)[:, None, None].expand_as(target)
    return Rendered(torch.stack([target, view, view], dim=1).float(), target, (10 * target + view).float())


def mixed(mix: Mix, views: Rendered | None = None, *, seed: int = 0, probability: float = 1.0) -> Rendered:
    views = views or batch()
    return mix_views(views, mix, probability=probability, seed=seed, drawn=DRAWN, rare=(2, 3, 4, 5))


def sources(views: Rendered) -> Tensor:
    """The number of the view that each pixel came from, `(4, H, W)`."""
    return views.image[:, 1].long()


@pytest.mark.parametrize("mix", MIXES)
def test_image_target_and_weight_of_a_pixel_stay_together(mix: Mix) -> None:
    after = mixed(mix)
    assert after.weight is not None
    assert torch.equal(after.image[:, 0].long(), after.target)
    assert torch.equal(after.weight, (10 * after.target + sources(after)).float())
    assert not torch.equal(after.target, batch().target)


@pytest.mark.parametrize("mix", MIXES)
def test_a_mix_is_a_function_of_seed_epoch_and_index(mix: Mix) -> None:
    before = batch()
    first, again = mixed(mix, before), mixed(mix, before)
    assert torch.equal(first.image, again.image)
    assert torch.equal(before.image, batch().image)  # what was given is left alone
    assert any(not torch.equal(first.image, mixed(mix, seed=seed).image) for seed in range(1, 5))


@pytest.mark.parametrize("mix", MIXES)
def test_a_view_receives_pixels_of_one_other_view(mix: Mix) -> None:
    for seed in range(8):
        for own, source in enumerate(sources(mixed(mix, seed=seed))):
            assert len(set(source.unique().tolist()) - {own}) <= 1


@pytest.mark.parametrize("mix", MIXES)
def test_nothing_is_mixed_at_probability_0_or_into_a_single_view(mix: Mix) -> None:
    assert torch.equal(mixed(mix, probability=0.0).image, batch().image)
    alone = Rendered(*(part[:1] for part in batch() if part is not None))
    assert mix_views(alone, mix, probability=1.0, seed=0, drawn=DRAWN[:1]) is alone


def test_half_of_the_views_are_mixed_at_probability_a_half() -> None:
    views = [mixed("cutmix", seed=seed, probability=0.5) for seed in range(100)]
    shares = [(sources(each) != torch.arange(4)[:, None, None]).flatten(1).any(dim=1).float().mean() for each in views]
    assert torch.stack(shares).mean() == pytest.approx(0.5, abs=0.06)


def test_cutmix_pastes_one_rectangle_of_all_sizes() -> None:
    areas = []
    for seed in range(100):
        foreign = sources(mixed("cutmix", seed=seed)) != torch.arange(4)[:, None, None]
        for region in foreign:
            rows, columns = region.any(dim=1), region.any(dim=0)
            assert torch.equal(region, rows[:, None] & columns)
            assert rows.diff().sum() <= 2  # no gap
            assert columns.diff().sum() <= 2
            areas.append(region.float().mean().item())
    assert min(areas) < 0.02
    assert max(areas) > 0.8


def test_classmix_pastes_all_pixels_of_half_the_classes_of_the_other_view_and_no_void() -> None:
    before = batch().target
    for seed in range(8):
        after = mixed("classmix", seed=seed)
        for own, source in enumerate(sources(after)):
            (donor,) = set(source.unique().tolist()) - {own}
            pasted = after.target[own][source == donor].unique()
            assert len(pasted) == 2  # of three, rounded up
            assert 255 not in pasted
            assert torch.equal(source == donor, torch.isin(before[donor], pasted))


def test_copy_paste_pastes_the_pixels_of_rare_classes_alone() -> None:
    after = mixed("copy_paste")
    for own, source in enumerate(sources(after)):
        (donor,) = set(source.unique().tolist()) - {own}
        assert torch.equal(source == donor, batch().target[donor] == 2 + donor)


def test_copy_paste_from_a_view_without_a_rare_class_changes_nothing() -> None:
    after = mix_views(batch(), "copy_paste", probability=1.0, seed=0, drawn=DRAWN, rare=(9,))
    assert torch.equal(after.image, batch().image)


@pytest.mark.parametrize("mix", MIXES)
def test_overlapping_classes_are_pasted_as_a_whole(mix: Mix) -> None:
    plain = batch()
    planes = torch.stack([(plain.target == k).long() for k in range(6)], dim=1)
    planes[:, 0] = 1  # everything is of class 0, too
    planes[:, :, -2:] = 255
    after = mixed(mix, Rendered(plain.image, planes, None))
    assert after.weight is None
    source = sources(after)
    assert (source != torch.arange(4)[:, None, None]).any()
    rows, columns = torch.meshgrid(torch.arange(24), torch.arange(32), indexing="ij")
    assert torch.equal(after.target, torch.stack([planes[each, :, rows, columns].movedim(-1, 0) for each in source]))


def test_classes_are_rare_below_half_of_an_even_share() -> None:
    assert rare_classes([600, 200, 100, 95, 5]) == (3, 4)
    assert rare_classes([900, 100]) == (1,)
    assert rare_classes([60, 40]) == ()
    assert rare_classes([100, 0]) == ()
    assert rare_classes([]) == ()
