"""The folder of a run: what a training that was killed leaves in it, and what the next one finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.ops.files import writable_folder
from pixelwise.planning import Plan, Stage, TrainingSettings
from pixelwise.planning.plan import ModelSettings, TaskSettings
from pixelwise.training.run import Run, Source


@pytest.mark.parametrize(
    ("step", "left"),
    [
        (20, ["0000010.png", "0000020.png", "curves.png", "mine.png"]),
        (10, ["0000010.png", "mine.png"]),
    ],
)
def test_pictures_and_curves_of_steps_that_are_taken_again_are_dropped(
    step: int, left: list[str], tmp_path: Path
) -> None:
    training = TrainingSettings(epochs=1, stages=(Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1),))
    plan = Plan(model=ModelSettings(name="fcn"), task=TaskSettings(), training=training)
    run = Run.create(tmp_path / "run", Source(root=tmp_path / "data"), plan)
    for logged in (10, 20):
        run.log({"step": logged, "loss": 0.5})
    for name in ("0000010", "0000020", "curves", "mine"):
        (writable_folder(run.sheets) / f"{name}.png").write_bytes(b"")
    run.forget_after(step)
    assert sorted(path.name for path in run.sheets.iterdir()) == left
    assert [row["step"] for row in run.history()] == [number for number in (10, 20) if number <= step]
