"""Mixes as settings of a training."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from pixelwise.data.examples import Example, Examples
from pixelwise.errors import SettingError
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.training.views import MaskViews

STAGE = Stage(until=1, height=32, width=32, min_scale=0.7, max_scale=1)
DRAWN = [(0, 1), (0, 3), (0, 0), (0, 2)]


class Blocks(Examples):
    """Images that are their masks."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self._all = []
        for _ in range(4):
            target = torch.randint(0, 3, (5, 5), generator=generator, dtype=torch.uint8)
            target = target.repeat_interleave(8, 0).repeat_interleave(8, 1)
            self._all.append(Example((100 * target).expand(3, -1, -1).contiguous(), target))

    def __len__(self) -> int:
        return len(self._all)

    def fetch(self, indices: list[int]) -> list[Example]:  # type: ignore[override]
        return [self._all[index] for index in indices]


def settings(**changes: object) -> TrainingSettings:
    values: dict[str, object] = {"epochs": 1, "stages": (STAGE,), "color": 0.0, "mix_probability": 1.0}
    return TrainingSettings.model_validate(values | changes)


@pytest.mark.parametrize("mix", ["cutmix", "classmix", "copy_paste"])
def test_a_step_sees_mixed_views_and_after_a_resume_the_same(mix: str) -> None:
    plain, once, again = (
        MaskViews(Blocks(), (80, 10, 10)).batch(DRAWN, STAGE, settings(mix=name), torch.device("cpu"), 0.0)
        for name in ("none", mix, mix)
    )
    assert torch.equal(once.image, again.image)
    assert torch.equal(once.target, again.target)
    assert not torch.equal(once.target, plain.target)
    assert once.image.is_contiguous(memory_format=torch.channels_last)


def test_a_mix_needs_two_views() -> None:
    with pytest.raises(ValidationError, match="mix is cutmix, which takes two views in a batch, but batch_size is 1"):
        settings(mix="cutmix", batch_size=1)


def test_copy_paste_without_a_rare_class_is_refused() -> None:
    views = MaskViews(Blocks(), (30, 30, 40))
    with pytest.raises(SettingError, match="copy_paste, but no class is rare"):
        views.batch(DRAWN, STAGE, settings(mix="copy_paste"), torch.device("cpu"), 0.0)
