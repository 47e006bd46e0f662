"""The light network for super-resolution begins as bicubic enlargement, and learns at once."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pixelwise.errors import SettingError
from pixelwise.models.lite_sr import LiteSR
from pixelwise.nn.bicubic import BicubicUpsample


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 5, 8])
def test_it_begins_as_bicubic_enlargement(scale: int) -> None:
    image = torch.rand(2, 3, 9, 12)
    with torch.inference_mode():
        assert torch.equal(LiteSR(scale=scale, width=4, depth=1)(image), BicubicUpsample(scale)(image))


def test_without_an_image_of_the_same_channels_it_begins_at_zero() -> None:
    with torch.inference_mode():
        assert torch.equal(
            LiteSR(2, in_channels=3, width=4, depth=1)(torch.rand(2, 3, 9, 12)), torch.zeros(2, 2, 18, 24)
        )


def test_it_has_as_many_parameters_as_its_layers_say() -> None:
    convolutions = [(3, 32)] + 16 * [(32, 32)] + [(32, 12)]
    assert sum(p.numel() for p in LiteSR().parameters()) == sum(9 * a * b + b for a, b in convolutions)


def test_it_computes_what_its_layers_compute_one_by_one() -> None:
    torch.manual_seed(0)
    model = LiteSR(width=8, depth=1)
    nn.init.normal_(model.head.weight, std=0.1)
    image = torch.rand(1, 3, 9, 12)
    with torch.inference_mode():
        features = model.stem(image - 0.5)
        first, second = (model.get_submodule(f"body.0.conv{number}") for number in (1, 2))
        features = 2 * features + second(torch.relu(first(features)))
        expected = nn.functional.pixel_shuffle(model.head(features), 2) + BicubicUpsample(2)(image)
        torch.testing.assert_close(model(image), expected)


def test_a_few_steps_make_it_better_than_bicubic() -> None:
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    picture = ((rows // 5 + columns // 7) % 2).float().expand(1, 3, 48, 48)  # edges, which bicubic blurs
    image = nn.functional.avg_pool2d(picture, 2)
    model = LiteSR(width=16, depth=2)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    errors = []
    for _ in range(40):
        error = (model(image) - picture).abs().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.5 * errors[0]


@pytest.mark.parametrize("scale", [0, 9, 1.5])
def test_a_scale_that_does_not_serve_is_a_sentence(scale: float) -> None:
    with pytest.raises(SettingError) as caught:
        LiteSR(scale=scale)  # type: ignore[arg-type]
    assert str(caught.value) == f"A lite_sr has a scale of {scale}, but it is a whole number from 1 to 8."


def test_a_width_or_depth_of_zero_is_a_sentence() -> None:
    with pytest.raises(SettingError, match=r"^A lite_sr has a width of 0 and a depth of 8; both are whole numbers"):
        LiteSR(width=0)
