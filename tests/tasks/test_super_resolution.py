"""Super-resolution: what a network is given, what becomes of what it gives, and which networks learn it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.ops.resample import imresize
from pixelwise.tasks import TASKS, Batch

SMALL: dict[str, dict[str, Any]] = {
    "dynamic_unet": {"encoder": "test_resnet", "blur": True, "norm_type": "weight"},  # as in fastai's lesson 7
    "edsr": {"scale": 3, "width": 8, "depth": 1},
    "lite_sr": {"scale": 3, "width": 8, "depth": 1},
    "unet": {"width": 4},
}


class Note(nn.Module):
    """Remembers what it is given, and gives a tenth everywhere."""

    def __init__(self, scale: int, *, adds_image: bool) -> None:
        super().__init__()
        self.scale, self.adds_image = scale, adds_image
        self.given = torch.zeros(0)

    def forward(self, image: Tensor) -> Tensor:
        self.given = image
        return image.new_full((len(image), 3, self.scale * image.shape[2], self.scale * image.shape[3]), 0.1)


def small() -> Tensor:
    return torch.rand(2, 3, 9, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("adds_image", [False, True])
def test_a_network_that_does_not_enlarge_is_given_what_papers_compare_with(scale: int, adds_image: bool) -> None:
    task, network = TASKS["super_resolution"].build(scale=scale), Note(1, adds_image=adds_image)
    made = task.output(network, small())
    inside = (..., slice(2 * scale, -2 * scale), slice(2 * scale, -2 * scale))  # what is beyond a border differs
    torch.testing.assert_close(network.given[inside], imresize(small(), scale)[inside], atol=1e-5, rtol=0)
    expected = torch.full_like(network.given, 0.1) if adds_image else network.given + 0.1
    torch.testing.assert_close(made, expected)


def test_a_network_that_enlarges_is_given_the_small_picture() -> None:
    task, network = TASKS["super_resolution"].build(scale=3), Note(3, adds_image=True)
    assert task.output(network, small()).shape == (2, 3, 27, 36)
    assert torch.equal(network.given, small())


@pytest.mark.parametrize("name", [name for name in MODELS if "super_resolution" in MODELS[name].tasks])
def test_every_network_of_the_task_learns(name: str) -> None:
    task = TASKS["super_resolution"].build(scale=3)
    torch.manual_seed(0)
    model = MODELS[name].build(out_channels=3, **SMALL[name])
    rows, columns = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    target = ((rows // 5 + columns // 7) % 2).float().expand(2, 3, 48, 48)
    given = Batch(nn.functional.avg_pool2d(target, 3), target)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    losses = []
    for _ in range(12):
        (step,) = task.training_steps({"model": model}, given)
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        losses.append(step.loss.item())
    assert task.output(model.eval(), given.image).shape == target.shape
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scale": 9}, r"^The scale is 9, but super-resolution enlarges 2 to 8 times\.$"),
        (
            {"scale": 2, "degrade": "down:3+jpeg:60"},
            r"^The scale is 2, but 'down:3\+jpeg:60' makes pictures 3 times smaller\. Write down:2 among them\.$",
        ),
    ],
)
def test_what_does_not_fit_the_scale_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        TASKS["super_resolution"].build(**arguments)
