"""`pixelwise tune` and `pixelwise train --unlabelled`, from a folder to a model."""

from __future__ import annotations

import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from pixelwise.inference import load
from pixelwise.workflow import job, trials
from tests.cli.conftest import TINY, Command, draw_data


def test_a_tuning_says_that_it_needs_a_budget(pixelwise: Command, data: Path) -> None:
    printed = pixelwise("tune", data)
    assert printed.code == 2
    assert "say how long, such as --budget 2h" in printed.err


def test_a_tuning_leaves_the_best_model_a_table_and_the_command_that_repeats_it(
    pixelwise: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_SPARE_SECONDS", 0.0)
    monkeypatch.setattr(job, "_LEAST_SECONDS", 0.1)
    monkeypatch.setattr(trials, "_OVERHEAD", -0.8)
    run = tmp_path / "run"
    printed = pixelwise("tune", data, "-o", run, "--budget", "5s", "--trials", "2", *TINY)
    assert printed.code == 0, printed.err
    assert load(run).classes.names == ("sky", "ground", "box")
    assert (run / "tuning.json").is_file()
    assert (run / "trials" / "02" / "model.safetensors").is_file()
    page = (run / "tuning.html").read_text()
    assert "What was tried" in page
    assert "the best of 2 candidates" in (run / "report.html").read_text()
    lines = printed.out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    table = next(place for place, line in enumerate(lines) if line.startswith("trial"))
    names = [line.split()[0] for line in lines[table + 1 : table + 4]]
    assert names[0] == "best"
    assert sorted(names[1:]) == ["01", "02"]
    again = shlex.split(next(line for line in lines if line.startswith("Again:")))
    assert "--budget" in again
    told = [change for option, change in pairwise(again) if option == "--set"]
    assert {"training.batch_size=4", "training.precision=fp32"} < set(told)
    names = [change.partition("=")[0] for change in told]
    assert len(names) == len(set(names))
    refused = pixelwise("tune", data, "-o", run, "--budget", "5s", "--trials", "2", *TINY)
    assert refused.code == 2
    assert "is finished" in refused.err


def test_unlabelled_images_end_in_a_model_and_a_report_that_says_so(
    pixelwise: Command, data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    unlabelled = draw_data(tmp_path / "more", count=5, seed=1) / "images"
    shutil.copy(data / "images" / "picture_00.png", unlabelled / "copy.png")
    printed = pixelwise("train", data, "-o", run, "--epochs=1", "--unlabelled", unlabelled, *TINY)
    assert printed.code == 0, printed.err
    assert "The student learns from the labelled images and from" in printed.err
    assert load(run).classes.names == ("sky", "ground", "box")
    told = "Unlabelled images: 1 of 6 are left out"
    assert told in printed.err
    report = (run / "report.html").read_text()
    assert told in report
    assert "of 5 images are learnt from" in report


def test_unlabelled_images_that_are_none_are_refused_before_anything_is_made(
    pixelwise: Command, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    printed = pixelwise("train", data, "-o", tmp_path / "run", "--unlabelled", tmp_path / "empty")
    assert printed.code == 2
    assert "holds no image. --unlabelled takes a folder of images" in printed.err
    assert not (tmp_path / "run").exists()


def test_pictures_have_no_unlabelled_images(pixelwise: Command, data: Path) -> None:
    printed = pixelwise("train", data, "--task=restoration", "--unlabelled", data)
    assert printed.code == 2
    assert "--unlabelled is for masks, and the task restoration learns pictures" in printed.err
