"""Super-resolution as papers score it, on their own pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.bicubic_protocol import PUBLISHED, find_pictures, score
from pixelwise.ops.image_io import read_image
from pixelwise.ops.resample import imresize


@pytest.fixture
def set5(real_data: Path) -> Path:
    folder = real_data / "super_resolution" / "Set5"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_bicubic_enlargement_of_set5_has_the_published_scores(set5: Path, factor: int) -> None:
    psnr, ssim = score(find_pictures(set5, factor), factor)
    assert psnr == pytest.approx(PUBLISHED["Set5"][factor][0], abs=0.006)
    assert ssim == pytest.approx(PUBLISHED["Set5"][factor][1], abs=0.0002)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_small_pictures_are_those_that_matlab_made(set5: Path, factor: int) -> None:
    # MATLAB rounds to 8 bits between rows and columns and after them, which makes a standard deviation of a third.
    # Their whole pictures lost a margin after the small ones had been made, so the border is left out.
    for path in find_pictures(set5, factor):
        files = (path, path.with_name(path.name.replace("HR", "LR")))
        whole, small = (torch.from_numpy(read_image(file)).permute(2, 0, 1).double() for file in files)
        error = (imresize(whole, 1 / factor).clamp(0, 255) - small)[:, 4:-4, 4:-4]
        assert error.square().mean().sqrt() < 0.4
        assert error.mean().abs() < 0.02
        assert (error.abs() > 1.1).double().mean() < 1e-3
