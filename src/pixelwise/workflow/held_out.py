"""Which images of a folder a training held out, so that it is not scored on what it has learnt from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pixelwise.artifact import FILE_NAME
from pixelwise.data.dataset import Dataset
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import Pictures
from pixelwise.training.run import Run

__all__ = ["keep_splits", "run_of", "splits_in_training"]

Splits = dict[str, tuple[Pair, ...]]


def keep_splits(run: Run, data: Dataset | Pictures) -> None:
    """Write into a run folder which images are trained on and which are held out.

    The list is kept since it cannot be drawn again once somebody has added images to the folder.
    """
    kinds = (data.splits, data.others) if isinstance(data, Pictures) else (data.splits,)
    places: dict[str, list[str]] = {}
    for split, pairs in (item for splits in kinds for item in splits.items()):
        places.setdefault(split, []).extend(_place(pair, run.source.root) for pair in pairs)
    run.keep_splits(places)


def run_of(model: Path) -> Run | None:
    """The run that a model comes from: its folder, or the one that its file lies in; None if it lies elsewhere.

    Args:
        model: A model file or a run folder.

    Raises:
        RunError: If the run folder cannot be read.
    """
    folder = model if model.is_dir() else model.parent
    may_be_its_model = model.is_dir() or model.name == FILE_NAME
    return Run(folder) if may_be_its_model and Run.is_at(folder) else None


def splits_in_training(model: Path, data: Path, splits: Mapping[str, Sequence[Pair]]) -> Splits | None:
    """The splits of a folder as a run has made them; None if the model is of no run, or that knows none of the images.

    Args:
        model: As in `run_of`.
        data: The folder that is scored.
        splits: What lies in it, by the splits on disk. What was added since is in none of those that are returned.

    Raises:
        RunError: If the run folder cannot be read.
    """
    run = run_of(model)
    if run is None or run.source.root != data.resolve():
        return None
    found = {_place(pair, run.source.root): pair for pairs in splits.values() for pair in pairs}
    kept = {split: tuple(found[place] for place in places if place in found) for split, places in run.splits().items()}
    return {split: pairs for split, pairs in kept.items() if pairs} or None


def _place(pair: Pair, root: Path) -> str:
    """Where the image lies, seen from the folder of the data, whichever links lead to that."""
    return Path(os.path.relpath(pair.image.parent.resolve() / pair.image.name, root)).as_posix()
