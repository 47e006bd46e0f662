"""What every loss promises, and the value of each by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.losses import LOSSES, Loss
from pixelwise.losses.boundary import signed_distance

ONE_CHANNEL = " of one channel"
SETTINGS = {
    "ohem_cross_entropy": {"threshold": 1.0},  # at which every pixel counts
    "tversky": {"gamma": 0.75},  # whose slope at 0 is infinite
    "focal": {"gamma": 0.5},
}
PASSES_OVER_SOME = ("boundary", "lovasz")  # pixels at the boundary; and those that are surer than any of the class
CASES = [*(name for name in LOSSES if LOSSES[name].several_classes), *(name + ONE_CHANNEL for name in LOSSES)]


@pytest.fixture(params=CASES)
def named_loss(request: pytest.FixtureRequest) -> tuple[str, Loss]:
    name = request.param.removesuffix(ONE_CHANNEL)
    return request.param, LOSSES[name].build(**SETTINGS.get(name, {}))


def scores_and_target(name: str, seed: int = 0) -> tuple[Tensor, Tensor]:
    channels = 1 if name.endswith(ONE_CHANNEL) or name == "binary_cross_entropy" else 4
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(2, channels, 6, 5, generator=generator)
    target = torch.randint(0, max(2, channels), (2, 6, 5), generator=generator)
    return scores, target


def test_ignored_pixels_have_no_gradient(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    scores.requires_grad_()
    target[:, :2] = 255
    loss(scores, target).backward()
    assert scores.grad is not None
    assert not scores.grad[:, :, :2].any()
    counts = scores.grad[:, :, 2:] != 0
    assert counts.any() if name.startswith(PASSES_OVER_SOME) else counts.all()


def test_what_is_ignored_changes_nothing(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    target[:, :2] = 255
    other = scores.clone()
    other[:, :, :2] = 100.0
    assert torch.equal(loss(scores, target), loss(other, target))


def test_a_batch_without_labels_gives_zero_and_a_gradient_of_zero(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    scores.requires_grad_()
    value = loss(scores, torch.full_like(target, 255))
    value.backward()
    assert value.item() == 0.0
    assert scores.grad is not None
    assert not scores.grad.any()


def test_the_truth_said_with_certainty_is_nearly_free(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    if scores.shape[1] == 1:
        certain = torch.where(target == 1, 30.0, -30.0)[:, None]
    else:
        certain = 30.0 * F.one_hot(target, scores.shape[1]).permute(0, 3, 1, 2)
    assert loss(certain, target).item() < 1e-6
    assert loss(scores, target).item() > 0.1


def test_scores_of_any_size_have_a_finite_gradient(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    for extreme in (1e4 * scores.sign(), 1e4 * scores, torch.zeros_like(scores), torch.full_like(scores, 1e4)):
        leaf = extreme.clone().requires_grad_()
        value = loss(leaf, target)
        value.backward()
        assert value.isfinite()
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()


def test_scores_in_bf16_are_computed_in_float32(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    rounded = scores.bfloat16()
    assert loss(rounded, target).dtype == torch.float32
    assert torch.equal(loss(rounded, target), loss(rounded.float(), target))


def test_following_the_gradient_makes_the_prediction_right(named_loss: tuple[str, Loss]) -> None:
    name, loss = named_loss
    scores, target = scores_and_target(name)
    leaf = scores.requires_grad_()
    optimizer = torch.optim.Adam([leaf], 0.3)
    for _ in range(60):
        optimizer.zero_grad()
        loss(leaf, target).backward()
        optimizer.step()
    decoded = leaf.argmax(dim=1) if leaf.shape[1] > 1 else (leaf[:, 0] > 0).long()
    # At its boundary, which is everywhere here, the boundary loss pulls a lone channel to neither side.
    counts = signed_distance(target, 2)[:, 1] != 0 if name == "boundary of one channel" else target >= 0
    assert counts.sum() > 20
    assert (decoded == target)[counts].float().mean() > 0.95


def test_cross_entropy_of_two_pixels_by_hand() -> None:
    # Probabilities 1/2 and 1/4 of the true class, weights 1 and 3: (1 * ln 2 + 3 * ln 4) / 4 = 7 / 4 * ln 2.
    scores = torch.stack([torch.tensor([0.0, math.log(3.0)]), torch.tensor([0.0, 0.0])]).reshape(1, 2, 1, 2)
    target = torch.tensor([[[0, 1]]])
    loss = LOSSES["cross_entropy"].build(class_weights=[1.0, 3.0])
    assert loss(scores, target).item() == pytest.approx(7 / 4 * math.log(2))


def test_cross_entropy_equals_torch_with_weights_and_ignored_pixels() -> None:
    scores, target = scores_and_target("cross_entropy")
    target[0, 0] = 255
    weights = [0.5, 1.0, 2.0, 4.0]
    ours = LOSSES["cross_entropy"].build(class_weights=weights)(scores, target)
    theirs = F.cross_entropy(scores, target, torch.tensor(weights), ignore_index=255)
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)


@pytest.mark.parametrize("name", ["cross_entropy", "ohem_cross_entropy"])
def test_pixels_of_weight_zero_alone_give_zero_with_smoothed_labels_too(name: str) -> None:
    scores, target = scores_and_target(name)
    scores.requires_grad_()
    value = LOSSES[name].build(class_weights=[0, 1, 1, 1], label_smoothing=0.1)(scores, torch.zeros_like(target))
    value.backward()
    assert value.item() == 0
    assert scores.grad is not None
    assert not scores.grad.any()


def test_dice_of_two_classes_by_hand() -> None:
    # Both pixels are even between two classes, both are of class 0: overlap 1, sums 1 and 2: (2 + 1) / (3 + 1).
    loss = LOSSES["dice"].build()(torch.zeros(1, 2, 1, 2), torch.zeros(1, 1, 2, dtype=torch.int64))
    assert loss.item() == pytest.approx(1 - 3 / 4)


def test_the_overlap_of_millions_of_pixels_is_summed_without_a_drift() -> None:
    # All of class 0, each with the same probability p: one minus 2 p / (p + 1). Added up one by one in float32, every
    # p is rounded as the sum is, to eighths.
    probability = torch.tensor(3.5).sigmoid().item()
    scores = torch.tensor([3.5, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 1000, 2000)
    loss = LOSSES["dice"].build()(scores, torch.zeros(1, 1000, 2000, dtype=torch.int64))
    assert loss.item() == pytest.approx(1 - 2 * probability / (probability + 1), rel=1e-3)


def test_dice_of_a_lone_object_is_that_of_the_object() -> None:
    # One of two pixels is object, both say 1/2: overlap 1/2, sums 1 and 1: (1 + 1) / (2 + 1).
    loss = LOSSES["dice"].build()(torch.zeros(1, 1, 1, 2), torch.tensor([[[0, 1]]]))
    assert loss.item() == pytest.approx(1 - 2 / 3)


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].build().takes_weight])
def test_the_weight_of_a_pixel_is_added_to_that_of_its_class(name: str) -> None:
    scores, target = scores_and_target(name)
    target[0, 0] = 255
    loss = LOSSES[name].build(**({"object_weight": 3.0} if scores.shape[1] == 1 else {"class_weights": [1, 2, 3, 4]}))
    weight = torch.rand(target.shape, generator=torch.Generator().manual_seed(1)) * 10
    if scores.shape[1] == 1:
        alone = F.softplus(scores[:, 0] * (1 - 2 * target))
        of_class = torch.where(target == 1, 3.0, 1.0)
    else:
        alone = F.cross_entropy(scores, target, ignore_index=255, reduction="none")
        of_class = torch.tensor([1.0, 2, 3, 4])[target.masked_fill(target == 255, 0)]
    if name == "focal":
        alone = (1 - torch.exp(-alone)) ** 2 * alone
    total = (of_class + weight) * (target != 255)
    assert loss(scores, target, weight).item() == pytest.approx(((total * alone).sum() / total.sum()).item(), rel=1e-5)
    torch.testing.assert_close(loss(scores, target, torch.zeros_like(weight)), loss(scores, target))


def test_a_rare_object_can_weigh_more() -> None:
    # Score 0 everywhere: ln 2 a pixel, whatever the weight; only the gradients change.
    scores = torch.zeros(1, 1, 1, 2, requires_grad=True)
    LOSSES["binary_cross_entropy"].build(object_weight=3.0)(scores, torch.tensor([[[0, 1]]])).backward()
    assert scores.grad is not None
    assert (-scores.grad[..., 1] / scores.grad[..., 0]).item() == pytest.approx(3.0)


@pytest.mark.parametrize("loss", ["cross_entropy", "ohem_cross_entropy"])
@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_label_smoothing_that_is_no_share_is_refused(loss: str, share: float) -> None:
    with pytest.raises(SettingError, match=rf"^label_smoothing is {share}, but it is a share of the target: 0 to 1\.$"):
        LOSSES[loss].build(label_smoothing=share)
