from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from pixelwise.planning import TrainingSettings
from pixelwise.tasks import TASKS
from pixelwise.training import lr_find
from pixelwise.training.lr_find import sweep_rates
from pixelwise.training.moment import Moment
from pixelwise.training.views import MaskViews
from tests.training.drawn import SETTINGS, Drawn, new_model


def sweep(settings: TrainingSettings = SETTINGS, **changes: Any) -> tuple[list[float], list[float]]:
    task = TASKS["segmentation"].build(num_classes=3)
    return sweep_rates(new_model(), task, MaskViews(Drawn(6)), settings, **changes)


def test_a_sweep_leaves_network_buffers_gradients_and_generator_alone() -> None:
    model = new_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    generator = torch.get_rng_state()
    sweep_rates(model, TASKS["segmentation"].build(num_classes=3), MaskViews(Drawn(6)), SETTINGS, num_it=8)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model.training
    assert torch.equal(torch.get_rng_state(), generator)


def test_rates_grow_by_equal_factors_and_a_sweep_can_be_repeated() -> None:
    rates, losses = sweep(num_it=10, between=(1e-4, 1e-2))
    assert rates == pytest.approx([1e-4 * 100 ** (step / 10) for step in range(10)])
    assert len(losses) == 10
    assert sweep(num_it=10, between=(1e-4, 1e-2))[1] == losses


def test_layer_groups_keep_their_shares() -> None:
    still = SETTINGS.model_copy(update={"group_rates": (0.0, 1.0)})
    assert sweep(still, num_it=10, between=(1e-2, 10))[1] != sweep(num_it=10, between=(1e-2, 10))[1]


def losses_in_turn(monkeypatch: pytest.MonkeyPatch, values: list[float]) -> None:
    given = iter(values)
    monkeypatch.setattr(lr_find, "_loss_of_step", lambda training, rate: next(given))


def test_a_sweep_ends_where_the_smoothed_loss_is_four_times_its_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    losses_in_turn(monkeypatch, [1.0] * 10 + [500.0] * 90)
    rates, losses = sweep()
    assert len(rates) == len(losses) == 11
    losses_in_turn(monkeypatch, [1.0] * 10 + [500.0] * 90)
    assert len(sweep(stop_div=False)[1]) == 100


def test_after_a_loss_that_is_no_number_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    losses_in_turn(monkeypatch, [1.0, 1.0, math.nan])
    rates, losses = sweep(num_it=20)
    assert len(rates) == len(losses) == 20
    assert [math.isnan(loss) for loss in losses] == [False, False] + [True] * 18


def test_a_sweep_tells_how_far_it_is_and_at_last_that_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    for values, wanted in (([1.0] * 8, 8), ([1.0, 500.0, 500.0], 2), ([1.0, math.nan], 2)):
        losses_in_turn(monkeypatch, values)
        told: list[Moment] = []
        sweep(num_it=8, tell=told.append)
        assert [moment.step for moment in told] == list(range(1, wanted + 1))
        assert [moment.progress for moment in told] == [*(step / 8 for step in range(1, wanted)), 1.0]


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_rates_and_smoothing_are_those_of_fastai(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = pytest.importorskip("fastai.callback.schedule")
    fastai_learner = pytest.importorskip("fastai.learner")
    values = (3 + torch.randn(100, generator=torch.Generator().manual_seed(0))).tolist()
    losses_in_turn(monkeypatch, values)
    rates, losses = sweep(stop_div=False)
    growth, smooth = schedule.SchedExp(1e-7, 10), fastai_learner.AvgSmoothLoss()
    smooth.reset()
    for step, value in enumerate(values):
        smooth.accumulate(type("Learner", (), {"loss": torch.tensor(value), "yb": ()}))
        assert rates[step] == pytest.approx(growth(step / 100), rel=1e-6)
        assert losses[step] == pytest.approx(float(smooth.value), rel=1e-6)
