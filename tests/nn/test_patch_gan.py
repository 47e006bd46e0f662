"""PatchGAN is the papers' discriminator."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.nn.patch_gan import PatchGAN


def image(side: int = 96, channels: int = 3) -> Tensor:
    return torch.rand(2, channels, side, side, generator=torch.Generator().manual_seed(0))


def published() -> nn.Sequential:
    """C64-C128-C256-C512 of CycleGAN, its layers one by one."""
    return nn.Sequential(
        *(nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(64, 128, 4, 2, 1), nn.InstanceNorm2d(128), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(128, 256, 4, 2, 1), nn.InstanceNorm2d(256), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(256, 512, 4, 1, 1), nn.InstanceNorm2d(512), nn.LeakyReLU(0.2)),
        nn.Conv2d(512, 1, 4, 1, 1),
    )


@pytest.mark.parametrize(("in_channels", "norm", "parameters"), [(6, "batch", 2_768_705), (3, "instance", 2_764_737)])
def test_it_has_the_papers_parameters(in_channels: int, norm: str, parameters: int) -> None:
    with torch.device("meta"):
        network = PatchGAN(in_channels, norm=norm)  # type: ignore[arg-type]
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_it_computes_what_the_layers_of_the_paper_compute() -> None:
    network, layers = PatchGAN(3, norm="instance"), published()
    layers.load_state_dict(network.layers.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(network(image()), layers(2 * image() - 1))


@pytest.mark.parametrize(("depth", "field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_score_sees_a_patch_of_the_stated_size(depth: int, field: int) -> None:
    network = PatchGAN(1, width=1, depth=depth).eval()
    for parameter in network.parameters():
        nn.init.constant_(parameter, 1.0)  # then every pixel that is seen has a gradient
    seen = torch.zeros(1, 1, 288, 288, requires_grad=True)
    scores = network(seen)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    assert seen.grad is not None
    assert seen.grad[0, 0].any(dim=0).sum() == seen.grad[0, 0].any(dim=1).sum() == field


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_there_are_as_many_scores_as_stated(depth: int) -> None:
    network = PatchGAN(3, width=4, depth=depth)
    assert network(image(97)).shape == (2, 1, 97 // 2**depth - 2, 97 // 2**depth - 2)
    assert network(image(network.smallest)).shape == (2, 1, 1, 1)


def test_it_begins_with_narrow_weights_and_biases_of_zero() -> None:
    torch.manual_seed(0)
    network = PatchGAN(6)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            assert abs(layer.weight.std().item() - 0.02) < 0.001
            assert layer.bias is None or not layer.bias.any()
        if isinstance(layer, nn.BatchNorm2d):
            assert abs(layer.weight.mean().item() - 1) < 0.01
            assert 0.01 < layer.weight.std().item() < 0.03


def test_a_view_that_is_too_small_is_a_sentence() -> None:
    with pytest.raises(SettingError) as caught:
        PatchGAN(3, width=4)(image(23))
    assert str(caught.value) == (
        "A view of 23 × 23 pixels is too small for the discriminator, which needs at least 24 on each side. Take "
        "larger views, or a discriminator of less depth."
    )


def test_numbers_and_norms_that_do_not_serve_are_sentences() -> None:
    with pytest.raises(SettingError, match=r"^A PatchGAN has 3 channels, a width of 64 and a depth of 0; all are"):
        PatchGAN(3, depth=0)
    with pytest.raises(SettingError, match=r"'layer'.*batch, instance"):
        PatchGAN(3, norm="layer")  # type: ignore[arg-type]
