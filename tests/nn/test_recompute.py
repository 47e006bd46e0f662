"""What is computed again on the way back gives what was to be had without."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.nn import SpectralConv2d, conv_bn_relu
from pixelwise.nn.recompute import blocks_of, recomputing
from tests.training.drawn import new_training


def passed(network: nn.Module, image: Tensor) -> dict[str, Tensor]:
    """Scores, gradients and buffers after one way there and back, dropout drawn from one seed."""
    torch.manual_seed(3)
    scores = network(image)
    scores.square().mean().backward()
    gradients = {name: one.grad.clone() for name, one in network.named_parameters() if one.grad is not None}
    return {"scores": scores.detach(), **gradients, **{f"of {name}": one for name, one in network.named_buffers()}}


@pytest.mark.parametrize(
    ("name", "encoder"),
    [("lite_unet", "test_resnet"), ("lite_unet", "test_efficientnet_ln"), ("dynamic_unet", "test_vit")],
)
def test_scores_gradients_and_statistics_are_the_same(name: str, encoder: str) -> None:
    torch.manual_seed(0)
    network = MODELS[name].build(out_channels=2, encoder=encoder).train()
    image = torch.rand(2, 3, 64, 64)
    expected = passed(copy.deepcopy(network), image)
    blocks = list(blocks_of(network))
    assert len(blocks) >= 3
    with recomputing(blocks):
        found = passed(network, image)
    assert found.keys() == expected.keys()
    assert [name for name, one in found.items() if not torch.equal(one, expected[name])] == []
    assert not any("forward" in vars(module) for module in network.modules())


def test_only_what_goes_into_a_block_is_kept() -> None:
    network = nn.Sequential(*(nn.Sequential(conv_bn_relu(8, 8, 3), conv_bn_relu(8, 8, 3)) for _ in range(4)))
    image = torch.rand(1, 8, 16, 16)
    sizes: list[int] = []

    def count(tensor: Tensor) -> Tensor:
        sizes.append(tensor.numel())
        return tensor

    def kept() -> int:
        sizes.clear()
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            network(image)
        return sum(sizes)

    plain = kept()
    with recomputing(list(blocks_of(network))):
        assert kept() == 4 * image.numel() < plain / 6


def test_what_draws_or_counts_in_each_pass_is_no_block() -> None:
    block = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    network = nn.Sequential(SpectralConv2d(4, 4, 3), nn.Conv2d(4, 4, 3), block)
    assert list(blocks_of(network)) == [block]


class _InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.second(self.first(x.mul_(2)))
        return result


def test_a_block_that_changes_its_input_is_refused_by_name() -> None:
    network = _InPlace()
    with recomputing([network]), pytest.raises(SettingError, match="its _InPlace changes what it is given"):
        network(torch.rand(1, 3, 4, 4))


def test_a_training_that_recomputes_takes_the_steps_of_one_that_does_not() -> None:
    plain, thrifty = new_training(), new_training(recompute=True)
    assert [float(plain.train_step(1e-3)) for _ in range(3)] == [float(thrifty.train_step(1e-3)) for _ in range(3)]
    expected = plain.state()[0]
    assert all(torch.equal(tensor, expected[name]) for name, tensor in thrifty.state()[0].items())
