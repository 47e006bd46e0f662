"""EDSR: the published sizes, and the layers of the paper in the authors' range of 255."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models.edsr import EDSR


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module, factor: float = 1.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.factor = factor

    def forward(self, feature: Tensor) -> Tensor:
        residual: Tensor = self.layers(feature)
        return feature + self.factor * residual


def conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1)


def published(width: int, depth: int, factor: float) -> nn.Sequential:
    """The layers of the paper for a scale of 4."""
    blocks = (Residual(conv(width, width), nn.ReLU(), conv(width, width), factor=factor) for _ in range(depth))
    upsample = [layer for _ in range(2) for layer in (conv(width, 4 * width), nn.PixelShuffle(2))]
    return nn.Sequential(conv(3, width), Residual(*blocks, conv(width, width)), *upsample, conv(width, 3))


@pytest.mark.parametrize(("scale", "parameters"), [(2, 1_369_859), (3, 1_554_499), (4, 1_517_571)])
def test_the_baseline_has_as_many_parameters_as_the_authors(scale: int, parameters: int) -> None:
    with torch.device("meta"):
        model = EDSR(scale=scale)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize(("scale", "parameters"), [(2, 40_729_603), (3, 43_680_003), (4, 43_089_923)])
def test_the_large_network_has_as_many_parameters_as_the_authors(scale: int, parameters: int) -> None:
    with torch.device("meta"):
        model = EDSR(scale=scale, width=256, depth=32, residual_scale=0.1)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_weights_for_the_range_of_255_give_the_same_picture_once_their_biases_are_divided() -> None:
    torch.manual_seed(0)
    layers, model = published(width=8, depth=3, factor=0.1), EDSR(scale=4, width=8, depth=3, residual_scale=0.1)
    for ours, theirs in zip(model.parameters(), layers.parameters(), strict=True):
        ours.data.copy_(theirs / 255 if theirs.ndim == 1 else theirs)
    image, mean = torch.rand(1, 3, 9, 12), torch.tensor([0.4488, 0.4371, 0.4040]).reshape(1, 3, 1, 1)
    with torch.inference_mode():
        picture = (layers(255 * (image - mean)) + 255 * mean) / 255
        torch.testing.assert_close(model(image), picture, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 8])
def test_a_picture_is_as_much_larger_as_was_asked_for(scale: int) -> None:
    model = EDSR(out_channels=1, in_channels=4, scale=scale, width=4, depth=1)
    assert model(torch.rand(1, 4, 5, 7)).shape == (1, 1, 5 * scale, 7 * scale)


def test_for_restoration_the_image_itself_is_added() -> None:
    model = EDSR(scale=1, width=4, depth=1)
    for parameter in model.head.parameters():
        nn.init.zeros_(parameter)
    image = torch.rand(2, 3, 9, 12)
    assert torch.equal(model(image), image)


def test_an_image_of_other_channels_is_not_added() -> None:
    model = EDSR(out_channels=2, scale=1, width=4, depth=1)
    for parameter in model.head.parameters():
        nn.init.zeros_(parameter)
    assert not model(torch.rand(2, 3, 9, 12)).any()


def test_numbers_that_do_not_serve_are_sentences() -> None:
    with pytest.raises(SettingError, match=r"^An edsr has a scale of 5, but only 1, 2, 3, 4, 8 are possible\.$"):
        EDSR(scale=5)
    with pytest.raises(SettingError, match=r"^An edsr has a width of 64 and a depth of 0; both are whole numbers"):
        EDSR(depth=0)
