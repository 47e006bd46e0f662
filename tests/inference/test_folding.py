"""Folding changes the speed of a network and nothing else."""

from __future__ import annotations

import copy

import pytest
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn

from pixelwise.encoders import Encoder
from pixelwise.inference.folding import fold_batch_norms
from pixelwise.models import MODELS
from tests.models.cases import CASES, Case


def trained(network: nn.Module) -> nn.Module:
    """The network with norms as a training would leave them: nowhere near the identity."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.eval()


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def agree(network: nn.Module, image: Tensor) -> tuple[int, int]:
    """Fold a copy, compare the outputs, and count what was folded and what was left."""
    folded = copy.deepcopy(network)
    count = fold_batch_norms(folded, image[:, :, :64, :64])
    with torch.no_grad():
        expected, found = network(image), folded(image)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))
    return count, norms(folded)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_model_of_the_catalog_gives_the_same_scores(case: Case) -> None:
    network = trained(case.build())
    count, left = agree(network, torch.rand(1, 3, 64, 64))
    assert count + left == norms(network)


@pytest.mark.parametrize("name", ["bisenet", "dynamic_unet", "fcn", "lite_unet"])
def test_norms_are_folded_where_most_time_is_spent(name: str) -> None:
    network = trained(MODELS[name].build(out_channels=5, in_channels=3))
    count, _ = agree(network, torch.rand(1, 3, 64, 64))
    assert count > 40


def test_every_norm_of_an_efficientnet_is_folded_and_its_activations_stay() -> None:
    encoder = trained(Encoder("test_efficientnet"))
    folded = copy.deepcopy(encoder)
    image = torch.rand(1, 3, 64, 64)
    assert fold_batch_norms(folded, image) == norms(encoder) > 0
    assert norms(folded) == 0
    with torch.no_grad():
        for expected, found in zip(encoder(image), folded(image), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))


class Block(nn.Module):
    """A convolution and a norm, and one thing that stands between them or beside them."""

    def __init__(self, between: str) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1, bias=between != "nothing")
        self.norm = BatchNormAct2d(3) if between == "activation inside" else nn.BatchNorm2d(3)
        self.between = between

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.convolution(x)
        if self.between == "relu in place":
            features = features.relu_()
        normed: Tensor = self.norm(features)
        if self.between == "skip":
            return features + normed
        if self.between == "twice":
            normed = self.norm(self.convolution(normed))
        return normed


@pytest.mark.parametrize(
    ("between", "expected"),
    [("nothing", 1), ("activation inside", 1), ("relu in place", 0), ("skip", 0), ("twice", 0)],
)
def test_a_norm_is_folded_only_where_nothing_else_sees_the_convolution(between: str, expected: int) -> None:
    assert agree(trained(Block(between)), torch.randn(2, 3, 64, 64)) == (expected, 1 - expected)


@pytest.mark.parametrize("groups", [1, 3])
def test_a_transposed_convolution_is_folded_unless_it_has_groups(groups: int) -> None:
    network = nn.Sequential(nn.ConvTranspose2d(3, 6, 2, stride=2, groups=groups), nn.BatchNorm2d(6))
    assert agree(trained(network), torch.randn(1, 3, 64, 64))[0] == (groups == 1)


def test_shared_weights_are_left_alone() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))
    network[2].weight = network[0].weight
    assert agree(trained(network), torch.randn(1, 3, 64, 64))[0] == 0


def test_a_network_in_training_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        fold_batch_norms(nn.BatchNorm2d(3).train(), torch.zeros(1, 3, 8, 8))
    assert "only be folded in evaluation mode" in str(caught.value)
