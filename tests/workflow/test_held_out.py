"""Which run a model comes from, whose held-out images it is then scored on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.planning import Plan, Stage, TrainingSettings
from pixelwise.planning.plan import ModelSettings, TaskSettings
from pixelwise.training.run import Run, Source
from pixelwise.workflow import run_of


@pytest.fixture
def run(tmp_path: Path) -> Run:
    stage = Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1)
    training = TrainingSettings(epochs=1, stages=(stage,))
    plan = Plan(model=ModelSettings(name="fcn"), task=TaskSettings(), training=training)
    made = Run.create(tmp_path / "run", Source(root=tmp_path / "data"), plan)
    for name in ("model.safetensors", "best.safetensors"):
        (made.folder / name).write_bytes(b"weights")
    return made


def test_a_run_is_found_by_its_folder_and_by_its_model_file(run: Run) -> None:
    for model in (run.folder, run.artifact):
        found = run_of(model)
        assert found is not None
        assert found.folder == run.folder
    assert run_of(run.folder / "best.safetensors") is None


@pytest.mark.parametrize("name", ["model.safetensors", "best.safetensors"])
def test_a_model_beside_the_settings_of_another_program_is_of_no_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("trainer: {max_epochs: 3}")
    (tmp_path / name).write_bytes(b"weights")
    assert run_of(tmp_path / name) is None
    assert run_of(tmp_path) is None
