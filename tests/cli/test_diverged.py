from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from pixelwise.tasks import Batch, Step
from pixelwise.tasks.segmentation import Segmentation
from tests.cli.conftest import TINY, Command, draw_data


def test_a_training_that_diverges_names_the_images_and_is_resumed_from_just_before(
    pixelwise: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, run = draw_data(tmp_path / "data"), tmp_path / "run"
    usual, seen = Segmentation.training_steps, []

    def breaking(task: Segmentation, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        """The fourth batch is no image."""
        seen.append(batch)
        image = batch.image * torch.nan if len(seen) == 4 else batch.image
        yield from usual(task, networks, replace(batch, image=image))

    with monkeypatch.context() as patched:
        patched.setattr(Segmentation, "training_steps", breaking)
        printed = pixelwise("train", data, "--epochs=4", f"--output={run}", *TINY)
    assert printed.code == 2
    assert "At step 3 the loss is nan in a batch of" in printed.err
    assert "the training has diverged. Resume with a lower rate" in printed.err
    assert printed.err.count(".png") == 4
    assert (run / "checkpoints" / "step-000000003.safetensors").exists()
    resumed = pixelwise("resume", run, "--set=training.learning_rate=1e-3")
    assert resumed.code == 0
    assert "Going on from step 3" in resumed.out + resumed.err


def test_a_training_that_ruins_the_network_without_diverging_says_so_at_the_end(
    pixelwise: Command, data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    printed = pixelwise("train", data, "--epochs=2", f"--output={run}", "--set=training.learning_rate=100", *TINY)
    assert printed.code == 0, printed.err
    assert "is no better than what one class for all pixels scores" in printed.out
    assert "a lower rate than 100 (--set training.learning_rate=10)" in printed.out
    assert "nothing learnt shows" in (run / "report.html").read_text()
