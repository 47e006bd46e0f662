"""The command line, run in this process; tiny data and a run on them, made once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.cli import main

TINY = (
    "--encoder=test_resnet",
    "--no-pretrained",
    "--set=training.batch_size=4",
    "--set=training.precision=fp32",
    "--set=training.stages=[{until: 1.0, height: 32, width: 32, min_scale: 0.5, max_scale: 1.0}]",
)


@dataclass(frozen=True)
class Printed:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Printed]


@pytest.fixture
def pixelwise(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `pixelwise` with arguments."""

    def run(*arguments: object) -> Printed:
        monkeypatch.setattr(sys, "argv", ["pixelwise", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capfd.readouterr()
        return Printed(code, printed.out, printed.err)

    return run


def draw_data(root: Path, count: int = 12, seed: int = 0) -> Path:
    """Discs on stripes, with masks of 0 and 1 and 2."""
    random = np.random.default_rng(seed)
    for i in range(count):
        mask = np.zeros((40, 48), dtype=np.uint8)
        mask[20:] = 1
        top, left = random.integers(4, 24, 2)
        mask[top : top + 10, left : left + 10] = 2
        colors = np.array([[200, 220, 255], [90, 80, 70], [220, 40, 30]])
        image = (colors[mask] + random.normal(0, 12, (40, 48, 3))).clip(0, 255).astype(np.uint8)
        for kind, array in (("images", image), ("masks", mask)):
            (root / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(root / kind / f"picture_{i:02}.png")
    (root / "classes.txt").write_text("sky\nground\nbox\n")
    return root


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of images and masks; not to be changed."""
    return draw_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def finished_run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that came to its end."""
    run = tmp_path_factory.mktemp("runs") / "finished"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pixelwise", "train", str(data), "-o", str(run), "--epochs=4", *TINY])
        with pytest.raises(SystemExit) as end:
            main()
    assert not end.value.code
    return run
