"""A run is resumed on the data that it began with, and on no others; the refusal says what is different."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pixelwise.errors import RunError
from pixelwise.training.run import Run
from pixelwise.workflow.changes import found_in, refuse_other_data

CLASSES = {"names": ["sky", "road"], "values": [0, 1], "ignore_values": [], "binary": False}
FOUND: dict[str, Any] = {
    "format": "paired_folders",
    "hash": "aaa",
    "images": {"train": 10, "val": 2},
    "sizes": [{"height": 4, "width": 4, "images": 12}],
    "classes": CLASSES,
    "class_pixels": {"train": [100, 60], "val": [20, 12]},
    "class_shares": {"train": [0.6, 0.4], "val": [0.6, 0.4]},
}


def data(**changes: Any) -> Any:
    found = {**FOUND, **changes}
    return SimpleNamespace(digest=found["hash"], fingerprint=lambda: found)


def run(**found: Any) -> Run:
    source = SimpleNamespace(root=Path("streets"), fingerprint="aaa", found=found)
    return cast(Run, SimpleNamespace(source=source, folder=Path("runs/a")))


def test_the_same_data_are_let_through_and_others_are_not() -> None:
    outcomes = []
    for found in (data(), data(hash="bbb")):
        try:
            refuse_other_data(run(**found_in(data())), found)
            outcomes.append("let through")
        except RunError:
            outcomes.append("refused")
    assert outcomes == ["let through", "refused"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"images": {"train": 13, "val": 3}},
            "began with: there are 16 images (train 13, val 3) instead of 12 images (train 10, val 2). Bring them back",
        ),
        (
            {"classes": {**CLASSES, "names": ["sky", "road", "car"], "values": [0, 1, 2]}},
            "began with: the classes are sky, road, car (3) instead of sky, road (2). Bring",
        ),
        (
            {"classes": {**CLASSES, "ignore_values": [255]}},
            "the classes are stored otherwise (ignore values [255] instead of [])",
        ),
        (
            {"format": "voc", "images": {"train": 10}},
            "there are 10 images (train 10) instead of 12 images (train 10, val 2); the format is voc instead of "
            "paired_folders",
        ),
        ({"class_pixels": {"train": [90, 70], "val": [20, 12]}}, "the masks show other pixels of the same classes"),
        ({}, "files, sizes or masks are others, of the same number and classes"),
    ],
)
def test_the_refusal_says_what_is_different(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RunError) as error:
        refuse_other_data(run(**found_in(data())), data(hash="bbb", **changes))
    assert "The data in streets are not those that the training in runs/a began with" in str(error.value)
    assert sentence in str(error.value)


def test_a_run_that_remembers_no_numbers_is_refused_in_general_words() -> None:
    with pytest.raises(RunError, match="files, sizes, masks or classes are others"):
        refuse_other_data(run(), data(hash="bbb"))
