"""The demo as a newcomer runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pixelwise.artifact import load


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_learns_streets_that_it_has_never_seen(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pixelwise", "demo", "-o", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    _, description = load(tmp_path / "run")
    assert description.scores is not None
    miou = description.scores.values["miou"]
    assert miou is not None
    assert miou > 0.75
    with Image.open(tmp_path / "results.png") as sheet:
        assert sheet.width >= 1000
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 4
    assert "pixelwise predict" in result.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_kills_at_random_moments_leave_no_trace() -> None:
    script = Path(__file__).parents[1] / "benchmarks" / "kill_and_resume.py"
    result = subprocess.run([sys.executable, str(script), "--kills", "5"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 of 5 equal to the bit" in result.stdout
    assert "0 orphan processes" in result.stdout
