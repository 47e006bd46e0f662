"""Several classes per pixel: each has its channel, its threshold and its loss."""

from __future__ import annotations

import pytest
import torch

from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.tasks import TASKS, Batch
from pixelwise.tasks.multilabel_segmentation import MultilabelSegmentation

NAME = "multilabel_segmentation"


def test_each_class_has_a_threshold_of_its_own() -> None:
    task = TASKS[NAME].build(num_classes=2, thresholds=[0.5, 0.8])
    scores = torch.tensor([0.0, 1.0, 2.0]).repeat(2, 1).reshape(1, 2, 1, 3)  # probabilities 0.5, 0.73, 0.88
    assert task.decode(scores)[0, :, 0].tolist() == [[1, 1, 1], [0, 0, 1]]
    assert task.decode(scores).dtype == torch.uint8  # an eighth of what int64 takes for each pixel and class
    assert torch.allclose(task.scores_of(task.probabilities(scores)), scores, atol=1e-4)


def test_it_learns_overlapping_squares_by_heart() -> None:
    torch.manual_seed(0)
    task = TASKS[NAME].build(num_classes=2, loss="binary_cross_entropy + 0.5*dice")
    model = MODELS["lite_unet"].build(out_channels=2, encoder="test_resnet", widths=(16, 16, 16, 16, 16))
    target = torch.randint(0, 2, (2, 2, 4, 4)).repeat_interleave(8, 2).repeat_interleave(8, 3)
    image = torch.cat([target * 0.6, target[:, :1] * 0.0], dim=1) + 0.1 * torch.rand(2, 3, 32, 32)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        for step in task.training_steps({"model": model}, Batch(image, target)):
            optimizer.zero_grad()
            step.loss.backward()
            optimizer.step()
            losses.append(step.loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_pixels_that_are_left_out_cost_nothing() -> None:
    task = MultilabelSegmentation(num_classes=3)
    scores = torch.randn(1, 3, 4, 4, requires_grad=True)
    target = torch.randint(0, 2, (1, 3, 4, 4))
    target[:, :, 2:] = 255
    whole = task.loss(scores, target)
    assert torch.allclose(whole, task.loss(scores[:, :, :2], target[:, :, :2]))
    nothing = task.loss(scores, torch.full_like(target, 255))
    nothing.backward()
    assert nothing.item() == 0
    assert scores.grad is not None
    assert not scores.grad.any()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(SettingError, match="thresholds has 1 values for 2 classes; give one per class"):
        TASKS[NAME].build(num_classes=2, thresholds=[0.5])
    with pytest.raises(SettingError, match="probabilities are expected: 0 to 1"):
        TASKS[NAME].build(num_classes=1, thresholds=[1.5])
    task = TASKS[NAME].build(num_classes=1)
    batch = Batch(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4, dtype=torch.int64), torch.zeros(1, 4, 4))
    with pytest.raises(SettingError, match="weigh single pixels"):
        next(task.training_steps({}, batch))
