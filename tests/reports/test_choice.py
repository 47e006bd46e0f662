"""Images that are shown are unlike each other, where there is a choice."""

from __future__ import annotations

import math

from pixelwise.reports.choice import choose


def chosen(names: list[str], scores: list[float], count: int = 2) -> dict[str, list[str]]:
    return {str(group): [names[i] for i in places] for group, places in choose(names, scores, count)}


def test_images_of_different_sequences_are_taken_first() -> None:
    names = ["a_1", "a_2", "b_1", "a_3", "b_2", "b_3", "a_4", "a_5", "b_4"]
    found = chosen(names, [i / 10 for i in range(9)])
    assert found == {"best": ["b_4", "a_5"], "median": ["a_4", "b_3"], "worst": ["a_1", "b_1"]}


def test_in_one_sequence_those_far_apart_are_taken() -> None:
    names = [f"frame_{i:03}" for i in range(60)]
    worst = chosen(names, [i / 60 for i in range(60)])["worst"]
    assert worst == ["frame_000", "frame_006"]


def test_neighbours_are_shown_where_there_is_nothing_else() -> None:
    assert chosen(["x_1", "x_2", "x_3"], [0.3, 0.1, 0.2], count=2)["worst"] == ["x_2"]
    found = chosen([f"f{i:02}" for i in range(30)], [i / 30 for i in range(30)], count=5)["worst"]
    assert found == ["f00", "f01", "f03", "f06", "f09"]


def test_images_without_a_score_are_left_out() -> None:
    assert chosen(["a", "b"], [math.nan, 0.5])["best"] == ["b"]
    assert all(places == [] for places in chosen(["a"], [math.nan]).values())
