"""What a resume changes is told with what was before; what it cannot change is refused without the data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import pytest

from pixelwise.errors import RunError, SettingError
from pixelwise.planning import Plan, Stage, TrainingSettings
from pixelwise.planning.plan import ModelSettings, TaskSettings
from pixelwise.training.run import Run, Source, Unlabelled
from pixelwise.workflow import replanning
from pixelwise.workflow.replanning import refuse_too_few_epochs, replanned

STAGE = Stage(until=1, height=32, width=32, min_scale=0.5, max_scale=1)
FOUR_EPOCHS = MappingProxyType({"epochs": 4})
ROWS = [{"step": 10, "epoch": 2.0}, {"step": 20, "epoch": 4.0}, {"step": 30, "epoch": 6.0}]


def run(
    ends: Mapping[str, float] = FOUR_EPOCHS,
    *,
    separate: bool = False,
    root: Path = Path("streets"),
    unlabelled: Unlabelled | None = None,
) -> Run:
    plan = Plan(
        model=ModelSettings(name="segformer", arguments={"encoder": "test_resnet"}),
        task=TaskSettings(arguments={"num_classes": 3, "loss": "ce"}),
        training=TrainingSettings(**cast(Any, ends), stages=(STAGE,)),
        decisions=(("4 epochs", "10 training images"), ("training.flip = true", "asked for (--set)")),
    )
    source = Source(root=root, separate=separate, unlabelled=unlabelled)
    folder = SimpleNamespace(plan=plan, source=source, folder=Path("runs/a"), report=Path("none"), history=lambda: ROWS)
    return cast(Run, folder)


def test_each_change_is_told_with_what_was_before() -> None:
    overrides = ["training={flip: false, rotation: 5.0}", "task.arguments.loss=dice", "model.arguments.dropout=0.3"]
    plan, told = replanned(run(), epochs=8, overrides=overrides)
    assert told == (
        ("8 epochs", "asked for on a resume, instead of 4 epochs"),
        ("model.arguments.dropout = 0.3", "asked for on a resume, instead of null"),
        ("task.arguments.loss = dice", "asked for on a resume, instead of ce"),
        ("training.flip = false", "asked for on a resume, instead of true"),
    )
    assert plan.decisions == told
    assert (plan.training.epochs, plan.training.flip, plan.task.arguments["loss"]) == (8, False, "dice")


@pytest.mark.parametrize(
    "how", [{"budget_seconds": 420.0}, {"overrides": ["training={epochs: null, budget_seconds: 420}"]}]
)
def test_a_budget_is_told_to_count_from_the_resume(how: dict[str, Any]) -> None:
    plan, told = replanned(run(), **how)
    assert told == (("a budget of 7 minutes", "asked for on a resume, from which it counts, instead of 4 epochs"),)
    assert plan.decisions == (("training.flip = true", "asked for (--set)"), *told)


def test_without_changes_nothing_is_told() -> None:
    before = run()
    assert replanned(before) == (before.plan, ())


@pytest.mark.parametrize(
    "override",
    [
        "model.name=unet",
        "model.arguments.encoder=resnet18",
        "model.arguments.width=8",
        "task.arguments.num_classes=4",
    ],
)
def test_another_network_is_refused_with_what_can_be_changed(override: str) -> None:
    with pytest.raises(RunError) as caught:
        replanned(run(), overrides=[override])
    said = str(caught.value)
    assert said.startswith(f"{override.partition('=')[0]} would make another network than that of runs/a")
    assert "--epochs, --budget, and --set with training.… or task.arguments.loss=…" in said
    assert said.endswith("train anew: pixelwise train streets")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("task.arguments.loss=dise", "There is no loss called 'dise'. Did you mean 'dice'?"),
        ("task.arguments.loss=bce", "is for one channel, object against background, but there are 3 classes"),
        ("task.arguments.lose=ce", "There is no argument of the task 'segmentation' called 'lose'."),
        ("model.arguments.dropuot=0", "There is no argument of the model 'segformer' called 'dropuot'."),
    ],
)
def test_what_cannot_be_built_is_refused(override: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        replanned(run(), overrides=[override])
    assert words in str(caught.value)


def test_a_loss_without_weights_of_pixels_is_refused_where_near_objects_are_kept_apart(tmp_path: Path) -> None:
    assert replanned(run(), overrides=["task.arguments.loss=dice"])
    with pytest.raises(SettingError, match=r"which the loss 'dice' does not take into account"):
        replanned(run(separate=True), overrides=["task.arguments.loss=dice"])
    (tmp_path / "dataset.yaml").write_text("separate: true\n")
    with pytest.raises(SettingError, match=r"which the loss .dice. does not take into account"):
        replanned(run(root=tmp_path), overrides=["task.arguments.loss=dice"])


def test_a_batch_that_processes_cannot_share_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replanning, "world_size", lambda: 3)
    with pytest.raises(SettingError, match=r"batch_size is 4, but 3 processes share each batch"):
        replanned(run())
    assert replanned(run(), overrides=["training.batch_size=6"])


@pytest.mark.parametrize(
    ("ends", "epochs", "step", "words"),
    [
        ({"epochs": 8}, 4, 20, "has had 4 epochs by now, and --epochs counts from its beginning, so that 4 would end"),
        ({"epochs": 8}, 2, 20, "For 2 more, give --epochs 6."),
        ({"budget_seconds": 60}, 3, 30, "has had 6 epochs by now"),
        ({"epochs": 8}, 5, 20, ""),
        ({"epochs": 4}, 4, 20, ""),  # killed while it was scored
        ({"epochs": 8}, 2, 0, ""),
    ],
)
def test_fewer_epochs_than_there_were_are_refused(ends: dict[str, float], epochs: float, step: int, words: str) -> None:
    begun = run(ends)
    plan, _ = replanned(begun, epochs=epochs)
    said = ""
    try:
        refuse_too_few_epochs(begun, plan, step)
    except RunError as error:
        said = str(error)
    assert words in said
    assert bool(words) == bool(said)


def test_a_batch_that_unlabelled_images_find_no_place_in_is_refused() -> None:
    unlabelled = Unlabelled(folder=Path("more"), run=Path("runs/a"), digest="")
    with pytest.raises(SettingError, match=r"training\.batch_size is 1, but --unlabelled takes an image with a mask"):
        replanned(run(unlabelled=unlabelled), overrides=["training.batch_size=1"])
    assert replanned(run(unlabelled=unlabelled), overrides=["training.batch_size=2"])[0].training.batch_size == 2
    assert replanned(run(), overrides=["training.batch_size=1"])[0].training.batch_size == 1
