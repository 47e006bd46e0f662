"""What every loss of pictures promises, and the value of each by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError, WeightsError
from pixelwise.picture_losses import (
    ADVERSARIAL,
    PICTURE_LOSSES,
    PictureLoss,
    parse_picture_loss,
    patch_contrast,
    refuse_missing_file,
    with_whole_path,
)
from pixelwise.picture_losses.perceptual import Perceptual, _gram

each_loss = pytest.mark.parametrize("name", PICTURE_LOSSES.names())


@pytest.fixture(scope="module")
def losses() -> dict[str, PictureLoss]:
    return {name: PICTURE_LOSSES[name].build() for name in PICTURE_LOSSES}


def pictures(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = F.interpolate(torch.rand(2, 3, 6, 5, generator=generator), (48, 40), mode="bilinear")
    return target + 0.1 * torch.randn(target.shape, generator=generator), target


@each_loss
def test_the_target_itself_is_free(name: str, losses: dict[str, PictureLoss]) -> None:
    prediction, target = pictures()
    assert losses[name](target, target).item() == pytest.approx(0, abs=2e-3)
    assert losses[name](prediction, target).item() > 5e-3


@each_loss
def test_a_worse_picture_costs_more(name: str, losses: dict[str, PictureLoss]) -> None:
    prediction, target = pictures()
    values = [losses[name](target + strength * (prediction - target), target).item() for strength in (0.2, 1.0, 3.0)]
    assert values == sorted(values)


@each_loss
def test_each_step_against_the_gradient_costs_less(name: str, losses: dict[str, PictureLoss]) -> None:
    prediction, target = pictures()
    prediction.requires_grad_()
    value = losses[name](prediction, target)
    value.backward()
    assert value.dtype == torch.float32
    assert prediction.grad is not None
    assert prediction.grad.isfinite().all()
    nearer = prediction.detach() - 1e-3 * prediction.grad / prediction.grad.abs().max()
    assert losses[name](nearer, target).item() < value.item()


@pytest.mark.parametrize("name", ["l1", "l2", "charbonnier", "ssim"])
def test_a_loss_is_the_same_where_networks_compute_in_bf16(name: str, losses: dict[str, PictureLoss]) -> None:
    expected = losses[name](*pictures())
    with torch.autocast("cpu", torch.bfloat16):
        value = losses[name](*pictures())
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)


@each_loss
def test_nothing_in_a_loss_is_trained(name: str, losses: dict[str, PictureLoss]) -> None:
    assert [parameter for parameter in losses[name].parameters() if parameter.requires_grad] == []


@each_loss
def test_pictures_of_other_sizes_are_refused(name: str, losses: dict[str, PictureLoss]) -> None:
    with pytest.raises(ValueError, match=r"^The prediction is \(1, 3, 4, 4\), but the target is \(1, 3, 4, 5\)\.$"):
        losses[name](torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 5))


@pytest.mark.parametrize(("name", "expected"), [("l1", 0.25), ("l2", 0.125), ("charbonnier", (0.5 + 0.001) / 2)])
def test_two_pixels_of_which_one_is_off_by_half(name: str, expected: float, losses: dict[str, PictureLoss]) -> None:
    prediction, target = torch.tensor([0.5, 0.25]), torch.tensor([0.0, 0.25])
    value = losses[name](prediction.reshape(1, 1, 1, 2), target.reshape(1, 1, 1, 2)).item()
    assert value == pytest.approx(expected, abs=1e-6)


def test_a_charbonnier_without_epsilon_is_refused() -> None:
    with pytest.raises(SettingError, match=r"^epsilon is 0, but it has to be above 0, such as 0\.001\.$"):
        PICTURE_LOSSES["charbonnier"].build(epsilon=0.0)


# The perceptual loss


def test_the_perceptual_loss_is_that_of_the_lesson() -> None:
    prediction, target = pictures()
    weights = (0.5, 0.25, 2.0)
    loss = Perceptual(weights=weights, style=100.0)
    encoder = loss.features.encoder.eval()
    expected = (prediction - target).abs().mean()
    with torch.no_grad():
        levels = zip(weights, encoder(prediction)[1:4], encoder(target)[1:4], strict=True)
        for weight, ours, theirs in levels:
            expected += weight * (ours - theirs).abs().mean()
            grams = [torch.einsum("bchw,bdhw->bcd", level, level) / level[0].numel() for level in (ours, theirs)]
            expected += weight**2 * 100 * (grams[0] - grams[1]).abs().mean()
    assert loss(prediction, target).item() == pytest.approx(expected.item(), rel=1e-4)


def test_the_parts_of_the_perceptual_loss_are_its_sum(losses: dict[str, PictureLoss]) -> None:
    loss = losses["perceptual"]
    assert isinstance(loss, Perceptual)
    parts = loss.parts(*pictures())
    assert list(parts) == ["pixels", "features 4", "style 4", "features 8", "style 8", "features 16", "style 16"]
    assert sum(part.item() for part in parts.values()) == pytest.approx(loss(*pictures()).item(), rel=1e-5)


def test_the_perceptual_loss_is_the_same_while_training(losses: dict[str, PictureLoss]) -> None:
    loss = losses["perceptual"]
    before = loss.eval()(*pictures())
    assert torch.equal(loss.train()(*pictures()), before)
    assert torch.equal(loss.eval()(*pictures()), before)


def test_correlations_are_computed_in_full_where_networks_compute_in_bf16() -> None:
    features = pictures()[1]
    with torch.autocast("cpu", torch.bfloat16):
        found = _gram(features)
    torch.testing.assert_close(found, torch.einsum("bchw,bdhw->bcd", features, features) / features[0].numel())


def test_weights_of_the_perceptual_loss_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        SettingError,
        match=r"^The weights of the perceptual loss are \[5, 15\] and style is 5000, but there is one weight for each "
        r"of the strides \[4, 8, 16\], and none of these numbers is below 0\.$",
    ):
        Perceptual(weights=(5, 15))
    with pytest.raises(SettingError, match=r"^There is no encoder called 'vgg61_bn'\. Did you mean 'vgg11_bn'\?"):
        Perceptual(encoder="vgg61_bn")


def test_other_networks_count_alike_however_large_their_features_are() -> None:
    prediction, target = pictures()
    loss = Perceptual(strides=(2, 4))  # not the levels that the usual weights are for
    parts = loss.parts(prediction, target)
    assert list(parts) == ["pixels", "features 2", "style 2", "features 4", "style 4"]
    ours, theirs = (loss.features(image)[1] for image in (prediction, target))
    size = theirs.abs().mean(dim=(1, 2, 3), keepdim=True)
    assert parts["features 4"].item() == pytest.approx(0.1 * ((ours - theirs) / size).abs().mean().item(), rel=1e-5)
    separate = [loss(prediction[i : i + 1], target[i : i + 1]).item() for i in range(2)]
    assert loss(prediction, target).item() == pytest.approx(sum(separate) / 2, rel=1e-4)


def test_a_network_behind_a_colon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match=r"There is no file vgg16\.pth to read VGG16 from"):
        parse_picture_loss("perceptual:vgg16.pth")()
    monkeypatch.chdir(tmp_path)
    assert with_whole_path("perceptual:vgg16.pth") == f"perceptual:{tmp_path.resolve() / 'vgg16.pth'}"
    assert with_whole_path("perceptual:resnet34") == "perceptual:resnet34"
    with pytest.raises(WeightsError, match=r"There is no file vgg16\.pth to read VGG16 from"):
        refuse_missing_file("perceptual:vgg16.pth")
    loss = parse_picture_loss("perceptual:tf_efficientnet_lite0")()
    assert loss(*pictures()).item() == pytest.approx(Perceptual()(*pictures()).item())
    with pytest.raises(SettingError, match=r"^The loss 'l1' has no variants, so ':x' has no meaning\. Write l1\.$"):
        parse_picture_loss("l1:x")
    with pytest.raises(SettingError, match="Nothing stands behind the colon of the loss 'perceptual:'"):
        parse_picture_loss("perceptual:")


# Patches


class Directions(nn.Module):
    """Features as directions, without layers of its own."""

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [F.normalize(each, dim=-1) for each in features]


def test_patches_are_told_apart_as_by_the_authors() -> None:
    """PatchNCE as their code has it: the same place first, then all places, of which the same one is taken out."""
    generator = torch.Generator().manual_seed(0)
    made, source = (torch.randn(2, 5, 4, 6, generator=generator) for _ in range(2))
    query, key = (F.normalize(each.flatten(2).transpose(1, 2), dim=-1) for each in (made, source))
    same = (query * key).sum(dim=-1, keepdim=True)
    others = torch.einsum("bnc,bmc->bnm", query, key)
    others.diagonal(dim1=1, dim2=2).fill_(-10.0)
    expected = -(torch.cat([same, others], dim=2) / 0.07).log_softmax(dim=2)[..., 0].mean()
    assert patch_contrast(Directions(), [made], [source]).item() == pytest.approx(expected.item(), rel=1e-5)
    easy = patch_contrast(Directions(), [source], [source]).item()
    both = patch_contrast(Directions(), [made, source], [source, source]).item()
    assert both == pytest.approx((expected.item() + easy) / 2, rel=1e-5)


def test_of_a_large_level_256_patches_are_compared_and_the_source_gets_no_gradient() -> None:
    made, source = (torch.randn(1, 4, 32, 32, requires_grad=True) for _ in range(2))
    patch_contrast(Directions(), [made], [source]).backward()
    assert source.grad is None
    assert made.grad is not None
    assert made.grad.any(dim=1).sum() == 256


def test_patches_are_compared_in_full_where_networks_compute_in_bf16() -> None:
    made, source = pictures()
    torch.manual_seed(0)
    expected = patch_contrast(Directions(), [made], [source])
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        value = patch_contrast(Directions(), [made], [source])
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)


# Adversarial objectives


@pytest.mark.parametrize(("name", "undecided"), [("bce", math.log(2)), ("lsgan", 0.5)])
def test_an_adversarial_objective_by_hand(name: str, undecided: float) -> None:
    objective = ADVERSARIAL[name]
    zero, sure = torch.zeros(2, 1, 3, 3), torch.full((2, 1, 3, 3), 1.0 if name == "lsgan" else 30.0)
    right = -sure if name == "bce" else zero
    assert objective.of_discriminator(zero, zero).item() == pytest.approx(undecided)
    assert objective.of_discriminator(sure, right).item() == pytest.approx(0, abs=1e-9)
    assert objective.of_generator(sure).item() == pytest.approx(0, abs=1e-9)
    assert objective.of_generator(zero).item() == pytest.approx(1.0 if name == "lsgan" else math.log(2))


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_generator_and_discriminator_pull_in_opposite_directions(name: str) -> None:
    scores = torch.zeros(3, requires_grad=True)
    (of_generator,) = torch.autograd.grad(ADVERSARIAL[name].of_generator(scores), scores)
    wrong = torch.full((3,), 0.5, requires_grad=True)
    (of_discriminator,) = torch.autograd.grad(ADVERSARIAL[name].of_discriminator(scores.detach(), wrong), wrong)
    assert (of_generator < 0).all()
    assert (of_discriminator > 0).all()
