"""What ends a training is told among the decisions of its plan, and by whom it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.planning import Plan, apply_overrides, change_training, make_picture_plan, make_plan, read_recipe
from pixelwise.planning.length import end_in_words, is_end
from tests.planning.test_plan import data

WALL_TIME = "asked for; it is the wall time of the whole command"


def ends(plan: Plan) -> list[tuple[str, str]]:
    return [decision for decision in plan.decisions if is_end(decision[0])]


@pytest.mark.parametrize(
    ("epochs", "seconds", "words"),
    [
        (40.0, None, "40 epochs"),
        (1.0, None, "1 epoch"),
        (0.5, None, "0.5 epochs"),
        (None, 420.0, "a budget of 7 minutes"),
        (None, 90.0, "a budget of 1 minute 30 seconds"),
        (None, 7201.0, "a budget of 2 hours 1 second"),
        (None, 2.5, "a budget of 2.5 seconds"),
        (None, float("inf"), "a budget of inf seconds"),
    ],
)
def test_what_ends_a_training_in_words(epochs: float | None, seconds: float | None, words: str) -> None:
    assert end_in_words(epochs, seconds) == words
    assert is_end(words)


@pytest.mark.parametrize("decision", ["model fcn with encoder resnet18", "training.epochs = 3", "views of 32 × 32"])
def test_other_decisions_are_about_other_things(decision: str) -> None:
    assert not is_end(decision)


def test_a_plan_says_what_ends_it_and_why() -> None:
    assert ends(make_plan(data(), budget_seconds=420)) == [("a budget of 7 minutes", WALL_TIME)]
    assert ends(make_plan(data(), epochs=3)) == [("3 epochs", "asked for")]
    assert ends(make_plan(data())) == [("100 epochs", "1 training images; --budget or --epochs says otherwise")]


def test_a_plan_for_pictures_says_so_too() -> None:
    pictures = Pictures(Path("data"), "pairs", {"train": (Pair(Path("0.png"), None),)}, {(64, 64): 1})
    plan = make_picture_plan(pictures, "restoration", {}, pretrained=False, budget_seconds=60)
    assert ends(plan) == [("a budget of 1 minute", WALL_TIME)]


def test_a_recipe_is_named_as_where_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("training: {budget_seconds: 60}")
    recipe = read_recipe(file)
    plan = recipe.applied(make_plan(data(), budget_seconds=recipe.budget_seconds))
    assert ends(plan) == [("a budget of 1 minute", f"asked for ({file}); it is the wall time of the whole command")]
    asked = recipe.completed(epochs=3.0)
    assert ends(asked.applied(make_plan(data(), epochs=asked.epochs))) == [("3 epochs", "asked for")]


def test_an_end_that_is_replaced_is_told_no_more() -> None:
    plan = apply_overrides(make_plan(data()), ["training.epochs=5"])
    assert ends(plan) == []
    assert ("training.epochs = 5", "asked for (--set)") in plan.decisions
    assert ends(change_training(make_plan(data()), epochs=5)) == []
    assert len(ends(change_training(make_plan(data()), rotation=0))) == 1
