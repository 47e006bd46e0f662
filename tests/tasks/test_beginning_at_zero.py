"""What is added to an image begins at zero: a training starts from the image itself, or from no colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pixelwise.data.pictures import Pictures, read_pictures
from pixelwise.models import MODELS
from pixelwise.models.dynamic_unet import DynamicUNet
from pixelwise.nn import Norm
from pixelwise.ops.color import rgb_to_lab
from pixelwise.ops.image_io import write_png
from pixelwise.planning import make_picture_plan
from pixelwise.tasks import TASKS
from pixelwise.workflow.building import build

SMALL: dict[str, dict[str, Any]] = {
    "unet": {"width": 4, "depth": 2},
    "dynamic_unet": {"encoder": "test_resnet"},
    "lite_unet": {"encoder": "test_efficientnet", "widths": [8, 8, 8]},
    "segformer": {"encoder": "test_convnext", "width": 8},
    "edsr": {"width": 8, "depth": 1, "scale": 1},
    "lite_sr": {"width": 8, "depth": 1, "scale": 1},
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    root = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for i in range(3):
        write_png(root / f"{i}.png", random.integers(0, 256, (96, 96, 3), dtype=np.uint8))
    return read_pictures(root, "alone")


def first_output(pictures: Pictures, model: str, task: str, settings: dict[str, Any], image: torch.Tensor) -> Any:
    plan = make_picture_plan(pictures, task, settings, model=model, pretrained=False)
    plan = plan.model_copy(update={"model": plan.model.model_copy(update={"arguments": SMALL[model]})})
    parts = build(plan)
    with torch.no_grad():
        return parts.task.output(parts.model.eval(), image)


@pytest.mark.parametrize("model", ["unet", "dynamic_unet"])
def test_super_resolution_begins_as_bicubic_enlargement(photos: Pictures, model: str) -> None:
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    settings = {"scale": 2, "degrade": "down:2"}
    output = first_output(photos, model, "super_resolution", settings, image)
    torch.testing.assert_close(output, F.interpolate(image, (64, 64), mode="bicubic", antialias=True))


@pytest.mark.parametrize("model", ["unet", "dynamic_unet"])
def test_restoration_begins_as_the_image(photos: Pictures, model: str) -> None:
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    settings = {"degrade": "noise:25", "predicts": "difference"}
    torch.testing.assert_close(first_output(photos, model, "restoration", settings, image), image)
    settings["predicts"] = "picture"  # is no sum, so that nothing is gained by zeros
    assert first_output(photos, model, "restoration", settings, image).abs().max() > 0


@pytest.mark.parametrize("model", SMALL)
def test_colours_begin_as_none(photos: Pictures, model: str) -> None:
    image = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1, -1)
    settings = {"degrade": "grey", "predicts": "color"}
    output = first_output(photos, model, "restoration", settings, image)
    assert rgb_to_lab(output)[:, 1:].abs().max() < 0.1
    torch.testing.assert_close(output, image, atol=1e-3, rtol=0)


def test_networks_that_add_the_image_themselves_are_left_as_they_begin() -> None:
    task = TASKS["super_resolution"].build(scale=2)
    enlarging = MODELS["edsr"].build(width=8, depth=1, scale=2)
    adding = MODELS["edsr"].build(width=8, depth=1, scale=1)
    plain = MODELS["unet"].build(out_channels=3, width=4, depth=2)
    assert [task.adds_scores(model) for model in (enlarging, adding, plain)] == [False, False, True]


@pytest.mark.parametrize(("norm", "begins_at_zero"), [("batch", False), ("weight", True), ("spectral", False)])
def test_a_head_whose_weights_are_normalised_gives_numbers_and_learns(norm: Norm, begins_at_zero: bool) -> None:
    model = DynamicUNet(out_channels=3, encoder="test_resnet", norm_type=norm)
    model.begin_at_zero()
    scores = model.eval()(torch.rand(1, 3, 64, 64))
    assert torch.isfinite(scores).all()
    assert (scores == 0).all() == begins_at_zero
    (scores - 1).square().mean().backward()
    gradients = [weight.grad for weight in model.head.parameters() if weight.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert any(gradient.abs().max() > 0 for gradient in gradients)
