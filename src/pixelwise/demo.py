"""The demo: generated street scenes, and pictures of what was learned on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.scenes import write_scenes
from pixelwise.errors import OutputError, RunError
from pixelwise.inference import load
from pixelwise.ops.image_io import write_png
from pixelwise.ops.spread import evenly
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import contact_sheet, side_by_side
from pixelwise.training.run import Run
from pixelwise.workflow import Outcome

__all__ = ["SCENE_COUNTS", "draw_demo_data", "remove_last_run", "write_demo_pictures"]

SCENE_COUNTS = {"train": 240, "val": 40}
SCENE_SIZE = (192, 256)

_PICTURES = 4


def draw_demo_data(folder: Path, progress: Callable[[int, int], None]) -> None:
    """Write the demo's scenes into `folder`; the two splits are drawn from different seeds.

    Raises:
        OutputError: If the folder cannot be written to.
    """
    height, width = SCENE_SIZE
    write_scenes(folder, SCENE_COUNTS, height=height, width=width, progress=progress)


def remove_last_run(folder: Path, data: Path) -> None:
    """Remove the run of an earlier demo, and no other run.

    Args:
        folder: Where the demo's run is to lie.
        data: Where its scenes are to lie.

    Raises:
        RunError: If the folder holds a training on other data, or a run that cannot be read.
        OutputError: If it cannot be removed.
    """
    if not (folder / "config.yaml").exists():
        return
    root = Run(folder).source.root
    if root != data.resolve():
        raise RunError(
            f"{folder} holds a training on {root}, which is not the demo's. Name another folder for the demo "
            f"(--output)."
        )
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise OutputError(
            f"The earlier demo in {folder} cannot be removed ({error.strerror}). Remove it, or name another folder "
            f"(--output)."
        ) from error


def write_demo_pictures(outcome: Outcome, dataset: Dataset, folder: Path) -> Path:
    """Write image, truth, prediction and errors of a few unseen scenes side by side; returns the contact sheet."""
    predictor = load(outcome.run.artifact)
    pairs = evenly(dataset.splits["val"], _PICTURES)
    examples = [Example.of(predictor, pair, dataset.classes) for pair in pairs]
    for example in examples:
        write_png(folder / "pictures" / f"{example.name}.png", side_by_side(example, dataset.classes))
    sheet = folder / "results.png"
    write_png(sheet, contact_sheet(examples, dataset.classes))
    return sheet
