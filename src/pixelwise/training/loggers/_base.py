"""What a logger is, and what those that are there have in common."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pixelwise.errors import SettingError, install
from pixelwise.ops.files import writable_folder

__all__ = ["FINAL", "Logger", "flat", "folder_of", "numbers", "package"]

FINAL = "final/"  # before the names of the scores on all validation images


class Logger(Protocol):
    """Is told of one training; its class ends the file as `LOGGER`, and takes no arguments.

    The constructor raises `SettingError` where a package is missing, so that this is known before data are read.
    """

    def start(self, folder: Path, settings: Mapping[str, Any], step: int) -> None:
        """Begin a log, or go on with the one that this run folder has.

        Args:
            folder: The run folder.
            settings: The whole plan, as in config.yaml.
            step: Steps that are done; what an earlier process told of later ones will be told again.
        """

    def log(self, row: Mapping[str, Any]) -> None:
        """A line of metrics.jsonl: `step`, and values by name."""

    def finish(self, scores: Mapping[str, float] | None) -> None:
        """The last call of a process.

        Args:
            scores: On all validation images, empty where there are none; None if the training has not come to its end.
        """


def package(module: str, extra: str) -> ModuleType:
    """Import what an extra installs.

    Raises:
        SettingError: If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SettingError(
            f"--log {extra} needs packages that are not installed ({error}). {install(extra)}"
        ) from error


def folder_of(run: Path) -> Path:
    """Where loggers keep what they write, inside a run folder; it is made."""
    return writable_folder(run / "logs")


def numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """The values of a row without its step, and without words."""
    return {name: float(value) for name, value in row.items() if name != "step" and isinstance(value, int | float)}


def flat(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings by their place: `training.learning_rate`; without the reasons, which are text."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{rest}": text for rest, text in flat(value).items()}
        elif name != "decisions":
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found
