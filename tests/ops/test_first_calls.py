"""Elementwise functions are called by one thread alone before several may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from pixelwise.artifact import Component, Description
from pixelwise.data.classes import Classes
from pixelwise.inference import predictor
from pixelwise.ops import first_calls
from pixelwise.planning import build_component, make_plan
from pixelwise.training import loop
from pixelwise.workflow import building
from tests.planning.test_plan import data
from tests.training.drawn import new_training


def test_each_function_is_called_once_for_each_type_and_for_too_few_numbers_to_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: Counter[tuple[str, torch.dtype, int]] = Counter()

    def watched(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def call(number: Tensor) -> Tensor:
            calls[function.__name__, number.dtype, number.numel()] += 1
            result = function(number)
            assert result.isfinite().all()
            return result

        return call

    monkeypatch.setattr(first_calls, "_FUNCTIONS", tuple(map(watched, first_calls._FUNCTIONS)))
    first_calls.make_first_calls.cache_clear()
    first_calls.make_first_calls()
    first_calls.make_first_calls()
    assert set(calls.values()) == {1}
    assert len(calls) == 2 * len(first_calls._FUNCTIONS)
    assert {dtype for _, dtype, _ in calls} == {torch.float32, torch.float64}
    assert {count for _, _, count in calls} == {1}


def test_a_training_and_a_predictor_make_them_before_they_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    for module in (loop, predictor):
        monkeypatch.setattr(module, "make_first_calls", lambda name=module.__name__: called.append(name))
    training = new_training()
    assert called == [loop.__name__]
    described = Description(
        model=Component(name="lite_unet", arguments={"out_channels": 3, "encoder": "test_resnet"}),
        task=Component(name="segmentation", arguments={"num_classes": 3}),
        classes=Classes(("road", "sky", "car"), (0, 1, 2), (), ((0, 0, 0), (1, 1, 1), (2, 2, 2)), False),
    )
    predictor.Predictor(training.model, described, device="cpu", precision="fp32")
    assert called == [loop.__name__, predictor.__name__]


def test_a_network_is_built_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    usual = build_component

    def watched(kind: str, *arguments: Any) -> Any:
        called.append(kind)
        return usual(kind, *arguments)

    monkeypatch.setattr(building, "make_first_calls", lambda: called.append("first calls"))
    monkeypatch.setattr(building, "build_component", watched)
    building.build(make_plan(data(), encoder="test_resnet", pretrained=False))
    assert called == ["first calls", "task", "model"]
