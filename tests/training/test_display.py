"""What a notebook prints."""

from __future__ import annotations

import math

import pytest

from pixelwise.training.display import Lines
from pixelwise.training.loop import Moment


def test_a_fit_after_an_interrupted_one_is_shown_from_its_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for progress in (0.05, 0.65, 0.05, 0.15, 0.19, 1.0, 1.0):
        lines.moment(Moment(1, 0.0, progress, 1.0, 0.1, 1.0), math.nan, None)
    assert [line[:4] for line in capsys.readouterr().out.splitlines()] == [" 65%", " 15%", "100%", "100%"]
