"""What the tests of data share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.data.drawing import Drawer


@pytest.fixture
def draw(tmp_path: Path) -> Drawer:
    """Draws into the test's own folder."""
    return Drawer(tmp_path)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, or a skip."""
    root = Path(os.environ.get("PIXELWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(f"there is no real data in {root}; set PIXELWISE_DATA to have these tests run")
    return root
