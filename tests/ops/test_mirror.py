from __future__ import annotations

import numpy as np
import pytest
import torch

from pixelwise.ops.mirror import mirror_pad


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (5, 4), (40, 30)])
@pytest.mark.parametrize("margins", [(0, 0, 0, 0), (1, 2, 3, 0), (92, 95, 92, 101)])
def test_it_equals_numpy_whatever_the_size_of_the_image(
    size: tuple[int, int], margins: tuple[int, int, int, int]
) -> None:
    image = torch.rand(2, 3, *size)
    top, bottom, left, right = margins
    expected = np.pad(image.numpy(), ((0, 0), (0, 0), (top, bottom), (left, right)), mode="reflect")
    assert np.array_equal(mirror_pad(image, *margins).numpy(), expected)
