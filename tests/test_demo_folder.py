"""Which run the demo removes before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.demo import remove_last_run
from pixelwise.errors import OutputError, RunError
from pixelwise.planning import Plan, Stage, TrainingSettings
from pixelwise.planning.plan import ModelSettings, TaskSettings
from pixelwise.training.run import Run, Source


def make_run(folder: Path, data: Path) -> None:
    stage = Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1)
    training = TrainingSettings(epochs=1, stages=(stage,))
    plan = Plan(model=ModelSettings(name="fcn"), task=TaskSettings(), training=training)
    Run.create(folder, Source(root=data.resolve()), plan)


def test_an_earlier_demo_is_removed(tmp_path: Path) -> None:
    make_run(tmp_path / "run", tmp_path / "data")
    remove_last_run(tmp_path / "run", tmp_path / "data")
    assert not (tmp_path / "run").exists()


def test_a_training_on_other_data_is_kept_and_refused(tmp_path: Path) -> None:
    make_run(tmp_path / "run", tmp_path / "mine")
    with pytest.raises(RunError, match=r"holds a training on .*mine, which is not the demo's\. Name another folder"):
        remove_last_run(tmp_path / "run", tmp_path / "data")
    assert (tmp_path / "run" / "config.yaml").exists()


def test_a_run_that_cannot_be_removed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    make_run(tmp_path / "run", tmp_path / "data")
    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(OutputError, match=r"cannot be removed \(Permission denied\)"):
        remove_last_run(tmp_path / "run", tmp_path / "data")
