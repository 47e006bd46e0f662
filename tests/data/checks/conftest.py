"""Healthy data sets, drawn once: streets of many classes, cells of two."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pixelwise.data.scenes import write_scenes
from tests.data.checks.folder import Array, Folder, save

SIZE = (96, 128)


@pytest.fixture(scope="session")
def healthy_streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("streets")
    write_scenes(root, {"train": 18, "val": 6}, height=SIZE[0], width=SIZE[1])
    return root


@pytest.fixture(scope="session")
def healthy_cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(tmp_path_factory.mktemp("cells"))
    for split, count, seed in (("train", 18, 0), ("val", 6, 100)):
        for number in range(count):
            image, mask = cell_picture(seed + number)
            for kind, array in (("images", image), ("masks", mask)):
                (folder.root / split / kind).mkdir(parents=True, exist_ok=True)
                save(folder.root / split / kind / f"{split}{number:02d}.png", array)
    return folder.root


@pytest.fixture
def streets(healthy_streets: Path, tmp_path: Path) -> Folder:
    return Folder(Path(shutil.copytree(healthy_streets, tmp_path / "streets")))


@pytest.fixture
def cells(healthy_cells: Path, tmp_path: Path) -> Folder:
    return Folder(Path(shutil.copytree(healthy_cells, tmp_path / "cells")))


def cell_picture(seed: int) -> tuple[Array, Array]:
    """Bright ellipses before a dark, uneven background, away from the rim; 255 in the mask."""
    random = np.random.default_rng(seed)
    height, width = SIZE
    mask = Image.new("L", (width, height))
    for _ in range(random.integers(5, 9)):
        x, y, a, b = random.integers(16, width - 16), random.integers(16, height - 16), *random.integers(5, 12, 2)
        ImageDraw.Draw(mask).ellipse((x - a, y - b, x + a, y + b), fill=255)
    inside = np.array(mask)
    light = Image.fromarray(random.integers(30, 110, (4, 4)).astype(np.float32)).resize((width, height))
    shade = np.array(light)[..., None] + random.integers(-12, 12, (height, width, 3)) + (inside > 0)[..., None] * 100
    return np.clip(shade * np.array([1, 0.9, 0.8]), 0, 255).astype(np.uint8), inside


Plant = Callable[[Folder], list[Path]]
