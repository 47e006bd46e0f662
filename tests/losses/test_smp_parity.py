"""The losses against those of segmentation_models_pytorch, as far as their conventions can be made to agree.

Settings that make them agree: every class is in the batch, because theirs divides by all classes and ours by those
present; class weights are left out, since theirs multiplies a class's mean by them and ours its pixels; Dice has no
smoothing, which theirs adds to half of what ours adds it to. Where they cannot agree:

- focal of several classes: theirs is one sigmoid per class, ours a softmax, as their functional form of it;
- Tversky with gamma of several classes: theirs is a power of the mean, ours a mean of powers;
- label-smoothed cross-entropy with ignored pixels: theirs divides by all pixels, ours by the labelled ones.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from pixelwise.losses import LOSSES

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
each_seed = pytest.mark.parametrize("seed", range(3))
several_or_one = pytest.mark.parametrize("channels", [5, 1])


def drawn(channels: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    scores = 3 * torch.randn(3, channels, 24, 20, generator=generator)
    target = torch.randint(0, max(2, channels), (3, 24, 20), generator=generator)
    target[:, :4] = 255
    return scores, target


def theirs(name: str, channels: int, **settings: Any) -> Any:
    from segmentation_models_pytorch import losses

    return getattr(losses, name)("multiclass" if channels > 1 else "binary", ignore_index=255, **settings)


def assert_equal(ours: Tensor, other: Tensor) -> None:
    assert ours.item() == pytest.approx(other.item(), abs=1e-6, rel=1e-6)


@each_seed
@several_or_one
@pytest.mark.parametrize(("ours", "name"), [("dice", "DiceLoss"), ("jaccard", "JaccardLoss")])
def test_dice_and_jaccard(ours: str, name: str, channels: int, seed: int) -> None:
    scores, target = drawn(channels, seed)
    assert_equal(LOSSES[ours].build(smooth=0.0)(scores, target), theirs(name, channels)(scores, target))


@each_seed
@several_or_one
def test_tversky(channels: int, seed: int) -> None:
    scores, target = drawn(channels, seed)
    settings = {"alpha": 0.3, "beta": 0.7, "smooth": 0.5, "gamma": 1.0 if channels > 1 else 0.75}
    other = theirs("TverskyLoss", channels, **settings)(scores, target)
    assert_equal(LOSSES["tversky"].build(**settings)(scores, target), other)


@each_seed
@pytest.mark.parametrize("gamma", [0.0, 2.0, 3.0])
def test_focal_of_one_channel(gamma: float, seed: int) -> None:
    scores, target = drawn(1, seed)
    other = theirs("FocalLoss", 1, gamma=gamma)(scores, target)
    assert_equal(LOSSES["focal"].build(gamma=gamma)(scores, target), other)


@each_seed
def test_focal_of_one_channel_with_alpha(seed: int) -> None:
    scores, target = drawn(1, seed)
    other = theirs("FocalLoss", 1, alpha=0.25)(scores, target)
    weights = torch.where(target == 1, 0.25, 0.75)[target != 255]  # theirs is not divided by them
    ours = LOSSES["focal"].build(class_weights=[0.75, 0.25])(scores, target) * weights.mean()
    assert_equal(ours, other)


@each_seed
def test_focal_of_several_classes_equals_their_softmax_form(seed: int) -> None:
    from segmentation_models_pytorch.losses._functional import softmax_focal_loss_with_logits

    scores, target = drawn(5, seed)
    other = softmax_focal_loss_with_logits(scores[:, :, 4:], target[:, 4:], gamma=2.0)
    assert_equal(LOSSES["focal"].build()(scores, target), other)


@each_seed
@several_or_one
def test_lovasz(channels: int, seed: int) -> None:
    scores, target = drawn(channels, seed)
    assert_equal(LOSSES["lovasz"].build()(scores, target), theirs("LovaszLoss", channels)(scores, target))


@each_seed
def test_cross_entropy_with_smoothed_labels(seed: int) -> None:
    from segmentation_models_pytorch.losses import SoftCrossEntropyLoss

    scores, target = drawn(5, seed)
    scores, target = scores[:, :, 4:], target[:, 4:]
    other = SoftCrossEntropyLoss(smooth_factor=0.1)(scores, target)
    assert_equal(LOSSES["cross_entropy"].build(label_smoothing=0.1)(scores, target), other)


@each_seed
def test_binary_cross_entropy(seed: int) -> None:
    from segmentation_models_pytorch.losses import SoftBCEWithLogitsLoss

    scores, target = drawn(1, seed)
    summed = SoftBCEWithLogitsLoss(ignore_index=255, reduction="sum")(scores, target.unsqueeze(1).float())
    ours = LOSSES["binary_cross_entropy"].build()(scores, target)
    assert_equal(ours, summed / (target != 255).sum())
