"""Batches of labelled and pseudo-labelled views."""

from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.training.mixed_views import MixedViews
from pixelwise.training.sampling import draw_batch
from pixelwise.training.views import MaskViews
from tests.training.drawn import SETTINGS, Drawn

CPU = torch.device("cpu")


def mixed() -> MixedViews:
    others = Drawn(7)
    others._all = [type(example)(example.image, torch.full_like(example.target, 255)) for example in others._all]
    return MixedViews(MaskViews(Drawn(5)), MaskViews(others))


def test_the_second_half_of_each_batch_is_pseudo_labelled() -> None:
    views = mixed()
    for step in range(6):
        drawn = draw_batch(step, count=len(views), batch_size=4, seed=0)
        target = views.batch(drawn, SETTINGS.stages[0], SETTINGS, CPU, 0.5).target
        assert (target[:2] != 255).any(dim=(1, 2)).all()
        assert (target[2:] == 255).all()


def test_the_same_draw_gives_the_same_batch() -> None:
    drawn = draw_batch(3, count=10, batch_size=4, seed=0)
    first, again = (mixed().batch(drawn, SETTINGS.stages[0], SETTINGS, CPU, 0.5) for _ in range(2))
    assert torch.equal(first.image, again.image)
    assert torch.equal(first.target, again.target)


def test_a_mix_takes_two_views_of_each_kind() -> None:
    settings, drawn = SETTINGS.model_copy(update={"mix": "cutmix"}), [(0, index) for index in range(4)]
    words = r"batch_size is 3.*needs two views of each kind for training\.mix=cutmix\. Set it to 4 or more"
    with pytest.raises(SettingError, match=words):
        mixed().batch(drawn[:3], settings.stages[0], settings, CPU, 0.5)
    assert len(mixed().batch(drawn, settings.stages[0], settings, CPU, 0.5).image) == 4


def test_both_kinds_take_their_turns() -> None:
    views = mixed()
    labelled: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for step in range(140):
        first, second = views._shared_out(draw_batch(step, count=len(views), batch_size=4, seed=0))
        labelled += first
        others += second
    assert len(set(labelled)) == len(labelled)  # no view twice
    assert len(set(others)) == len(others)
    for drawn, count in ((labelled, 5), (others, 7)):
        seen = [sum(index == i for _, index in drawn) for i in range(count)]
        assert min(seen) > 0.7 * max(seen)


def test_a_batch_of_one_view_is_refused() -> None:
    with pytest.raises(SettingError, match=r"batch_size is 1.*Set it to 2 or more"):
        mixed().batch([(0, 0)], SETTINGS.stages[0], SETTINGS, CPU, 0.5)
