"""fastai's U-Net: its size, its options, and the beginnings of its layers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from pixelwise.encoders import Encoder
from pixelwise.errors import SettingError, WeightsError
from pixelwise.models import dynamic_unet
from pixelwise.models._fastai import from_fastai
from pixelwise.models.dynamic_unet import DynamicUNet
from pixelwise.nn import PixelShuffleUpsample, SelfAttention, SpectralConv2d, WeightNormConv2d


def build(**settings: Any) -> DynamicUNet:
    torch.manual_seed(0)
    arguments: dict[str, Any] = {"out_channels": 3, "encoder": "test_resnet"} | settings
    return DynamicUNet(**arguments)


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({"encoder": "resnet18"}, 31_114_008),
        ({"encoder": "resnet34"}, 41_222_168),
        ({"encoder": "resnet34", "self_attention": True}, 41_406_489),
        ({"encoder": "resnet34", "last_cross": False}, 41_045_516),
        ({"encoder": "resnet50"}, 339_072_920),
    ],
    ids=str,
)
def test_it_has_as_many_parameters_as_in_fastai(settings: dict[str, Any], parameters: int) -> None:
    with torch.device("meta"):
        model = DynamicUNet(12, **settings)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize(
    "settings",
    [
        {"blur": True, "self_attention": True, "bottle": True, "norm_type": "batch"},
        {"norm_type": "spectral", "self_attention": True, "y_range": (-3.0, 3.0)},
        {"norm_type": "weight", "last_cross": False},
        {"norm_type": "instance", "bottle": True},
        {"encoder": "test_convnext"},
    ],
    ids=str,
)
def test_every_option_trains_and_keeps_the_size_of_the_image(settings: dict[str, Any]) -> None:
    model = build(**settings)
    scores = model(torch.rand(2, 3, 45, 70))
    scores.mean().backward()
    assert scores.shape == (2, 3, 45, 70)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_bottle_halves_the_residual_block_inside_only() -> None:
    plain, narrow = build(), build(bottle=True)
    assert plain.residual is not None
    assert narrow.residual is not None
    width = plain.residual.conv1.conv.out_channels
    assert narrow.residual.conv1.conv.out_channels == width // 2
    assert narrow.residual.conv2.conv.out_channels == width
    assert narrow.head.conv.in_channels == plain.head.conv.in_channels == width


def test_y_range_bounds_the_output() -> None:
    scores = build(y_range=(2.0, 3.0)).eval()(torch.rand(1, 3, 33, 40) * 100)
    assert scores.min() >= 2
    assert scores.max() <= 3


def test_one_exported_graph_takes_images_of_other_sizes() -> None:
    model = build(encoder="resnet18").eval()
    height, width = torch.export.Dim("height", min=33, max=512), torch.export.Dim("width", min=33, max=512)
    with torch.inference_mode():
        exported = torch.export.export(model, (torch.rand(1, 3, 64, 96),), dynamic_shapes=({2: height, 3: width},))
        image = torch.rand(1, 3, 57, 83)
        torch.testing.assert_close(exported.module()(image), model(image))


def test_a_y_range_upside_down_is_refused() -> None:
    with pytest.raises(SettingError, match=r"y_range is \(1, -1\): the first number must be less than the second\."):
        build(y_range=(1, -1))
    with pytest.raises(
        SettingError, match=r"^y_range is \[3\]: two numbers are expected, the lower one first, such as"
    ):
        build(y_range=[3])


def test_an_unknown_norm_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingError, match=r"no norm_type called 'bach'\. Did you mean 'batch'\?"):
        build(norm_type="bach")


class Shallow(Encoder):
    """An encoder of which only the three coarsest feature maps are known."""

    def __init__(self, name: str, in_channels: int) -> None:
        super().__init__(name, in_channels)
        self.channels, self.strides = self.channels[-3:], self.strides[-3:]


def test_self_attention_needs_four_feature_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamic_unet, "Encoder", Shallow)
    with pytest.raises(SettingError, match=r"needs an encoder of four feature maps; 'test_resnet' has 3\."):
        build(encoder="test_resnet", self_attention=True)


def test_self_attention_weighs_nothing_at_first() -> None:
    attention, feature = SelfAttention(16), torch.rand(2, 16, 5, 7)
    assert torch.equal(attention(feature), feature)


def test_each_pixel_takes_shares_that_sum_to_one() -> None:
    attention = SelfAttention(16).eval()  # in training each use refines the norm of the weights
    torch.nn.init.ones_(attention.gamma)
    constant = torch.rand(1, 16, 1, 1).expand(1, 16, 5, 7).contiguous()
    torch.testing.assert_close(attention(constant), attention.value(constant) + constant)


@pytest.mark.parametrize("norm", [None, "batch", "weight"])
def test_an_upsampling_starts_as_that_by_the_nearest_pixel(norm: Any) -> None:
    upsampled = PixelShuffleUpsample(8, 4, norm=norm)(torch.rand(2, 8, 5, 7))
    assert upsampled.shape == (2, 4, 10, 14)
    assert torch.equal(upsampled, F.interpolate(upsampled[..., ::2, ::2], scale_factor=2, mode="nearest"))


def test_the_blur_leaves_a_constant_as_it_is() -> None:
    constant = torch.rand(1, 8, 1, 1).expand(1, 8, 3, 3).contiguous()
    torch.manual_seed(0)
    sharp = PixelShuffleUpsample(8, 4)
    blurred = PixelShuffleUpsample(8, 4, blur=True)
    blurred.load_state_dict(sharp.state_dict())
    torch.testing.assert_close(blurred(constant), sharp(constant))


def test_spectral_normalisation_leaves_a_largest_singular_value_of_one() -> None:
    layer = SpectralConv2d(6, 6, kernel_size=3)
    layer.match_weight()
    for _ in range(50):
        layer(torch.rand(1, 6, 5, 5))  # refines the estimate
    layer.eval()
    basis = torch.eye(54).reshape(54, 6, 3, 3)
    matrix = layer(basis).flatten(1) - (0 if layer.bias is None else layer.bias)
    torch.testing.assert_close(torch.linalg.svdvals(matrix).max(), torch.tensor(1.0), rtol=1e-3, atol=1e-3)


def test_weight_normalisation_starts_at_the_weight_as_it_is() -> None:
    layer, image = WeightNormConv2d(3, 4, kernel_size=3), torch.rand(1, 3, 6, 6)
    torch.testing.assert_close(layer(image), F.conv2d(image, layer.weight, layer.bias))


def test_weights_of_another_network_are_refused() -> None:
    with torch.device("meta"):
        model = build(encoder="resnet18")
    with pytest.raises(WeightsError, match=r"encoder in the state is not 'resnet18': it has \d+ tensors where \d+ are"):
        from_fastai(model.state_dict(), model)
