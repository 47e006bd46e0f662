"""The space of a tuning, and candidates spread over it."""

from __future__ import annotations

from typing import Any

import pytest

from pixelwise.planning import Plan, apply_overrides
from pixelwise.planning.candidates import Candidate, candidate_plan, draw_candidates, encoders_to_try

STAGE = {"until": 1.0, "height": 256, "width": 320, "min_scale": 0.5, "max_scale": 1.0}


def plan_of(**task: Any) -> Plan:
    return Plan.model_validate(
        {
            "model": {"name": "lite_unet", "arguments": {"encoder": "tf_efficientnet_lite0"}},
            "task": {"name": "segmentation", "arguments": {"loss": "cross_entropy + 0.5*dice", **task}},
            "training": {"budget_seconds": 60.0, "stages": [STAGE]},
        }
    )


def values(plan: Plan, candidates: tuple[Candidate, ...], name: str) -> list[Any]:
    return [getattr(apply_overrides(plan, candidate).training, name) for candidate in candidates]


def test_the_first_candidate_is_the_plan_and_the_same_seed_draws_the_same_others() -> None:
    plan = plan_of()
    drawn = draw_candidates(plan, count=8, encoders=("tf_efficientnet_lite0", "test_resnet"), seed=1)
    assert drawn[0] == ()
    assert len(set(drawn)) == 8
    assert drawn == draw_candidates(plan, count=8, encoders=("tf_efficientnet_lite0", "test_resnet"), seed=1)
    assert drawn != draw_candidates(plan, count=8, encoders=("tf_efficientnet_lite0", "test_resnet"), seed=2)


def test_each_part_of_the_range_of_a_rate_is_taken_once() -> None:
    plan = plan_of()
    rates = sorted(values(plan, draw_candidates(plan, count=7), "learning_rate")[1:])
    assert rates[0] >= 1e-3
    assert rates[-1] <= 9e-3
    bounds = [1e-3 * 9 ** (part / 6) for part in range(7)]
    for rate, low, high in zip(rates, bounds, bounds[1:], strict=False):
        assert 0.95 * low <= rate <= 1.05 * high  # two figures


def test_all_choices_are_taken_equally_often_and_the_plan_takes_every_one() -> None:
    plan = plan_of()
    candidates = draw_candidates(plan, count=10)
    stages = values(plan, candidates, "stages")[1:]
    heights = [stage[0].height for stage in stages]
    assert sorted(heights) == [192] * 3 + [256] * 3 + [384] * 3
    assert {stage[0].min_scale for stage in stages if stage[0].height == 384} == {0.75}
    losses = [apply_overrides(plan, candidate).task.arguments["loss"] for candidate in candidates[1:]]
    assert {losses.count(loss) for loss in losses} == {3}
    assert "cross_entropy + 0.5*lovasz" in losses


def test_one_channel_gets_losses_of_one_channel() -> None:
    plan = plan_of(binary=True)
    losses = {apply_overrides(plan, candidate).task.arguments["loss"] for candidate in draw_candidates(plan, count=9)}
    assert "binary_cross_entropy + 0.5*lovasz" in losses


@pytest.mark.parametrize("fixed", ["training.learning_rate", "training"])
def test_what_was_settled_is_not_varied(fixed: str) -> None:
    plan = plan_of()
    changed = {
        change.partition("=")[0] for candidate in draw_candidates(plan, count=6, fixed=[fixed]) for change in candidate
    }
    assert not any(path.startswith(fixed) for path in changed)
    assert "task.arguments.loss" in changed


def test_a_candidate_says_why_it_differs_from_the_plan() -> None:
    plan = candidate_plan(plan_of(), ("training.batch_size=8",), "the best of 4")
    assert plan.training.batch_size == 8
    assert plan.decisions[-1] == ("training.batch_size = 8", "the best of 4")


def test_installed_encoders_are_tried_unless_others_are_asked_for() -> None:
    plan = plan_of()
    assert encoders_to_try(plan)[0] == "tf_efficientnet_lite0"
    assert encoders_to_try(plan, ["tf_efficientnet_lite0", "resnet18"]) == ("tf_efficientnet_lite0", "resnet18")
    alone = apply_overrides(plan, ["model={name: bisenet_v2, arguments: {}, pretrained: false}"])
    assert encoders_to_try(alone) == ()
