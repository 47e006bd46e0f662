"""Restoration: what a network is given, and what becomes of its scores."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pixelwise.ops.color import rgb_to_lab
from pixelwise.tasks import TASKS, Batch


class Note(nn.Module):
    """Remembers what it is given, and gives nothing."""

    adds_image = False

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.given = torch.zeros(0)

    def forward(self, image: Tensor) -> Tensor:
        self.given = image
        return image.new_zeros(len(image), self.channels, *image.shape[2:])


def photo() -> Tensor:
    return torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(0))


def grey() -> Tensor:
    return photo()[:, :1].mul(255).round().div(255).expand(-1, 3, -1, -1).contiguous()


@pytest.mark.parametrize("degrade", ["grey", "grey+jpeg:50", "noise:5+grey"])
def test_a_network_that_knows_grey_images_alone_is_given_no_others(degrade: str) -> None:
    task, model = TASKS["restoration"].build(degrade=degrade, predicts="color"), Note(2).eval()
    task.output(model, photo())
    assert torch.equal(model.given, model.given[:, :1].expand(-1, 3, -1, -1))
    torch.testing.assert_close(rgb_to_lab(model.given)[:, :1], rgb_to_lab(photo())[:, :1], atol=1e-3, rtol=0)
    task.output(model, grey())
    assert torch.equal(model.given, grey())


@pytest.mark.parametrize("degrade", ["", "noise:5", "grey+noise:5", "grey+dark:0.5", "holes:0.1"])
def test_others_are_given_the_image_as_it_is(degrade: str) -> None:
    task, model = TASKS["restoration"].build(degrade=degrade), Note(3).eval()
    task.output(model, photo())
    assert torch.equal(model.given, photo())


def test_the_lightness_stays_that_of_the_image_where_the_network_computes_in_bf16() -> None:
    task, model = TASKS["restoration"].build(predicts="color"), Note(2)
    with torch.autocast("cpu", torch.bfloat16):
        made = task.output(model, grey())
    torch.testing.assert_close(made, grey(), atol=1e-3, rtol=0)  # a step of 8 bits is four times that


@pytest.mark.parametrize("name", ["restoration", "super_resolution"])
def test_a_step_shows_what_was_made_so_that_a_collapse_is_noticed(name: str) -> None:
    task, model = TASKS[name].build(), Note(3)
    model.scale = torch.tensor(1)
    scale = task.scale
    (step,) = task.training_steps({"model": model}, Batch(photo(), torch.rand(2, 3, 8 * scale, 9 * scale)))
    assert step.made is not None
    assert step.made.shape == (2, 3, 8 * scale, 9 * scale)
