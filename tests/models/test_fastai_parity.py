"""With fastai's weights, `dynamic_unet` computes what fastai computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pixelwise.models._fastai import from_fastai
from pixelwise.models.dynamic_unet import DynamicUNet

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]  # fastai's own warnings

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
each_option = pytest.mark.parametrize("options", OPTIONS, ids=str)
each_size = pytest.mark.parametrize("size", [(64, 96), (57, 83)], ids=str)


def both(encoder: str, options: dict[str, Any], dtype: torch.dtype) -> tuple[nn.Module, DynamicUNet]:
    """The network of fastai, built at 64 × 96 with random weights, and ours with the same."""
    layers = pytest.importorskip("fastai.layers")
    learner = pytest.importorskip("fastai.vision.learner")
    resnet = pytest.importorskip("torchvision.models").get_model_builder(encoder)
    norm = options.get("norm_type")
    named = options | ({"norm_type": getattr(layers.NormType, norm.title())} if norm else {})
    torch.manual_seed(0)
    theirs: Any = learner.create_unet_model(resnet, 12, (64, 96), pretrained=False, **named).to(dtype)
    del theirs.layers[-1]  # it gives the output fastai's class of tensors, and single precision with it
    ours = DynamicUNet(12, encoder=encoder, **options).to(dtype)
    for name, parameter in theirs.named_parameters():
        if name.endswith("gamma"):
            nn.init.constant_(parameter, 0.5)  # from zero self-attention would not show
    ours.load_state_dict(from_fastai(theirs.state_dict(), ours))
    ours.encoder.mean.zero_()  # fastai normalises outside
    ours.encoder.std.fill_(1)
    return theirs, ours


def picture(size: tuple[int, int], dtype: torch.dtype) -> Tensor:
    return torch.randn(2, 3, *size, dtype=dtype, generator=torch.Generator().manual_seed(1))


def assert_equal(ours: Tensor, theirs: Tensor, tolerance: float, name: str = "") -> None:
    difference = (ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-12)
    assert difference <= tolerance, f"{name}: {difference:.2g}"


@each_size
@each_option
def test_output_and_gradients_are_those_of_fastai(options: dict[str, Any], size: tuple[int, int]) -> None:
    theirs, ours = both("resnet18", options, torch.float64)
    image = picture(size, torch.float64)
    with torch.inference_mode():
        assert_equal(ours.eval()(image), theirs.eval()(image), 1e-11)

    expected, output = theirs.train()(image), ours.train()(image)
    assert_equal(output, expected, 1e-11)
    weight = torch.randn_like(output)
    (weight * expected).mean().backward()
    (weight * output).mean().backward()
    gradients = theirs.state_dict() | {name: p.grad for name, p in theirs.named_parameters()}
    gradients = from_fastai(gradients, ours)
    for name, parameter in ours.named_parameters():
        assert parameter.grad is not None
        assert_equal(parameter.grad, gradients[name], 1e-9, name)
    for name, value in from_fastai(theirs.state_dict(), ours).items():
        torch.testing.assert_close(ours.state_dict()[name], value, msg=name)  # what training has moved in the buffers


@pytest.mark.parametrize("encoder", ["resnet18", "resnet34"])
@pytest.mark.parametrize("options", [{}, {"blur": True}, {"last_cross": False}, {"y_range": (0.0, 1.0)}], ids=str)
def test_in_single_precision_the_output_is_equal_to_the_last_bit(encoder: str, options: dict[str, Any]) -> None:
    theirs, ours = both(encoder, options, torch.float32)
    for size in ((64, 96), (57, 83)):
        image = picture(size, torch.float32)
        with torch.inference_mode():
            assert torch.equal(ours.eval()(image), theirs.eval()(image))
            assert torch.equal(ours.train()(image), theirs.train()(image))


def test_resnet50_is_equal_in_single_precision() -> None:
    theirs, ours = both("resnet50", {}, torch.float32)
    image = picture((64, 96), torch.float32)
    with torch.inference_mode():
        assert_equal(ours.eval()(image), theirs.eval()(image), 1e-6)
