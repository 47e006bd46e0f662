"""The demo: generated street scenes, and pictures of what was learned on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pixelwise.data.dataset import Dataset
from pixelwise.data.scenes import write_scenes
from pixelwise.inference import load
from pixelwise.ops.image_io import write_png
from pixelwise.reports.examples import Example
from pixelwise.reports.figures import contact_sheet, side_by_side
from pixelwise.workflow import Outcome

__all__ = ["SCENE_COUNTS", "draw_demo_data", "write_demo_pictures"]

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


def write_demo_pictures(outcome: Outcome, dataset: Dataset, folder: Path) -> Path:
    """Write image, truth, prediction and errors of a few unseen scenes side by side; returns the contact sheet."""
    pairs = dataset.splits["val"]
    chosen = [pairs[i * len(pairs) // _PICTURES] for i in range(_PICTURES)]
    predictor = load(outcome.run.artifact)
    examples = [Example.of(predictor, pair, dataset.classes) for pair in chosen]
    for example in examples:
        write_png(folder / "pictures" / f"{example.name}.png", side_by_side(example, dataset.classes))
    sheet = folder / "results.png"
    write_png(sheet, contact_sheet(examples, dataset.classes))
    return sheet
