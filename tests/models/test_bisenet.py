"""BiSeNet: its size, its auxiliary heads, batches of one, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from pixelwise.encoders import Encoder
from pixelwise.errors import SettingError
from pixelwise.models import bisenet
from pixelwise.models.bisenet import BiSeNet
from pixelwise.tasks import TASKS
from tests.models.learning import learn_by_heart


def small(**settings: int) -> BiSeNet:
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


def test_training_sees_three_maps_and_evaluation_computes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small().eval()
    image = torch.rand(1, 3, 64, 64)
    assert [scores.shape for scores in model.training_scores(image)] == 3 * [(1, 3, 64, 64)]
    monkeypatch.setattr(model, "auxiliary_heads", None)
    assert model(image).shape == (1, 3, 64, 64)


def test_a_batch_of_one_image_trains() -> None:
    model = small()
    torch.stack(model.training_scores(torch.rand(1, 3, 64, 64))).square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


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


def test_one_exported_graph_takes_images_of_all_multiples_of_32() -> None:
    model = small().eval()
    height, width = (32 * torch.export.Dim(name, min=2, max=16) for name in ("height", "width"))
    with torch.inference_mode():
        exported = torch.export.export(model, (torch.rand(1, 3, 64, 96),), dynamic_shapes=({2: height, 3: width},))
        image = torch.rand(1, 3, 128, 64)
        torch.testing.assert_close(exported.module()(image), model(image))


@pytest.mark.parametrize("loss", ["cross_entropy", "ohem_cross_entropy"])
def test_it_learns_one_batch_by_heart(loss: str) -> None:
    task = TASKS["segmentation"].build(num_classes=3, loss=loss)
    assert learn_by_heart(small(), task) > 0.9
