"""BiSeNet: its size, the order of its norms and means, the encoders that it takes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from pixelwise.encoders import Encoder
from pixelwise.errors import SettingError
from pixelwise.models import bisenet
from pixelwise.models.bisenet import BiSeNet


def small(**settings: Any) -> BiSeNet:
    torch.manual_seed(0)
    return BiSeNet(3, encoder="test_resnet", **{"width": 16, "head_width": 16, "auxiliary_width": 16, **settings})


def test_with_resnet18_it_has_as_many_parameters_as_the_authors_network() -> None:
    # 19 classes. The often quoted 13.3 million are those of another implementation (CoinCheung/BiSeNet), counted
    # without the auxiliary heads: its head is 256 wide instead of 64, and its fusion has one convolution less.
    with torch.device("meta"):
        model, wide = BiSeNet(19, encoder="resnet18"), BiSeNet(19, encoder="resnet18", head_width=256)
    assert sum(parameter.numel() for parameter in model.parameters()) == 13_494_777
    assert sum(parameter.numel() for parameter in model.auxiliary_heads.parameters()) == 600_614
    used = sum(p.numel() for name, p in wide.named_parameters() if not name.startswith("auxiliary_heads"))
    one_convolution_for_a_norm = 256 * 256 - 2 * 256
    assert used - one_convolution_for_a_norm == 13_275_539


def test_the_norm_before_the_mean_is_in_evaluation_the_norm_after_it() -> None:
    layer = bisenet._NormalisedMean(5, 4)
    for _ in range(3):
        layer(torch.rand(2, 5, 6, 7))
    layer.eval()
    x = torch.rand(2, 5, 6, 7)
    torch.testing.assert_close(layer(x), layer.norm(layer.conv(F.adaptive_avg_pool2d(x, 1))))


def test_an_encoder_that_ends_too_early_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Early(Encoder):
        def __init__(self, name: str, in_channels: int) -> None:
            super().__init__(name, in_channels)
            self.channels, self.strides = self.channels[:-1], self.strides[:-1]

    monkeypatch.setattr(bisenet, "Encoder", Early)
    with pytest.raises(SettingError, match="needs features at strides 16 and 32, but the encoder 'test_resnet' has"):
        small()


def test_detail_can_come_from_the_encoder() -> None:
    model, image = small(detail="encoder"), torch.rand(2, 3, 40, 56)
    assert len(list(model.spatial_path.parameters())) < len(list(small().spatial_path.parameters()))
    model.training_scores(image)[0].sum().backward()
    eighth = model.encoder.strides.index(8)
    assert model.spatial_path[0].in_channels == model.encoder.channels[eighth]
    assert all(parameter.grad is not None for parameter in model.spatial_path.parameters())
    with pytest.raises(SettingError, match="detail of a bisenet"):
        small(detail="paper")
