from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pixelwise.errors import OutputError, RunError
from pixelwise.training import checkpoint
from pixelwise.training.checkpoint import load_checkpoint, save_checkpoint


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(3, 4), "b": torch.tensor(5)}
    save_checkpoint(tmp_path, tensors, {"step": 12, "seconds": 3.5})
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    assert all(torch.equal(tensors[name], loaded[0][name]) for name in tensors)
    assert loaded[1] == {"step": 12, "seconds": 3.5}


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, {"a": torch.tensor(step)}, {"step": step})
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["step-000000003.safetensors"]


def test_a_folder_without_one_gives_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, {"a": torch.zeros(100)}, {"step": 1})
    path = tmp_path / "step-000000001.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunError, match="has changed since it was written"):
        load_checkpoint(tmp_path)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, {"a": torch.tensor(1)}, {"step": 1})

    def full(path: Path, content: bytes) -> None:
        raise OutputError(f"{path} cannot be written: the disk is full.")

    monkeypatch.setattr(checkpoint, "write_atomically", full)
    with pytest.raises(OutputError, match="the disk is full"):
        save_checkpoint(tmp_path, {"a": torch.tensor(2)}, {"step": 2})
    monkeypatch.undo()
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    assert loaded[1]["step"] == 1
