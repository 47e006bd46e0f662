"""Going on with a training, and what a refused command leaves: nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixelwise.data import understand
from pixelwise.planning.length import is_end
from pixelwise.training.checkpoint import load_checkpoint, newest_manifest, save_checkpoint
from pixelwise.training.run import Run
from pixelwise.workflow import Masks, job
from tests.cli.conftest import TINY, Command, draw_data


def facts_of(run: Path) -> dict[str, Any]:
    manifest = newest_manifest(run / "checkpoints")
    assert manifest is not None
    facts: dict[str, Any] = manifest["facts"]
    return facts


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--epochs", "0"], "training.epochs must be above 0, not 0."),
        (["--set", "training.epochs=null"], "either epochs nor budget_seconds is given"),
        (["--set", "training.rotation=["], "cannot be read as YAML"),
        (
            ["--epochs", "8", "--set", "model.arguments.widths=[8, 8, 8, 8, 8]"],
            "would make another network than that of",
        ),
        (["--set", "model.name=fcn"], "model.name would make another network than that of"),
        (["--epochs", "8", "--set", "model.pretrained=true"], "model.pretrained says which weights a training begins"),
        (["--epochs", "2"], "has had 4 epochs by now, and --epochs counts from its beginning"),
        (["--epochs", "4"], "is finished"),
        (["--epochs", "8", "--set", "task.arguments.foo=1"], "no argument of the task 'segmentation' called 'foo'"),
        (["--set", "training.learning_rate=0.001"], "is finished"),
    ],
)
def test_a_refused_resume_changes_nothing_and_reads_no_data(
    arguments: list[str], sentence: str, run: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the data were read")

    monkeypatch.setattr(understand, "scan_pairs", never)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    printed = pixelwise("resume", run, *arguments)
    assert printed.code == 2
    assert sentence in printed.err
    assert "Traceback" not in printed.err
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_run_that_was_killed_while_its_folder_was_made_gets_its_splits(run: Path, pixelwise: Command) -> None:
    splits = run / "splits.json"
    before = splits.read_bytes()
    for written_later in (splits, run / "report.html", run / "model.safetensors", run / "metrics.jsonl"):
        written_later.unlink()
    shutil.rmtree(run / "checkpoints")
    printed = pixelwise("resume", run)
    assert printed.code == 0
    assert f"There is no checkpoint in {run / 'checkpoints'}: the training begins anew.\n" in printed.err
    assert splits.read_bytes() == before


def test_a_finished_run_whose_checkpoints_are_gone_keeps_its_model(run: Path, pixelwise: Command) -> None:
    shutil.rmtree(run / "checkpoints")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for wish in ("--epochs=8", "--budget=10m"):
        printed = pixelwise("resume", run, wish)
        assert printed.code == 2
        assert "is finished, and there is no checkpoint in" in printed.err
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_budget_that_a_resume_gives_counts_from_now(run: Path, pixelwise: Command) -> None:
    wishes = ("--set", "training.epochs=null", "--set", "training.budget_seconds=7")
    before = facts_of(run)
    assert pixelwise("resume", run, *wishes).code == 0
    after = facts_of(run)
    assert after["step"] > before["step"]
    assert after["budget_seconds"] == 7
    assert before["seconds"] < after["available"] < before["seconds"] + 7


def test_the_seed_of_the_split_is_kept_apart_from_that_of_the_training(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    run = tmp_path / "run"
    arguments = ("--epochs=1", "--seed=3", *TINY)
    assert pixelwise("train", data, "-o", run, *arguments).code == 0
    printed = pixelwise("resume", run, "--epochs=2", "--set", "training.seed=5")
    assert printed.code == 0, printed.err
    assert Run(run).source.seed == 3
    assert Run(run).plan.training.seed == 5


def test_a_seed_beside_a_recipe_is_that_of_the_split_and_of_the_training(
    data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    (tmp_path / "mine.yaml").write_text("training: {seed: 3}")
    run, recipe = tmp_path / "run", f"--config={tmp_path / 'mine.yaml'}"
    printed = pixelwise("train", data, "-o", run, "--epochs=1", "--seed=7", recipe, *TINY)
    assert printed.code == 0, printed.err
    assert Run(run).plan.training.seed == 7
    assert Run(run).source.seed == 7


def test_what_a_run_held_out_is_found_through_a_link_to_its_folder(
    finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    (tmp_path / "link").symlink_to(data, target_is_directory=True)
    printed = pixelwise("evaluate", finished_run, tmp_path / "link", "--json", "--precision=fp32")
    assert printed.code == 0, printed.err
    assert "Scored on the images that this training held out" in printed.err
    scored = json.loads(printed.out)
    assert scored["split"] == "val"
    assert scored["images"] == len(Run(finished_run).splits()["val"])


@pytest.mark.parametrize("fault", ["budget", "image"])
def test_a_training_that_is_refused_before_its_first_step_leaves_no_folder(
    fault: str, tmp_path: Path, pixelwise: Command
) -> None:
    root = draw_data(tmp_path / "data")
    wishes = ("--budget=1s",) if fault == "budget" else ("--epochs=1",)
    if fault == "image":
        for path in (root / "images").iterdir():
            path.write_bytes(path.read_bytes()[:-40])
    printed = pixelwise("train", root, "-o", tmp_path / "run", *wishes, *TINY)
    assert printed.code == 2
    assert not (tmp_path / "run").exists()


def test_changes_are_stated_with_what_was_before(run: Path, pixelwise: Command) -> None:
    printed = pixelwise("resume", run, "--epochs=5", "--set", "training.flip=false")
    assert printed.code == 0
    decisions = yaml.safe_load((run / "config.yaml").read_text())["plan"]["decisions"]
    for what, why in (("5 epochs", "4 epochs"), ("training.flip = false", "true")):
        assert [what, f"asked for on a resume, instead of {why}"] in decisions
        assert f"  - {what}\n      asked for on a resume, instead of {why}\n" in printed.err
    assert [what for what, _ in decisions if is_end(what)] == ["5 epochs"]


def test_ctrl_c_while_scoring_says_how_to_go_on_and_the_old_report_is_gone(
    run: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Masks, "judge", interrupted)
    monkeypatch.setattr(job, "_LOOKS", 0.5)
    printed = pixelwise("resume", run, "--epochs=5")
    assert printed.code == 130
    assert f"Go on with: pixelwise resume {run}" in printed.err
    assert not (run / "report.html").exists()
    monkeypatch.undo()
    assert pixelwise("resume", run).code == 0
    assert (run / "report.html").exists()


def test_a_checkpoint_needs_no_pretrained_weights_and_remembers_where_they_came_from(
    run: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("pretrained: false", "pretrained: true"))
    checkpoint = load_checkpoint(run / "checkpoints", print)
    assert checkpoint is not None
    weights = {"source": "timm/somewhere", "licence": "cc-by-nc-4.0"}
    save_checkpoint(run / "checkpoints", checkpoint[0], {**checkpoint[1], "weights": weights})
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    printed = pixelwise("resume", run, "--epochs=5")
    assert printed.code == 0, printed.err
    assert "Encoder weights: timm/somewhere, licence cc-by-nc-4.0" in printed.err
    assert "forbids commercial use" in printed.err
    assert facts_of(run)["weights"] == weights


def test_leftovers_of_a_kill_are_removed(run: Path, pixelwise: Command) -> None:
    leftovers = [run / ".pixelwise-1-aa.tmp", run / "checkpoints" / ".pixelwise-1-bb.tmp"]
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    assert pixelwise("resume", run, "--epochs=5").code == 0
    assert not any(leftover.exists() for leftover in leftovers)
