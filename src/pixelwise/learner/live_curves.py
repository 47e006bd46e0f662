"""A plot that grows with the training."""

from __future__ import annotations

import importlib
import importlib.util
import io
import sys
from pathlib import Path
from typing import Any

from pixelwise.ops.files import writable_folder, write_atomically
from pixelwise.ops.keywords import known_keywords
from pixelwise.reports.plots import plot_history
from pixelwise.training.callbacks import Callback, Epoch, Fit

__all__ = ["LiveCurves"]


class LiveCurves(Callback):
    """Draws loss and score (mIoU of masks) anew after each epoch: below the cell in a notebook, into a file elsewhere.

    Args:
        path: PNG file to write, in a notebook too; a new fit replaces it. None writes `curves.png` into the working
            folder, and no file in a notebook.

    Attributes:
        path: The file; None where none is written.
    """

    @known_keywords
    def __init__(self, path: str | Path | None = None) -> None:
        self._in_notebook = _is_notebook()
        self.path = None if path is None and self._in_notebook else Path(path or "curves.png")
        self._shown: Any = None

    def fit_begins(self, fit: Fit) -> None:
        """Begin a new plot.

        Raises:
            OutputError: If the folder of the file cannot be written to.
        """
        self._shown = None
        if self.path is not None:
            writable_folder(self.path.parent)

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """Draw all epochs so far.

        Raises:
            OutputError: If the file cannot be written.
        """
        rows = [{"fit": 0.0, "step": done.number, "loss": done.loss, **done.metrics} for done in fit.epochs]
        scores = [name for done in fit.epochs for name in done.metrics]
        picture = plot_history(rows, ("loss", *scores[:1]), place="epoch")
        if self.path is not None:
            buffer = io.BytesIO()
            picture.save(buffer, format="PNG")
            write_atomically(self.path, buffer.getvalue())
        if self._in_notebook:
            if self._shown is None:
                self._shown = importlib.import_module("IPython.display").display(picture, display_id=True)
            else:
                self._shown.update(picture)


def _is_notebook() -> bool:
    """Whether this runs in a notebook's kernel, which alone can replace what it has shown."""
    return "ipykernel" in sys.modules and importlib.util.find_spec("IPython") is not None
