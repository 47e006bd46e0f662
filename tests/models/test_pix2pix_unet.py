"""The generator of pix2pix: the published size, and the layers of the paper one by one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models.pix2pix_unet import Pix2PixUNet


def image(height: int = 32, width: int = 64, batch: int = 2) -> Tensor:
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(0))


class Level(nn.Module):
    """A level of the paper's network with all that lies below it."""

    def __init__(self, outside: int, inside: int, below: nn.Module | None, has_dropout: bool = False) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            *(nn.LeakyReLU(0.2), nn.Conv2d(outside, inside, 4, 2, 1, bias=False)),
            *([] if below is None else [nn.BatchNorm2d(inside), below]),
            nn.ReLU(),
            nn.ConvTranspose2d(inside if below is None else 2 * inside, outside, 4, 2, 1, bias=False),
            nn.BatchNorm2d(outside),
            *([nn.Dropout(0.5)] if has_dropout else []),
        )

    def forward(self, feature: Tensor) -> Tensor:
        return torch.cat([feature, self.inner(feature)], dim=1)


def published(width: int, depth: int, dropouts: int) -> nn.Sequential:
    level: Level | None = None
    for number in range(depth - 1, 0, -1):
        outside, inside = (width * min(8, 2**power) for power in (number - 1, number))
        level = Level(outside, inside, level, has_dropout=depth - 1 - dropouts <= number < depth - 1)
    assert level is not None
    first, last = nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.ConvTranspose2d(2 * width, 3, 4, 2, 1)
    return nn.Sequential(first, level, nn.ReLU(), last, nn.Tanh())


def in_order_of_computation(network: nn.Module, picture: Tensor) -> list[nn.Module]:
    """The layers with parameters, in the order in which they run."""
    order: list[nn.Module] = []
    kinds = nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d
    hooks = [
        layer.register_forward_hook(lambda layer, *_: order.append(layer))
        for layer in network.modules()
        if isinstance(layer, kinds)
    ]
    network(picture)
    for hook in hooks:
        hook.remove()
    return order


def test_at_a_depth_of_8_it_has_as_many_parameters_as_the_authors() -> None:
    with torch.device("meta"):
        model = Pix2PixUNet()
    assert sum(parameter.numel() for parameter in model.parameters()) == 54_413_955
    assert model.multiple_of == 256


@pytest.mark.parametrize(("depth", "dropouts"), [(5, 0), (7, 2), (8, 3)])
def test_it_computes_what_the_layers_of_the_paper_compute(depth: int, dropouts: int) -> None:
    torch.manual_seed(0)
    model, layers = Pix2PixUNet(width=2, depth=depth), published(2, depth, dropouts)
    whole = image(2**depth, 2**depth)
    pairs = zip(*(in_order_of_computation(n.eval(), 2 * whole - 1) for n in (model, layers)), strict=True)
    for ours, theirs in pairs:
        theirs.load_state_dict(ours.state_dict())
    for network in (model, layers):
        network.train()
    torch.manual_seed(1)  # of the dropouts
    picture = model(whole)
    torch.manual_seed(1)
    torch.testing.assert_close(2 * picture - 1, layers(2 * whole - 1), rtol=1e-4, atol=1e-5)
    assert sum(isinstance(layer, nn.Dropout) for layer in model.modules()) == dropouts


def test_evaluation_draws_nothing_at_random_and_training_does() -> None:
    model = Pix2PixUNet(width=2, depth=6)
    assert not torch.equal(model(image(64)), model(image(64)))
    model.eval()
    assert torch.equal(model(image(64)), model(image(64)))


def test_one_image_of_the_size_of_the_padding_trains() -> None:
    model = Pix2PixUNet(width=2, depth=3)
    model(image(8, 8, batch=1)).mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_picture_is_between_zero_and_one() -> None:
    model = Pix2PixUNet(width=4, depth=3)
    nn.init.normal_(model.get_parameter("head.1.weight"), std=5.0)
    with torch.inference_mode():
        picture = model(image())
    assert 0 <= picture.min() < 0.01
    assert 0.99 < picture.max() <= 1


def test_numbers_that_do_not_serve_are_sentences() -> None:
    with pytest.raises(SettingError, match=r"^A pix2pix_unet has a width of 64, a whole number from 1, and a depth of"):
        Pix2PixUNet(depth=1)


def test_trained_on_batches_of_one_instance_norm_is_batch_norm_and_predicts_as_it_was_trained() -> None:
    torch.manual_seed(0)
    by_batch, by_instance = (Pix2PixUNet(width=4, depth=4, norm=norm) for norm in ("batch", "instance"))
    by_instance.load_state_dict({name: by_batch.state_dict()[name] for name in by_instance.state_dict()})
    given = image(batch=1)
    expected = by_batch.train()(given)
    assert torch.allclose(by_instance.train()(given), expected, atol=1e-5)
    assert torch.allclose(by_instance.eval()(given), expected, atol=1e-5)
    assert sum(p.numel() for p in by_batch.parameters()) == sum(p.numel() for p in by_instance.parameters())


def test_an_unknown_norm_is_refused() -> None:
    with pytest.raises(SettingError, match="no norm of a pix2pix_unet called 'group'"):
        Pix2PixUNet(norm="group")  # type: ignore[arg-type]
