"""BiSeNet V2: its size, its booster heads, batches of one, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models import bisenet_v2
from pixelwise.models.bisenet_v2 import BiSeNetV2
from pixelwise.tasks import TASKS
from tests.models.learning import learn_by_heart


def small(**settings: int) -> BiSeNetV2:
    torch.manual_seed(0)
    return BiSeNetV2(3, **{"width": 16, "head_width": 32, "auxiliary_width": 16, **settings})


def test_without_boosters_it_has_the_published_number_of_parameters() -> None:
    # 19 classes. The published 3.4 million are counted without the booster heads.
    with torch.device("meta"):
        model = BiSeNetV2(19)
    boosters = sum(parameter.numel() for parameter in model.auxiliary_heads.parameters())
    total = sum(parameter.numel() for parameter in model.parameters())
    assert (total - boosters, boosters) == (3_358_627, 287_308)


def test_training_sees_five_maps_and_evaluation_computes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small().eval()
    image = torch.rand(1, 3, 64, 64)
    assert [scores.shape for scores in model.training_scores(image)] == 5 * [(1, 3, 64, 64)]
    monkeypatch.setattr(model, "auxiliary_heads", None)
    assert model(image).shape == (1, 3, 64, 64)


def test_a_batch_of_one_image_trains() -> None:
    model = small()
    torch.stack(model.training_scores(torch.rand(1, 3, 64, 64))).square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_the_norm_before_the_mean_is_in_evaluation_the_norm_after_it() -> None:
    layer = bisenet_v2._ContextEmbedding(4)
    for _ in range(3):
        layer(torch.rand(2, 4, 6, 7))
    layer.eval()
    x = torch.rand(2, 4, 6, 7)
    pooled = F.relu(layer.reduce(layer.norm(F.adaptive_avg_pool2d(x, 1))))
    torch.testing.assert_close(layer(x), layer.merge(x + pooled))


@pytest.mark.parametrize("width", [0, 4, 60])
def test_a_width_that_cannot_be_divided_is_refused(width: int) -> None:
    with pytest.raises(SettingError, match=f"width of a bisenet_v2 is {width}, .* a multiple of 8"):
        BiSeNetV2(3, width=width)


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
