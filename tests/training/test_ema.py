"""The moving average of the weights, by its definition."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pixelwise.models import ImageModel
from pixelwise.training.ema import MovingAverage
from tests.training.drawn import new_model, new_training


def changed(model: ImageModel) -> dict[str, Tensor]:
    """The state of a model after a change of everything that it holds."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.add_(torch.rand_like(tensor) if tensor.is_floating_point() else 1)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.98])
def test_weights_and_statistics_are_averaged_and_counts_are_taken_over(decay: float) -> None:
    model = new_model()
    average = MovingAverage(model, decay)
    expected = {name: tensor.double() for name, tensor in model.state_dict().items()}
    for step in range(12):
        kept = min(decay, (1 + step) / (10 + step))  # less at first
        current = changed(model)
        average.update(model, step)
        expected = {
            name: kept * old + (1 - kept) * current[name] if current[name].is_floating_point() else current[name]
            for name, old in expected.items()
        }
    found = average.model.state_dict()
    assert any(name.endswith("running_var") for name in found)
    assert any(name.endswith("num_batches_tracked") for name in found)
    for name, tensor in found.items():
        torch.testing.assert_close(tensor.double(), expected[name].double(), atol=1e-5, rtol=1e-6)


def test_a_training_averages_each_step_with_its_decay() -> None:
    last, mean = new_training(ema_decay=0.0), new_training(ema_decay=0.98)
    for training in (last, mean):
        for _ in range(3):
            training.train_step(1e-2)
    weights, of_last, of_mean = (
        next(model.parameters()) for model in (last.model, last.average.model, mean.average.model)
    )
    assert torch.equal(of_last, weights)
    assert torch.equal(next(mean.model.parameters()), weights)
    assert not torch.equal(of_mean, weights)


def test_statistics_that_an_overflow_has_spoilt_are_mended_from_the_average() -> None:
    model = new_model()
    average = MovingAverage(model, 0.9)
    broken, whole = list(model.buffers())[:2]
    before = broken.clone()
    with torch.no_grad():
        broken.fill_(torch.inf)
        whole.add_(1)
    average.mend(model)
    assert torch.equal(broken, before)
    assert not torch.equal(whole, list(average.model.buffers())[1])
