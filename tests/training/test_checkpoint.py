"""What is on disk of a training: two checkpoints, each of which is whole or not used."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.torn_checkpoints import FAULTS, torn_rounds
from pixelwise.errors import OutputError, RunError
from pixelwise.training import checkpoint
from pixelwise.training.checkpoint import forget_checkpoints_after, load_checkpoint, newest_manifest, save_checkpoint


def never(text: str) -> None:
    raise AssertionError(text)


def save_steps(folder: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(folder, {"a": torch.full((50,), step)}, {"step": step, "seconds": step / 3})


def flip(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(3, 4), "b": torch.tensor(5)}
    save_checkpoint(tmp_path, tensors, {"step": 12, "seconds": 3.5})
    loaded = load_checkpoint(tmp_path, never)
    assert loaded is not None
    assert all(torch.equal(tensors[name], loaded[0][name]) for name in tensors)
    assert loaded[1] == {"step": 12, "seconds": 3.5}


def test_the_last_two_are_kept_and_the_newest_is_loaded(tmp_path: Path) -> None:
    save_steps(tmp_path, 1, 2, 3)
    names = [f"step-00000000{step}.{kind}" for step in (2, 3) for kind in ("json", "safetensors")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    loaded = load_checkpoint(tmp_path, never)
    assert loaded is not None
    assert loaded[1] == {"step": 3, "seconds": 1.0}
    manifest = newest_manifest(tmp_path)
    assert manifest is not None
    assert manifest["facts"]["step"] == 3


def test_a_second_save_of_a_step_leaves_the_one_before_it(tmp_path: Path) -> None:
    save_steps(tmp_path, 4, 9, 9)
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["step-000000004", "step-000000009"]


def test_a_folder_without_one_gives_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, never) is None
    assert newest_manifest(tmp_path) is None


@pytest.mark.parametrize("kind", ["json", "safetensors"])
def test_a_changed_newest_one_gives_way_to_the_one_before_in_one_line_with_both_steps(
    kind: str, tmp_path: Path
) -> None:
    save_steps(tmp_path, 10, 20)
    changed = tmp_path / f"step-000000020.{kind}"
    flip(changed, place=20)
    said: list[str] = []
    loaded = load_checkpoint(tmp_path, said.append)
    assert loaded is not None
    assert loaded[0]["a"].eq(10).all()
    assert len(said) == 1
    assert f"{changed} has changed since it was written at step 20" in said[0]
    assert "going on from the one before it, of step 10." in said[0]


@pytest.mark.parametrize("kind", ["json", "safetensors"])
def test_where_none_is_whole_none_is_loaded(kind: str, tmp_path: Path) -> None:
    save_steps(tmp_path, 10, 20)
    for step in (10, 20):
        path = tmp_path / f"step-0000000{step}.{kind}"
        path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(RunError, match=r"at step 20.*; .*at step 10.*\. No whole checkpoint is left"):
        load_checkpoint(tmp_path, never)


def test_missing_tensors_are_a_change(tmp_path: Path) -> None:
    save_steps(tmp_path, 10)
    (tmp_path / "step-000000010.safetensors").unlink()
    with pytest.raises(RunError, match="of step 10, cannot be read"):
        load_checkpoint(tmp_path, never)


def test_a_manifest_of_another_layout_is_refused_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"file": "x", "sha256": "00", "facts": {"step": 3}}')
    with pytest.raises(RunError, match="has changed since it was written"):
        load_checkpoint(tmp_path, never)


def test_tensors_that_no_manifest_names_yet_are_not_loaded(tmp_path: Path) -> None:
    save_steps(tmp_path, 10)
    (tmp_path / "step-000000020.safetensors").write_bytes(b"a kill came before the manifest")
    loaded = load_checkpoint(tmp_path, never)
    assert loaded is not None
    assert loaded[1]["step"] == 10


def test_what_came_after_a_step_is_forgotten_so_that_a_changed_one_is_not_kept_as_the_one_before(
    tmp_path: Path,
) -> None:
    save_steps(tmp_path, 10, 20)
    flip(tmp_path / "step-000000020.safetensors")
    forget_checkpoints_after(tmp_path, 10)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["step-000000010", "step-000000010"]
    save_steps(tmp_path, 30)
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["step-000000010", "step-000000030"]


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_steps(tmp_path, 1)

    def full(path: Path, content: bytes) -> None:
        raise OutputError(f"{path} cannot be written: the disk is full.")

    monkeypatch.setattr(checkpoint, "write_atomically", full)
    with pytest.raises(OutputError, match="the disk is full"):
        save_steps(tmp_path, 2)
    monkeypatch.undo()
    loaded = load_checkpoint(tmp_path, never)
    assert loaded is not None
    assert loaded[1]["step"] == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_leads_to_a_wrong_load(fault: str, tmp_path: Path) -> None:
    counts = torn_rounds(tmp_path, FAULTS[fault], rounds=60, seed=1)
    assert counts["fell back"] > 20
    assert counts["refused"] > 5
    assert counts.total() == 60
    assert counts["silent wrong load"] == counts["unused"] == 0
