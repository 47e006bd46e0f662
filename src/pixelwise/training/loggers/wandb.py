"""Weights & Biases: a run of the project that WANDB_PROJECT names, or of `pixelwise`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelwise.ops.files import write_atomically
from pixelwise.training.loggers._base import FINAL, folder_of, numbers, package

__all__ = ["LOGGER", "WeightsAndBiases"]


class WeightsAndBiases:
    """One run per run folder; its identifier lies in `logs/wandb-run`, so that a resumed training goes on in it.

    Rows that a killed process had told of already are told again; the values are the same, and the server drops them.
    """

    def __init__(self) -> None:
        self._package = package("wandb", "wandb")
        self._run: Any = None

    def start(self, folder: Path, settings: Mapping[str, Any], step: int) -> None:
        """Make the run, or take up the one that was made."""
        logs = folder_of(folder)
        path = logs / "wandb-run"
        if not path.exists():
            write_atomically(path, secrets.token_hex(8).encode())
        self._run = self._package.init(
            project=os.environ.get("WANDB_PROJECT", "pixelwise"),
            id=path.read_text(encoding="utf-8"),
            name=folder.name,
            dir=str(logs),
            config=dict(settings),
            resume="allow",
        )

    def log(self, row: Mapping[str, Any]) -> None:
        """One point of each curve."""
        self._run.log(numbers(row), step=row["step"])

    def finish(self, scores: Mapping[str, float] | None) -> None:
        """Put the final scores into the summary, and end the run."""
        if scores:
            self._run.summary.update({FINAL + name: value for name, value in scores.items()})
        self._run.finish()


LOGGER = WeightsAndBiases
