"""What a notebook prints."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pixelwise.artifact import MeasuredScores
from pixelwise.learner._looks import Looks
from pixelwise.training.display import Lines
from pixelwise.training.loop import Moment
from pixelwise.workflow import Verdict


def test_a_fit_after_an_interrupted_one_is_shown_from_its_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for progress in (0.05, 0.65, 0.05, 0.15, 0.19, 1.0, 1.0):
        lines.moment(Moment(1, 0.0, progress, 1.0, 0.1, 1.0), math.nan, None)
    assert [line[:4] for line in capsys.readouterr().out.splitlines()] == [" 65%", " 15%", "100%", "100%"]


def test_the_newest_score_says_after_which_epoch_it_was_taken() -> None:
    verdict = Verdict("miou", "mIoU", 0.5, MeasuredScores(split="val", values={}, protocol=""), None)
    subject = SimpleNamespace(validation=["a pair"], judge=lambda *_: verdict)
    looks = Looks(cast(Any, subject), cast(Any, lambda model: None), always=True)
    looks(cast(Any, SimpleNamespace(model=None, training=SimpleNamespace(epoch=2.0))))
    assert looks.newest == "val mIoU 0.500 at epoch 2.0"
