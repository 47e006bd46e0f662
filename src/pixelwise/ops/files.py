"""Writing a file so that it is either wholly there or not there at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from pixelwise.errors import DataError, OutputError

__all__ = ["append", "copy_file", "remove", "remove_leftovers", "writable_folder", "write_atomically"]

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EROFS: "the disk is read-only",
    errno.EISDIR: "there is a folder of that name",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.EEXIST: "there is a file of that name",
    errno.ENOENT: "its place takes no new files or folders",
    errno.ENAMETOOLONG: "the name is too long",
}
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write `content` to `path`; whoever reads it, at any time, finds the old content or the new one.

    A temporary file beside it is written, brought to the disk (fsync) and renamed, and the folder is brought to the
    disk as well, so that a crash, a full disk or a pulled plug leaves no torn file. Missing folders are made.

    Args:
        path: The file to write; a file that is there is replaced.
        content: All of its bytes.

    Raises:
        OutputError: If the disk is full, permission is denied, or the folder cannot be made.
    """
    target = Path(path)
    folder = _made_folder(target.parent)
    temporary = folder / _temporary_name()
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
        _sync_folder(folder)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {_reason(error)}.") from error
    finally:
        with suppress(OSError):  # of a folder that lets nobody in; what is wrong has been said
            temporary.unlink()


def copy_file(source: Path, target: Path) -> None:
    """Copy a file byte for byte to where there is none; missing folders are made.

    Raises:
        DataError: If the file cannot be read.
        OutputError: If the copy cannot be written.
    """
    _made_folder(target.parent)
    try:
        stream = source.open("rb")
    except OSError as error:
        raise DataError(f"{source} cannot be read: {_reason(error)}.") from error
    try:
        with stream, target.open("xb") as copy:
            shutil.copyfileobj(stream, copy)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {_reason(error)}.") from error


def append(path: Path, text: str) -> None:
    """Add `text` to the end of a file, which is made if it is missing.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {_reason(error)}.") from error


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        OutputError: If it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {_reason(error)}.") from error


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of writers that were killed; nobody else may be writing into the folder.

    Raises:
        OutputError: If one cannot be removed.
    """
    for leftover in folder.glob(".pixelwise-*.tmp"):
        remove(leftover)


def writable_folder(path: str | Path) -> Path:
    """Make the folder `path` where it is missing, and make sure now that files can be written into it.

    A file is written and removed to find out: permissions alone do not tell of a read-only disk.

    Returns:
        The folder.

    Raises:
        OutputError: If it cannot be made or written to.
    """
    folder = _made_folder(Path(path))
    probe = folder / _temporary_name()
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be written to: {_reason(error)}.") from error
    return folder


def _made_folder(folder: Path) -> Path:
    """Make `folder` and its parents."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made: {_reason(error)}.") from error
    return folder


def _temporary_name() -> str:
    """A hidden name that no other process uses."""
    return f".pixelwise-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def _sync_folder(folder: Path) -> None:
    """Bring the folder's list of names to the disk, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:  # some network disks know no fsync of a folder
            raise
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    """The cause in words."""
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    return (error.strerror or str(error)).rstrip(".").lower()
