"""Writing a folder so that it is either wholly there or not there at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelwise.errors import OutputError

__all__ = ["new_folder", "refuse_inside", "refuse_used_folder"]


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """Give a folder to write into, which becomes `path` if all goes well, and vanishes otherwise.

    It lies beside `path`, in a hidden folder, and is called like `path`, since some names tell (`test`, `train`).

    Args:
        path: A folder that is not there, or is empty.

    Raises:
        OutputError: If there is something at `path`, or it cannot be written.
    """
    target = Path(path).expanduser().absolute()
    refuse_used_folder(target)
    outer = target.parent / f".pixelwise-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    inner = outer / target.name
    try:
        inner.mkdir(parents=True)
        yield inner
        if target.exists():
            target.rmdir()  # empty; what has come into it meanwhile is not overwritten
        inner.replace(target)
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".").lower()
        raise OutputError(f"The folder {target} cannot be written: {reason}.") from error
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def refuse_inside(folder: str | Path, root: str | Path) -> None:
    """Refuse a new folder that would lie in one that is only read.

    Raises:
        OutputError: If it does.
    """
    if Path(folder).expanduser().resolve().is_relative_to(Path(root).expanduser().resolve()):
        raise OutputError(f"{folder} lies in {root}, which is only read. Give a folder elsewhere.")


def refuse_used_folder(path: Path) -> None:
    """Refuse a place for a new folder that is taken.

    Raises:
        OutputError: If there is a file, or a folder that holds anything.
    """
    if path.is_dir():
        if any(path.iterdir()):
            raise OutputError(f"{path} is not empty, and nothing is overwritten. Give the name of a new folder.")
    elif path.exists() or path.is_symlink():
        raise OutputError(f"There is a file {path}; the name of a new folder is expected.")
