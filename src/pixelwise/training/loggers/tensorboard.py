"""TensorBoard: event files in the run folder, for `tensorboard --logdir runs`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelwise.training.loggers._base import FINAL, folder_of, numbers, package

__all__ = ["LOGGER", "TensorBoard"]


class TensorBoard:
    """Writes to `logs/tensorboard`; a resumed training's file takes back what came after its checkpoint."""

    def __init__(self) -> None:
        self._package = package("torch.utils.tensorboard", "tensorboard")
        self._writer: Any = None
        self._step = 0

    def start(self, folder: Path, settings: Mapping[str, Any], step: int) -> None:
        """Open a new event file beside those that are there."""
        self._step = step
        self._writer = self._package.SummaryWriter(
            str(folder_of(folder) / "tensorboard"), purge_step=step + 1 if step else None
        )
        if not step:
            text = json.dumps({name: value for name, value in settings.items() if name != "decisions"}, indent=2)
            self._writer.add_text("settings", textwrap.indent(text, "    "), 0)  # Markdown for: as it stands

    def log(self, row: Mapping[str, Any]) -> None:
        """One point of each curve, brought to the file at once, since a kill comes unannounced."""
        self._step = row["step"]
        for name, value in numbers(row).items():
            self._writer.add_scalar(name, value, self._step)
        self._writer.flush()

    def finish(self, scores: Mapping[str, float] | None) -> None:
        """Write the final scores and close the file."""
        for name, value in (scores or {}).items():
            self._writer.add_scalar(FINAL + name, value, self._step)
        self._writer.close()


LOGGER = TensorBoard
