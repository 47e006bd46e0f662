"""What a command prints while it works, where there is no terminal."""

from __future__ import annotations

import pytest

from pixelwise.cli.console import ConsoleDisplay
from pixelwise.training.moment import Moment


def test_a_second_training_prints_its_progress_too(capsys: pytest.CaptureFixture[str]) -> None:
    with ConsoleDisplay() as display:
        for progress in (0.4, 1.0, 0.05, 0.4):  # as of a teacher and its student, or of the trials of a search
            display.moment(Moment(1, 1.0, progress, 0.5, 1e-3, 1.0), 1.0, None)
    said = [line.split("%")[0] for line in capsys.readouterr().err.splitlines()]
    assert [words.split() for words in said] == [["Training", share] for share in ("40", "100", "5", "40")]


def test_long_work_says_every_minute_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConsoleDisplay() as display:
        for done, now in enumerate((0.0, 50.0, 61.0, 70.0, 130.0, 140.0), 1):
            monkeypatch.setattr("pixelwise.cli.console.time.monotonic", lambda now=now: now)
            display.working("Predicting", done, 6)
    assert capsys.readouterr().err.splitlines() == ["Predicting: 3 of 6", "Predicting: 5 of 6", "Predicting: 6"]
