"""The U-Net of 2015: its numbers, its tiles, and the variant that pads."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models.unet import UNet
from pixelwise.ops.mirror import mirror_pad
from pixelwise.tasks import TASKS
from tests.models.learning import learn_by_heart


def image(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def narrow(depth: int = 2, dropout: float = 0.5, **settings: object) -> UNet:
    torch.manual_seed(0)
    return UNet(2, padding="valid", width=4, depth=depth, dropout=dropout, **settings).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize(("in_channels", "out_channels", "parameters"), [(1, 2, 31_030_658), (3, 12, 31_032_460)])
def test_it_has_as_many_parameters_as_the_paper_s_network(in_channels: int, out_channels: int, parameters: int) -> None:
    with torch.device("meta"):
        model = UNet(out_channels, in_channels, padding="valid")
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert sum(isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) for layer in model.modules()) == 23
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())


def test_a_tile_of_572_becomes_scores_of_388() -> None:
    with torch.device("meta"):
        model = UNet(2, 1, padding="valid", width=2)
        assert model.valid_scores(torch.empty(1, 1, 572, 572)).shape == (1, 2, 388, 388)
    assert model.margin == 92


@pytest.mark.parametrize(("height", "width"), [(40, 56), (37, 50), (1, 3)])
def test_the_scores_of_an_image_are_those_of_its_mirrored_extension(height: int, width: int) -> None:
    model = narrow()
    whole = image(height, width)
    margin, more = model.margin, [(4 - side) % 4 for side in (height, width)]
    extended = mirror_pad(whole, margin, margin + more[0], margin, margin + more[1])
    with torch.inference_mode():
        assert torch.equal(model(whole), model.valid_scores(extended)[..., :height, :width])


def test_scores_depend_on_nothing_outside_of_the_tile_s_input_and_on_all_of_it() -> None:
    model = narrow()
    whole = image(96, 96)
    tile = whole[..., 8:72, 16:80]  # moved by multiples of the coarsest pixel
    inside = slice(model.margin, 64 - model.margin)
    with torch.inference_mode():
        of_whole, of_tile = model(whole), model(tile)
    torch.testing.assert_close(of_whole[..., 8:72, 16:80][..., inside, inside], of_tile[..., inside, inside])
    smallest = image(2 * model.margin + 4, 2 * model.margin + 4).requires_grad_()
    model.valid_scores(smallest).square().sum().backward()
    assert smallest.grad is not None
    assert smallest.grad[0, 0, 0].any()
    assert smallest.grad[0, 0, -1].any()


def test_a_tile_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(SettingError, match="sides of 44 pixels or a multiple of 4 more, but one is 46"):
        narrow().valid_scores(image(48, 46))
    with pytest.raises(SettingError, match="pads its convolutions"):
        UNet(2, width=2, depth=1).valid_scores(image(44, 44))


def test_weights_begin_with_the_variance_of_the_paper() -> None:
    torch.manual_seed(0)
    weights = UNet(2, padding="valid", width=32, depth=1).state_dict()
    assert weights["merge.0.0.weight"].std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.05)
    assert weights["up.0.weight"].std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.05)
    assert not weights["merge.0.0.bias"].any()


def test_dropout_stands_at_the_end_of_the_contracting_path() -> None:
    model = narrow(dropout=0.9)
    seen: list[int] = []
    model.dropout.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[1]))
    model(image(8, 8))
    assert seen == [8, 16]


@pytest.mark.parametrize(("height", "width"), [(3, 40), (16, 16), (33, 17)])
def test_the_padded_network_takes_images_that_are_smaller_than_its_coarsest_pixels(height: int, width: int) -> None:
    model = UNet(2, width=2).eval()
    assert model.multiple_of == 16
    assert model(image(height, width)).shape == (1, 2, height, width)


def test_the_padded_network_has_batch_norms_unless_told_otherwise() -> None:
    assert [type(layer) for layer in UNet(2, width=2).down[0].children()] == 2 * [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert [type(layer) for layer in UNet(2, width=2, norm="none").down[0].children()] == 2 * [nn.Conv2d, nn.ReLU]


@pytest.mark.parametrize(
    "settings", [{"width": 8, "depth": 2}, {"padding": "valid", "width": 8, "depth": 1, "dropout": 0.1}]
)
def test_both_variants_learn_one_batch_by_heart(settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    task = TASKS["segmentation"].build(num_classes=3)
    assert learn_by_heart(UNet(3, **settings), task, learning_rate=3e-3) > 0.9


def test_words_and_numbers_that_do_not_serve_are_refused() -> None:
    with pytest.raises(SettingError, match=r"no padding of a unet called 'vali'\. Did you mean 'valid'"):
        UNet(2, padding="vali")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="no norm of a unet called 'layer'"):
        UNet(2, norm="layer")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="a width of 0 and a depth of 4"):
        UNet(2, width=0)
