"""Which pixels online hard example mining keeps, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.losses import LOSSES

OHEM = LOSSES["ohem_cross_entropy"]


def scores_and_target(seed: int, sharpness: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    scores = sharpness * torch.randn(2, 3, 8, 6, generator=generator)
    target = torch.randint(0, 3, (2, 8, 6), generator=generator)
    target[:, 0] = 255
    return scores, target


def of_each_probability(*probabilities: float) -> Tensor:
    """Scores of two classes `(1, 2, 1, W)` in which class 0 has these probabilities."""
    first = [math.log(p / (1 - p)) for p in probabilities]
    return torch.stack([torch.tensor(first), torch.zeros(len(first))]).reshape(1, 2, 1, -1)


def reference(scores: Tensor, target: Tensor, threshold: float, fewest: int, weights: Sequence[float]) -> float:
    """Pixel by pixel, in the words of the definition."""
    pixels: list[tuple[float, float]] = []
    for row, truth in zip(scores.permute(0, 2, 3, 1).reshape(-1, 3), target.flatten().tolist(), strict=True):
        if truth != 255:
            pixels.append((row.softmax(0)[truth].item(), weights[truth]))
    pixels.sort()
    highest = max(threshold, pixels[min(fewest, len(pixels)) - 1][0]) if fewest else threshold
    kept = [(p, weight) for p, weight in pixels if p <= highest]
    total: float = sum(weight for _, weight in kept)
    return sum(-weight * math.log(p) for p, weight in kept) / total


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("min_kept", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [0.5, 1.0, 3.0]])
def test_it_equals_the_definition(sharpness: float, min_kept: float, weights: list[float]) -> None:
    scores, target = scores_and_target(0, sharpness)
    ours = OHEM.build(threshold=0.4, min_kept=min_kept, class_weights=weights)(scores, target)
    assert ours.item() == pytest.approx(reference(scores, target, 0.4, int(min_kept * 96), weights), rel=1e-5)


def test_pixels_that_are_sure_enough_do_not_count() -> None:
    scores, target = of_each_probability(0.5, 0.6, 0.8, 0.9), torch.zeros(1, 1, 4, dtype=torch.int64)
    assert OHEM.build()(scores, target).item() == pytest.approx(-(math.log(0.5) + math.log(0.6)) / 2)


def test_the_least_probable_count_even_if_all_are_sure() -> None:
    scores, target = of_each_probability(0.95, 0.8, 0.9, 0.99), torch.zeros(1, 1, 4, dtype=torch.int64)
    assert OHEM.build(min_kept=0.5)(scores, target).item() == pytest.approx(-(math.log(0.8) + math.log(0.9)) / 2)


def test_class_weights_do_not_decide_which_pixels_count() -> None:
    scores, target = of_each_probability(0.5, 0.8), torch.tensor([[[0, 0]]])
    assert OHEM.build(class_weights=[100.0, 1.0])(scores, target).item() == pytest.approx(math.log(2))


def test_no_number_leaves_the_device() -> None:
    scores, target = (tensor.to("meta") for tensor in scores_and_target(0, 1.0))
    loss = OHEM.build(class_weights=[0.5, 1.0, 3.0]).to("meta")
    assert loss(scores, target).shape == ()


def test_scores_that_are_no_numbers_are_seen() -> None:
    scores, target = scores_and_target(0, 3.0)
    scores[0, :, 5, 5] = math.nan
    assert OHEM.build()(scores, target).isnan()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"threshold": 0.0}, "threshold is 0, but it is a probability: above 0 and at most 1"),
        ({"threshold": 1.5}, r"threshold is 1\.5"),
        ({"min_kept": -0.1}, r"min_kept is -0\.1, but it is a share of the pixels: 0 to 1"),
        ({"min_kept": 100000}, "min_kept is 100000"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        OHEM.build(**settings)


def test_one_channel_is_mined_like_object_and_background() -> None:
    scores, target = scores_and_target(0, 2.0)
    scores, target = scores[:, :1], target.masked_fill(target == 2, 0)
    two = torch.cat([torch.zeros_like(scores), scores], dim=1)
    loss = OHEM.build(class_weights=[1.0, 3.0])
    torch.testing.assert_close(loss(scores, target), loss(two, target))
