"""Every kind of backbone that timm has, at any size of image, and what is made of strides that it lacks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pixelwise.encoders import Encoder
from pixelwise.encoders._levels import Levels

FAMILIES = [
    "test_byobnet",
    "test_convnext",
    "test_coatnet",  # one size of image
    "test_efficientnet",
    "test_mambaout",  # channels last within timm
    "test_nfnet",
    "test_resnet",
    "test_vit",
    "test_vit_relpos",  # one size of image
    "crossvit_tiny_240",  # two branches with patches of 12 and 16 pixels
    "csatv2",  # strides 8 to 64
    "eva02_tiny_patch14_224",
    "gmlp_ti16_224",  # an MLP for one size of image
    "hrnet_w18_small",
    "inception_v3",  # convolutions without padding
    "levit_128s",  # strides 16 to 64
    "pit_ti_224",
    "sedarknet21",  # ends at stride 16
    "swinv2_cr_tiny_224",
    "xcit_nano_12_p8_224",
]


def batch(channels: int = 3, height: int = 97, width: int = 131) -> Tensor:
    return torch.rand(2, channels, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_backbone_of_any_family_trains_on_images_of_any_size(name: str) -> None:
    torch.manual_seed(0)
    encoder = Encoder(name)
    features = encoder(batch())
    assert encoder.strides[0] <= 4
    assert encoder.strides[-1] >= 32
    assert all(coarse == 2 * fine for fine, coarse in zip(encoder.strides[:-1], encoder.strides[1:], strict=True))
    for feature, channels, stride in zip(features, encoder.channels, encoder.strides, strict=True):
        assert feature.shape[1] == channels
        for length, side in zip(feature.shape[-2:], (97, 131), strict=True):
            assert side // stride <= length <= -(-side // stride)
    total: Tensor = sum((feature.square().mean() for feature in features), torch.zeros(()))
    total.backward()
    gradients = [parameter.grad for parameter in encoder.parameters() if parameter.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_coatnet", "test_convnext"])
@pytest.mark.parametrize("channels", [1, 4, 12])
def test_each_kind_takes_any_number_of_channels(name: str, channels: int) -> None:
    encoder = Encoder(name, channels).eval()
    with torch.inference_mode():
        features = encoder(batch(channels, 64, 96))
    assert [feature.shape[-2:] for feature in features] == [(64 // s, 96 // s) for s in encoder.strides]


def test_patches_of_fourteen_pixels_become_a_stride_of_sixteen() -> None:
    encoder = Encoder("eva02_tiny_patch14_224").eval()
    with torch.inference_mode():
        features = encoder(batch(height=128, width=160))
    assert encoder.strides == (4, 8, 16, 32)
    assert encoder.channels == (48, 96, 192, 192)
    assert [feature.shape[-2:] for feature in features] == [(32, 40), (16, 20), (8, 10), (4, 5)]


def test_an_encoder_says_that_it_resizes_every_image() -> None:
    assert Encoder("gmlp_ti16_224").fixed_size == (224, 224)
    assert Encoder("test_vit").fixed_size is None


def test_padding_is_cut_off_the_features() -> None:
    encoder = Encoder("test_vit").eval()
    image = encoder.normalise(batch(height=64, width=64))
    with torch.inference_mode():
        alone = encoder.features(image[..., :50, :50])
        image[..., 50:, :] = 0  # the mean colour, which is what the image is padded with
        image[..., 50:] = 0
        padded = encoder.features(image)
    for feature, whole in zip(alone, padded, strict=True):
        torch.testing.assert_close(feature, whole[..., : feature.shape[-2], : feature.shape[-1]])


def test_a_complete_pyramid_passes_through_untouched() -> None:
    levels = Levels((8, 16, 32, 64), (4, 8, 16, 32))
    maps = [torch.rand(1, 8 * 2**i, 32 // 2**i, 32 // 2**i) for i in range(4)]
    assert all(level is one for level, one in zip(levels(maps), maps, strict=True))
    assert list(levels.parameters()) == []


def test_missing_strides_are_pooled_or_made_by_transposed_convolutions() -> None:
    levels = Levels((16, 24, 32), (8, 16, 64))
    assert levels.strides == (4, 8, 16, 32, 64)
    assert levels.channels == (8, 16, 24, 24, 32)
    made = levels([torch.rand(1, 16, 9, 9), torch.rand(1, 24, 5, 5), torch.rand(1, 32, 2, 2)])
    assert [level.shape[-1] for level in made] == [18, 9, 5, 3, 2]


def test_of_several_maps_at_one_stride_the_last_is_taken() -> None:
    levels = Levels((8, 16, 16, 24, 32), (4, 8, 8, 16, 32))
    assert levels.channels == (8, 16, 24, 32)
    maps = [torch.rand(1, channels, 4, 4) for channels in (8, 16, 16, 24, 32)]
    assert levels(maps)[1] is maps[2]
