"""Any timm backbone as a pyramid of features."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import timm
import torch

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.errors import SettingError


@pytest.mark.parametrize(
    ("name", "strides", "channels"),
    [
        ("resnet18", (2, 4, 8, 16, 32), (64, 64, 128, 256, 512)),
        ("convnext_atto", (4, 8, 16, 32), (40, 80, 160, 320)),
        ("tf_efficientnet_lite0", (2, 4, 8, 16, 32), (16, 24, 40, 112, 320)),
        ("mambaout_femto", (4, 8, 16, 32), (48, 96, 192, 288)),  # channels last within timm
        ("mobilenetv4_conv_small", (2, 4, 8, 16, 32), (32, 32, 64, 96, 960)),
    ],
)
def test_a_backbone_gives_features_from_the_finest_to_the_coarsest(
    name: str, strides: tuple[int, ...], channels: tuple[int, ...]
) -> None:
    encoder = Encoder(name).eval()
    with torch.inference_mode():
        features = encoder(torch.rand(1, 3, 97, 131))
    assert encoder.strides == strides
    assert encoder.channels == tuple(feature.shape[1] for feature in features) == channels
    for feature, stride in zip(features, strides, strict=True):
        height, width = feature.shape[-2:]
        assert height in (97 // stride, -(-97 // stride))
        assert width in (131 // stride, -(-131 // stride))


@pytest.mark.parametrize("in_channels", [1, 3, 4])
def test_an_image_may_have_any_number_of_channels(in_channels: int) -> None:
    encoder = Encoder("test_resnet", in_channels)
    features = encoder(torch.rand(2, in_channels, 64, 64))
    assert [feature.shape[-1] for feature in features] == [32, 16, 8, 4, 2]


def test_an_image_is_normalised_with_the_statistics_of_the_weights() -> None:
    encoder = Encoder("resnet18")
    grey = encoder.normalise(torch.full((1, 3, 1, 1), 0.5)).flatten()
    torch.testing.assert_close(
        grey, torch.tensor([(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225])
    )


def test_other_than_three_channels_are_normalised_with_the_average_of_the_colours() -> None:
    encoder = Encoder("resnet18", in_channels=4)
    assert encoder.mean.flatten().tolist() == pytest.approx([(0.485 + 0.456 + 0.406) / 3] * 4)


def test_the_default_normalises_to_minus_one_to_one() -> None:
    encoder = Encoder(DEFAULT_ENCODER)
    assert encoder.normalise(torch.zeros(1, 3, 1, 1)).flatten().tolist() == [-1, -1, -1]
    assert encoder.normalise(torch.ones(1, 3, 1, 1)).flatten().tolist() == [1, 1, 1]


def test_an_unknown_encoder_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingError, match=r"^There is no encoder called 'resnet43'\. Did you mean 'resnet\w+'\?$"):
        Encoder("resnet43")


def test_a_backbone_without_features_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("features_only not implemented")

    monkeypatch.setattr("timm.create_model", refuse)
    with pytest.raises(
        SettingError, match=r"'resnet18' gives no pyramid of features \(features_only not implemented\)\."
    ):
        Encoder("resnet18")


def test_an_image_too_small_for_the_backbone_is_a_sentence() -> None:
    with pytest.raises(
        SettingError, match=r"^An image of 1 × 1 pixels is too small for the encoder 'inception_v3'\. T"
    ):
        Encoder("inception_v3").eval()(torch.rand(1, 3, 1, 1))


def test_an_image_of_one_pixel_is_enough_where_convolutions_are_padded() -> None:
    features = Encoder("test_resnet").eval()(torch.rand(1, 3, 1, 1))
    assert [feature.shape[-2:] for feature in features] == [(1, 1)] * 5


def test_strides_that_do_not_double_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(*_: Any, **__: Any) -> torch.nn.Module:
        backbone = torch.nn.Identity()
        backbone.__dict__["feature_info"] = SimpleNamespace(reduction=lambda: [4, 12], channels=lambda: [8, 8])
        return backbone

    monkeypatch.setattr("timm.create_model", create)
    with pytest.raises(SettingError, match=r"'resnet18' has features at strides \(4, 12\), which do not double"):
        Encoder("resnet18")


@pytest.mark.parametrize("name", ["resnet34", "tf_efficientnet_lite0"])
def test_the_names_in_the_state_dict_are_timms(name: str) -> None:
    theirs = timm.create_model(name, features_only=True).state_dict()
    assert list(Encoder(name).state_dict()) == [f"backbone.{key}" for key in theirs]
