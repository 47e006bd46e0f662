"""BiSeNet V2: its size, the order of a norm and a mean, the widths that it takes."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models import bisenet_v2
from pixelwise.models.bisenet_v2 import BiSeNetV2


def test_without_boosters_it_has_the_published_number_of_parameters() -> None:
    # 19 classes. The published 3.4 million are counted without the booster heads.
    with torch.device("meta"):
        model = BiSeNetV2(19)
    boosters = sum(parameter.numel() for parameter in model.auxiliary_heads.parameters())
    total = sum(parameter.numel() for parameter in model.parameters())
    assert (total - boosters, boosters) == (3_358_627, 287_308)


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
