"""Shares that are the same of each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelwise.data.pairs import Pair
from pixelwise.data.sequences import sequence_of
from pixelwise.data.split import decide_splits
from pixelwise.data.stratify import held_out

Shown = dict[Pair, frozenset[str]]


def photographs(count: int, **rare: tuple[int, ...]) -> Shown:
    """Pairs whose masks all show ground, and some of them more."""
    pairs = [Pair(Path(f"photo{chr(97 + i // 26)}{chr(97 + i % 26)}.png"), None) for i in range(count)]
    return {
        pair: frozenset(["ground", *(name for name, places in rare.items() if i in places)])
        for i, pair in enumerate(pairs)
    }


def frames(*classes: str) -> Shown:
    """Five frames of each sequence, which show ground and, of each letter, a class."""
    return {
        Pair(Path(f"street{i:02}_{frame:04}.png"), None): frozenset(["ground", *letters])
        for i, letters in enumerate(classes)
        for frame in range(5)
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_class_in_three_of_sixty_images_is_on_both_sides(seed: int) -> None:
    shown = photographs(60, crane=(7, 20, 41))
    splits, decisions = decide_splits({"": tuple(shown)}, None, seed, shown=shown)
    assert len(splits["val"]) == 12
    assert sum("crane" in shown[pair] for pair in splits["val"]) == 1
    assert (
        decisions[0].what == f"Validation: 12 of 60 images (20 %), drawn by name with seed {seed}, stratified by class"
    )
    assert decisions[0].why == "there is no val on disk; each class that masks show is on both sides"


def test_each_class_keeps_its_share_of_the_images() -> None:
    random = np.random.default_rng(0)
    rare = {f"class {i}": tuple(random.permutation(300)[: 5 * i]) for i in range(2, 12)}
    shown = photographs(300, **rare)
    splits, _ = decide_splits({"": tuple(shown)}, None, 0, shown=shown)
    assert len(splits["val"]) == 60
    for i in range(2, 12):
        assert abs(sum(f"class {i}" in shown[pair] for pair in splits["val"]) - i) <= 2


def test_images_of_one_class_each_are_shared_out_though_no_share_is_whole() -> None:
    showing = np.eye(37, dtype=np.int64).repeat(8, axis=0)  # 1.6 of each class are wanted
    chosen = held_out(np.ones(296, np.int64), showing, 59)
    assert chosen.sum() == 59
    assert set(showing[chosen].sum(axis=0)) == {1, 2}


def test_a_class_that_one_image_shows_is_learnt_and_said_to_be_too_rare() -> None:
    shown = photographs(60, crane=(0,), tower=(1, 2))
    for seed in range(8):
        splits, decisions = decide_splits({"": tuple(shown)}, None, seed, shown=shown)
        assert not any("crane" in shown[pair] for pair in splits["val"])
        assert decisions[0].why.endswith("; too rare to be on both sides: crane, tower")


def test_the_same_files_in_another_order_give_the_same_split() -> None:
    shown = photographs(60, crane=(7, 20, 41), tower=(1, 2, 3, 4, 5, 20))
    first, _ = decide_splits({"": tuple(shown)}, 0.3, 5, shown=shown)
    second, _ = decide_splits({"": tuple(reversed(shown))}, 0.3, 5, shown=shown)
    assert set(first["val"]) == set(second["val"])


def test_one_image_more_changes_few_others() -> None:
    shown = photographs(120, crane=(7, 20, 41), tower=tuple(range(30, 50)))
    before, _ = decide_splits({"": tuple(shown)}, None, 0, shown=shown)
    more = {**shown, Pair(Path("another.png"), None): frozenset(["ground", "tower"])}
    after, _ = decide_splits({"": tuple(more)}, None, 0, shown=more)
    assert len(set(before["val"]) ^ set(after["val"])) <= 4


def test_whole_sequences_are_stratified_and_stay_whole() -> None:
    shown = frames("", "t", "", "t", "", "", "t", "", "", "")
    for seed in range(6):
        splits, decisions = decide_splits({"": tuple(shown)}, None, seed, shown=shown)
        held = {sequence_of(pair.name) for pair in splits["val"]}
        assert held.isdisjoint(sequence_of(pair.name) for pair in splits["train"])
        assert len(splits["val"]) == 10
        assert sum("t" in shown[pair] for pair in splits["val"]) == 5
        assert decisions[0].what.endswith(", stratified by class")


def test_without_classes_the_first_by_lot_are_held_out() -> None:
    plain = photographs(60)
    splits, decisions = decide_splits({"": tuple(plain)}, None, 0)
    assert len(splits["val"]) == 12
    assert "stratified" not in decisions[0].what
    everywhere, _ = decide_splits({"": tuple(plain)}, None, 0, shown=plain)
    assert everywhere["val"] == splits["val"]
