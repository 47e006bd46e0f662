"""A data set that is written and read again is the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelwise.data import open_data
from pixelwise.data.dataset import Dataset
from pixelwise.data.formats import FORMATS
from pixelwise.data.numbers import read_numbers

__all__ = ["label_arrays", "written_and_read"]


def label_arrays(data: Dataset) -> dict[str, dict[str, NDArray[np.uint8]]]:
    """The class indices of every image, by split and name."""
    return {
        split: {pair.name: data.classes.encode(read_numbers(pair, data.classes)) for pair in pairs}
        for split, pairs in data.splits.items()
    }


def written_and_read(data: Dataset, name: str, folder: Path) -> Dataset:
    """Write a data set in a format, read it again, and see that names, splits, masks and images are the same."""
    write = FORMATS[name].write
    assert write is not None
    folder.mkdir()
    write(data, folder)
    again = open_data(folder)
    assert again.format == name
    assert again.classes.names == data.classes.names
    assert again.classes.binary == data.classes.binary
    expected, found = label_arrays(data), label_arrays(again)
    assert {split: set(arrays) for split, arrays in found.items()} == {s: set(a) for s, a in expected.items()}
    for split, arrays in expected.items():
        for image, array in arrays.items():
            assert np.array_equal(found[split][image], array), (split, image)
    for split, pairs in data.splits.items():
        images = {pair.name: pair for pair in again.splits[split]}
        assert all(np.array_equal(images[pair.name].read_image(), pair.read_image()) for pair in pairs)
    return again
