"""MLflow: a run on the server that MLFLOW_TRACKING_URI names, or where MLflow keeps its runs without one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelwise.ops.files import write_atomically
from pixelwise.training.loggers._base import FINAL, flat, folder_of, numbers, package

__all__ = ["LOGGER", "MLflow"]


class MLflow:
    """One run per run folder; its identifier lies in `logs/mlflow-run`, so that a resumed training goes on in it."""

    def __init__(self) -> None:
        self._package = package("mlflow", "mlflow")
        self._step = 0

    def start(self, folder: Path, settings: Mapping[str, Any], step: int) -> None:
        """Make the run, with the settings as its parameters, or take up the one that was made."""
        self._step = step
        path = folder_of(folder) / "mlflow-run"
        if path.exists():
            self._package.start_run(run_id=path.read_text(encoding="utf-8"))
            return
        run = self._package.start_run(run_name=folder.name)
        write_atomically(path, run.info.run_id.encode())
        self._package.log_params(flat(settings))

    def log(self, row: Mapping[str, Any]) -> None:
        """One point of each metric."""
        self._step = row["step"]
        self._package.log_metrics(numbers(row), step=self._step)

    def finish(self, scores: Mapping[str, float] | None) -> None:
        """Log the final scores, and say whether the training has come to its end."""
        if scores:
            self._package.log_metrics({FINAL + name: value for name, value in scores.items()}, step=self._step)
        self._package.end_run("KILLED" if scores is None else "FINISHED")


LOGGER = MLflow
