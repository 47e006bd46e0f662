"""With fastai's weights, `dynamic_unet` computes what fastai computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pixelwise.errors import WeightsError
from pixelwise.models._fastai import find_settings, from_fastai
from tests.models.fastai_pairs import CLASSES, difference, gradients_of, pair, picture

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]  # fastai's own warnings
pytest.importorskip("fastai")

OPTIONS: list[dict[str, Any]] = [
    {},
    {"blur": True},
    {"blur": True, "blur_final": False},
    {"self_attention": True},
    {"last_cross": False},
    {"y_range": (-3.0, 3.0)},
    {"norm_type": "batch", "blur": True, "self_attention": True},
    {"norm_type": "instance"},
    {"norm_type": "weight"},
    {"norm_type": "spectral", "self_attention": True},
]
ENCODERS = [
    "resnet34",
    "timm/resnet34",
    "timm/regnetx_002",
    "timm/regnety_004",
    "stages/vgg16_bn",
    "stages/densenet121",
]


def assert_equal_everywhere(encoder: str, options: dict[str, Any], size: tuple[int, int]) -> None:
    """Output in evaluation and in training, gradients, and what training moves.

    In double precision: weight and spectral norm are computed here as plain arithmetic, in another order than by the
    hooks of PyTorch that fastai takes, which in single precision shows.
    """
    theirs, ours = pair(encoder, options, torch.float64)
    image = picture(size, torch.float64)
    with torch.inference_mode():
        assert difference(ours.eval()(image), theirs.eval()(image)) <= 1e-11
    found = {name: difference(*both) for name, both in gradients_of(theirs, ours, image).items()}
    assert {name: value for name, value in found.items() if value > 1e-9} == {}
    state = ours.state_dict()
    for name, value in from_fastai(theirs.state_dict(), ours).items():
        torch.testing.assert_close(state[name], value, msg=name)
    with torch.inference_mode():
        assert difference(ours(image), theirs(image)) <= 1e-11  # still in training


@pytest.mark.parametrize("size", [(64, 96), (57, 83)], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_output_and_gradients_are_those_of_fastai(options: dict[str, Any], size: tuple[int, int]) -> None:
    assert_equal_everywhere("resnet18", options, size)


@pytest.mark.parametrize("options", [{}, {"blur": True, "self_attention": True, "norm_type": "batch"}], ids=str)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_other_encoders_are_equal_as_well(encoder: str, options: dict[str, Any]) -> None:
    assert_equal_everywhere(encoder, options, (57, 83))


@pytest.mark.parametrize("encoder", ["resnet18", "resnet34", "timm/regnetx_002"])
@pytest.mark.parametrize("options", [{}, {"blur": True}, {"last_cross": False}, {"y_range": (0.0, 1.0)}], ids=str)
def test_in_single_precision_the_output_is_equal_to_the_last_bit(encoder: str, options: dict[str, Any]) -> None:
    theirs, ours = pair(encoder, options, torch.float32)
    for size in ((64, 96), (57, 83)):
        image = picture(size, torch.float32)
        with torch.inference_mode():
            assert torch.equal(ours.eval()(image), theirs.eval()(image))
            assert torch.equal(ours.train()(image), theirs.train()(image))


@pytest.mark.parametrize("options", [{}, {"blur": True, "self_attention": True}], ids=str)
def test_an_odd_size_of_a_photograph_is_equal_in_single_precision(options: dict[str, Any]) -> None:
    theirs, ours = pair("timm/regnetx_002", options, torch.float32)
    image = picture((353, 471), torch.float32, batch=1)
    with torch.inference_mode():
        assert difference(ours.eval()(image), theirs.eval()(image)) <= 1e-6


def test_resnet50_is_equal_in_single_precision() -> None:
    theirs, ours = pair("resnet50", {}, torch.float32)
    image = picture((64, 96), torch.float32)
    with torch.inference_mode():
        assert difference(ours.eval()(image), theirs.eval()(image)) <= 1e-6


@pytest.mark.parametrize("encoder", ["vgg16_bn", "densenet121"])
def test_fastai_builds_no_skip_connections_around_a_nested_encoder(encoder: str) -> None:
    from fastai.vision.learner import create_unet_model
    from fastai.vision.models.unet import UnetBlock
    from torchvision.models import get_model_builder

    network = create_unet_model(get_model_builder(encoder), CLASSES, (64, 96), pretrained=False, last_cross=False)
    assert not any(isinstance(module, UnetBlock) for module in network.modules())
    with torch.inference_mode():
        scores = torch.as_tensor(network.eval()(picture((64, 96), torch.float32)))
    corners = scores[..., ::32, ::32]
    assert torch.equal(
        corners.repeat_interleave(32, 2).repeat_interleave(32, 3), scores
    )  # one score for 32 x 32 pixels
    with pytest.raises(WeightsError, match="without a single skip connection"):
        find_settings(network.state_dict())
