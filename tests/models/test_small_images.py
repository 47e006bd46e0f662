"""What a network says of an image or a batch so small that a norm has a single value to average."""

from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.models import ImageModel
from pixelwise.models.bisenet import BiSeNet
from pixelwise.models.dynamic_unet import DynamicUNet
from pixelwise.models.lite_unet import LiteUNet


def network(name: str) -> ImageModel:
    torch.manual_seed(0)
    if name == "LiteUNet":
        return LiteUNet(3, encoder="test_resnet", widths=(8, 8, 8, 8, 8))  # the encoder has such norms
    return BiSeNet(3, encoder="test_convnext", width=8, head_width=8, auxiliary_width=8)  # only the decoder has


@pytest.mark.parametrize("name", ["LiteUNet", "BiSeNet"])
def test_one_value_per_channel_in_a_batch_is_a_sentence(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        network(name).train().training_scores(torch.rand(1, 3, 16, 24))
    assert str(caught.value) == (
        f"{name} cannot be trained on a batch of one view of 16 × 24 pixels: one of its batch norms averages over the "
        "batch, and has a single value there. Take a larger batch (training.batch_size) or larger views "
        "(training.stages)."
    )
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("name", ["LiteUNet", "BiSeNet"])
def test_two_images_are_enough_for_a_batch_norm_and_one_is_for_prediction(name: str) -> None:
    model = network(name)
    assert model.train().training_scores(torch.rand(2, 3, 16, 24))[0].shape == (2, 3, 16, 24)
    assert model.eval()(torch.rand(1, 3, 16, 24)).shape == (1, 3, 16, 24)


def test_one_pixel_of_an_instance_norm_is_a_sentence() -> None:
    model = DynamicUNet(3, encoder="test_resnet", norm_type="instance").eval()
    with pytest.raises(
        SettingError, match=r"^An image of 20 × 30 pixels is too small for this DynamicUNet: one of its"
    ):
        model(torch.rand(1, 3, 20, 30))


def test_what_torch_says_of_anything_else_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    model = network("BiSeNet")

    def fail(_: object) -> None:
        raise ValueError("something else")

    monkeypatch.setattr(model, "scores", fail)
    with pytest.raises(ValueError, match=r"^something else$"):
        model(torch.rand(1, 3, 16, 24))
