"""An encoder can be exported for images of any height and width, and gives the same features then."""

from __future__ import annotations

import copy

import pytest
import timm
import torch
from timm.layers.conv2d_same import Conv2dSame

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.encoders._same_padding import pad_in_whole_numbers


@pytest.mark.parametrize("name", [DEFAULT_ENCODER, "resnet18", "test_vit"])
def test_an_export_for_any_size_gives_the_same_features(name: str) -> None:
    encoder = Encoder(name).eval()
    height, width = torch.export.Dim("height", min=64, max=2048), torch.export.Dim("width", min=64, max=2048)
    with torch.no_grad():
        exported = torch.export.export(
            encoder, (torch.rand(1, 3, 64, 96),), dynamic_shapes=({2: height, 3: width},)
        ).module()
        for size in ((97, 131), (160, 66)):
            image = torch.rand(1, 3, *size)
            for feature, expected in zip(exported(image), encoder(image), strict=True):
                torch.testing.assert_close(feature, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "test_nfnet", "tf_mixnet_s"])
@pytest.mark.parametrize("size", [(97, 131), (64, 66), (33, 32)])
def test_padding_in_whole_numbers_changes_no_bit(name: str, size: tuple[int, int]) -> None:
    network = timm.create_model(name, features_only=True).eval()
    image = torch.rand(1, 3, *size)
    with torch.inference_mode():
        expected = network(image)
        pad_in_whole_numbers(network)
        assert all(torch.equal(a, b) for a, b in zip(network(image), expected, strict=True))


def test_a_copy_of_a_network_pads_and_convolves_with_its_own_weights() -> None:
    network = Encoder(DEFAULT_ENCODER).eval()
    twin = copy.deepcopy(network)
    layers = [module for module in twin.modules() if type(module) is Conv2dSame]
    assert layers
    for layer in layers:
        torch.nn.init.zeros_(layer.weight)
    image = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert not torch.equal(twin(image)[0], network(image)[0])
