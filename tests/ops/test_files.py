"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pixelwise.errors import OutputError
from pixelwise.ops.files import writable_folder, write_atomically


def test_content_arrives_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "made" / "on the way" / "model.bin"
    write_atomically(target, b"first")
    write_atomically(target, b"second")
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "model.bin"
    write_atomically(target, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"model\.bin cannot be written: the disk is full\.$"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_denied_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(OutputError, match=r"a\.bin cannot be written: permission is denied\.$"):
        write_atomically(tmp_path / "a.bin", b"")


def test_a_folder_that_lets_nobody_in_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr(Path, "unlink", denied)
    with pytest.raises(OutputError, match=r"a\.bin cannot be written: permission is denied\.$"):
        write_atomically(tmp_path / "a.bin", b"")


def test_a_file_in_the_way_of_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"The folder .*file cannot be made: there is a file of that name\.$"):
        writable_folder(tmp_path / "file")
    with pytest.raises(OutputError, match=r"cannot be made: part of its path is a file, not a folder\.$"):
        write_atomically(tmp_path / "file" / "inner" / "a.bin", b"")


def test_a_folder_in_the_way_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(OutputError, match=r"a\.bin cannot be written: there is a folder of that name\.$"):
        write_atomically(tmp_path / "a.bin", b"")


def test_a_writable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    assert writable_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(self: Path, exist_ok: bool = True) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    with pytest.raises(OutputError, match=r"cannot be written to: the disk is read-only\.$"):
        writable_folder(tmp_path)
