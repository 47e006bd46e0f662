"""Which images of a folder a training held out, so that it is not scored on what it has learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pixelwise.data.dataset import WHOLE
from pixelwise.data.pairs import Pair
from pixelwise.data.split import decide_splits
from pixelwise.data.told import said_together
from pixelwise.training.run import Run

__all__ = ["splits_in_training"]

Splits = dict[str, tuple[Pair, ...]]


def splits_in_training(model: Path, data: Path, splits: Mapping[str, tuple[Pair, ...]]) -> Splits | None:
    """The splits of a folder as a run has made them; None if the model is no run, or was trained on another folder.

    Args:
        model: A model file or a run folder.
        data: The folder that is scored.
        splits: Its pairs by the splits on disk.

    Raises:
        RunError: If the run folder cannot be read.
    """
    if not model.is_dir() or not Run.is_at(model):
        return None
    source = Run(model).source
    if source.root != data.resolve():
        return None
    found = {"" if name == WHOLE else name: pairs for name, pairs in splits.items()}
    if not {"", "train"} & found.keys():
        return None
    validation = said_together(source.root, validation=source.validation).validation
    return decide_splits(found, validation, source.seed or 0)[0]
