"""A file is short enough to be read in one go."""

from __future__ import annotations

from pathlib import Path

import pixelwise

LIMIT = 300  # lines


def test_no_file_of_the_package_is_longer_than_the_limit() -> None:
    files = Path(pixelwise.__file__).parent.rglob("*.py")
    lengths = {str(file): len(file.read_text().splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > LIMIT} == {}
