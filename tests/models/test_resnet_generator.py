"""CycleGAN's generator: the published sizes, and the layers of the paper one by one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models.resnet_generator import ResNetGenerator


def image(height: int = 32, width: int = 40) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, feature: Tensor) -> Tensor:
        residual: Tensor = self.layers(feature)
        return feature + residual


def reflect(before: int, after: int, kernel_size: int) -> tuple[nn.Module, nn.Module]:
    return nn.ReflectionPad2d(kernel_size // 2), nn.Conv2d(before, after, kernel_size)


def normed(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.InstanceNorm2d(channels), nn.ReLU()


def block(width: int) -> Residual:
    return Residual(*reflect(width, width, 3), *normed(width), *reflect(width, width, 3), nn.InstanceNorm2d(width))


def published(width: int, depth: int) -> nn.Sequential:
    """c7s1-64, d128, d256, R256 …, u128, u64, c7s1-3, in the names of CycleGAN's appendix."""
    w, w2, w4 = width, 2 * width, 4 * width
    return nn.Sequential(
        *(*reflect(3, w, 7), *normed(w)),
        *(nn.Conv2d(w, w2, 3, 2, 1), *normed(w2), nn.Conv2d(w2, w4, 3, 2, 1), *normed(w4)),
        *(block(w4) for _ in range(depth)),
        *(nn.ConvTranspose2d(w4, w2, 3, 2, 1, output_padding=1), *normed(w2)),
        *(nn.ConvTranspose2d(w2, w, 3, 2, 1, output_padding=1), *normed(w)),
        *(*reflect(w, 3, 7), nn.Tanh()),
    )


def copied(network: nn.Module, source: nn.Module) -> None:
    for ours, theirs in zip(network.parameters(), source.parameters(), strict=True):
        ours.data.copy_(theirs)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize(("depth", "parameters"), [(9, 11_378_179), (6, 7_837_699)])
def test_it_has_as_many_parameters_as_the_authors(depth: int, parameters: int, antialias: bool) -> None:
    with torch.device("meta"):
        model = ResNetGenerator(depth=depth, antialias=antialias)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_it_computes_what_the_layers_of_the_paper_compute() -> None:
    torch.manual_seed(0)
    model, layers = ResNetGenerator(width=8, depth=2), published(width=8, depth=2)
    copied(model, layers)
    with torch.inference_mode():
        torch.testing.assert_close(2 * model(image()) - 1, layers(2 * image() - 1), rtol=1e-4, atol=1e-5)


def test_without_aliasing_halving_blurs_and_doubling_is_that_of_the_kernel_1_3_3_1() -> None:
    model = ResNetGenerator(width=4, depth=1, antialias=True)
    feature = torch.rand(1, 8, 10, 14)
    blur = torch.tensor([1.0, 2.0, 1.0])[:, None] * torch.tensor([1.0, 2.0, 1.0]) / 16
    halved = F.conv2d(F.pad(feature, (1, 1, 1, 1), mode="reflect"), blur.expand(8, 1, 3, 3), stride=2, groups=8)
    torch.testing.assert_close(model.get_submodule("down.0.3")(feature), halved)
    spread = torch.tensor([1.0, 3.0, 3.0, 1.0])[:, None] * torch.tensor([1.0, 3.0, 3.0, 1.0]) / 16
    padded = F.pad(feature, (1, 1, 1, 1), mode="replicate")
    doubled = F.conv_transpose2d(padded, spread.expand(8, 1, 4, 4), stride=2, padding=3, groups=8)
    torch.testing.assert_close(model.get_submodule("up.0.0")(feature), doubled)


def published_antialiased(width: int, depth: int) -> nn.Sequential:
    """The layers of CUT's code before it doubles, by the numbers that it knows them by."""
    w, w2, w4 = width, 2 * width, 4 * width
    model = ResNetGenerator(width=width, depth=1, antialias=True)
    halve = model.get_submodule("down.0.3")  # held to the authors' above
    return nn.Sequential(
        *(*reflect(3, w, 7), *normed(w)),
        *(nn.Conv2d(w, w2, 3, 1, 1), *normed(w2), halve),
        *(nn.Conv2d(w2, w4, 3, 1, 1), *normed(w4), halve),
        *(block(w4) for _ in range(depth)),
    )


def test_patches_are_compared_in_the_layers_of_the_authors() -> None:
    torch.manual_seed(0)
    model, layers = ResNetGenerator(width=4, depth=9, antialias=True), published_antialiased(width=4, depth=9)
    for ours, theirs in zip(model.parameters(), layers.parameters(), strict=False):
        ours.data.copy_(theirs)
    x, expected = 2 * image() - 1, []
    with torch.inference_mode():
        for number, layer in enumerate(layers):
            x = layer(x)
            if number in (4, 8, 12, 16):  # 0 is the image with its reflected border
                expected.append(x)
        given, *found = model.patch_features(image())
    assert torch.equal(given, 2 * image() - 1)
    assert [level.shape[1] for level in (given, *found)] == list(model.patch_channels)
    for level, published in zip(found, expected, strict=True):
        torch.testing.assert_close(level, published, rtol=1e-4, atol=1e-5)


def test_a_picture_is_between_zero_and_one() -> None:
    model = ResNetGenerator(width=4, depth=1)
    nn.init.normal_(model.head.weight, std=5.0)
    with torch.inference_mode():
        picture = model(image())
    assert 0 <= picture.min() < 0.01
    assert 0.99 < picture.max() <= 1


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 50), (7, 4)])
def test_an_image_of_a_few_pixels_gets_a_picture(height: int, width: int) -> None:
    model = ResNetGenerator(width=4, depth=1)
    assert model(image(height, width)).shape == (1, 3, height, width)


def test_it_begins_with_narrow_weights_and_biases_of_zero() -> None:
    torch.manual_seed(0)
    for layer in ResNetGenerator(width=32, depth=1).modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            assert abs(layer.weight.std().item() - 0.02) < 0.001
            assert layer.bias is not None
            assert not layer.bias.any()


def test_with_residual_it_begins_with_the_image_itself_and_can_go_anywhere_from_there() -> None:
    model = ResNetGenerator(width=4, depth=1, residual=True)
    given = image()
    nn.init.zeros_(model.head.weight)
    with torch.inference_mode():
        assert torch.equal(model(given), given)
        assert model.head.bias is not None
        model.head.bias.fill_(10.0)
        torch.testing.assert_close(model(given), given + 1)


def test_a_residual_of_other_channels_is_a_sentence() -> None:
    with pytest.raises(SettingError, match=r"it gives 2 channels for an image of 3\. Leave it out"):
        ResNetGenerator(2, 3, residual=True)


def test_a_width_or_depth_of_zero_is_a_sentence() -> None:
    with pytest.raises(SettingError, match=r"^A resnet_generator has a width of 64 and a depth of 0; both are whole"):
        ResNetGenerator(depth=0)
