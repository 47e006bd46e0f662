"""Instance norm is PyTorch's, and its gradients are right for one picture in channels-last, too."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from pixelwise.models.pix2pix_unet import Pix2PixUNet
from pixelwise.models.resnet_generator import ResNetGenerator
from pixelwise.nn import to_channels_last
from pixelwise.nn.instance_norm import InstanceNorm2d
from pixelwise.nn.patch_gan import PatchGAN


@pytest.mark.parametrize("affine", [False, True])
def test_it_computes_what_pytorch_computes_and_has_its_weights(affine: bool) -> None:
    torch.manual_seed(0)
    ours, theirs = InstanceNorm2d(6, affine=affine), nn.InstanceNorm2d(6, affine=affine)
    if affine:
        nn.init.normal_(theirs.weight)
        nn.init.normal_(theirs.bias)
    ours.load_state_dict(theirs.state_dict())
    image = 3 * torch.randn(2, 6, 9, 7) + 5
    torch.testing.assert_close(ours(image), theirs(image))


def test_a_single_place_is_refused_in_the_words_of_pytorch() -> None:
    for norm in (InstanceNorm2d(2), nn.InstanceNorm2d(2)):
        with pytest.raises(ValueError, match="more than 1 spatial element"):
            norm(torch.rand(2, 2, 1, 1))


def gradients(network: nn.Module, image: Tensor) -> list[Tensor]:
    """Of a weighted sum of what comes out: of the image and of all weights."""
    image = image.detach().requires_grad_()
    output = network(image)
    weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(1)).to(output)
    (output * weights).sum().backward()
    found = [image, *network.parameters()]
    return [each.grad for each in found if each.grad is not None]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(InstanceNorm2d(3), nn.Conv2d(3, 3, 3, padding=1)),
        ResNetGenerator(width=4, depth=2),
        ResNetGenerator(width=4, depth=2, antialias=True),
        Pix2PixUNet(width=4, depth=4, norm="instance"),
        PatchGAN(3, width=4, depth=1, norm="instance"),
    ],
    ids=["norm", "resnet", "antialias", "pix2pix", "critic"],
)
def test_gradients_in_channels_last_are_those_of_double_precision(network: nn.Module, count: int) -> None:
    torch.manual_seed(0)
    network = copy.deepcopy(network).eval()  # without dropout
    image = torch.rand(count, 3, 32, 32)
    expected = gradients(copy.deepcopy(network).double(), image.double())
    found = gradients(to_channels_last(network), image.contiguous(memory_format=torch.channels_last))
    assert len(found) == len(expected) > 1
    largest = max(float(each.norm()) for each in expected)  # a bias before a norm has none
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours - theirs).norm() <= 1e-3 * theirs.norm() + 1e-5 * largest
