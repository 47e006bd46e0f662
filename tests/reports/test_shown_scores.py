"""Scores of pictures at the end of a notebook's cell."""

from __future__ import annotations

from pixelwise.reports.picture_scores import PictureEvaluation, PictureScore
from pixelwise.reports.set_scores import SetEvaluation


def test_scores_of_pairs_are_a_line() -> None:
    values, baseline = {"psnr_rgb": 25.912345678, "ssim_rgb": 0.81234567}, {"psnr_rgb": 24.1, "ssim_rgb": 0.79}
    found = PictureEvaluation(("psnr_rgb", "ssim_rgb"), (PictureScore("a", values, baseline),), "val", 0.1)
    assert found.scores == found.values == values
    assert repr(found.scores) == "NamedScores(psnr_rgb 25.91, ssim_rgb 0.8123)"
    assert repr(found) == (
        "PictureEvaluation(psnr_rgb 25.91, of what was given 24.10, mean over 1 pictures, val split)"
    )


def test_scores_of_sets_are_a_line() -> None:
    values, baseline = {"kid_lite0": 0.0512345678, "fid_lite0": 12.3456789}, {"kid_lite0": 0.2, "fid_lite0": 40.0}
    found = SetEvaluation(("kid_lite0", "fid_lite0"), values, baseline, 0.01, ("a", "b"), 3, "val", 0.1)
    assert found.scores == values
    assert repr(found.scores) == "NamedScores(kid_lite0 0.05123, fid_lite0 12.35)"
    assert repr(found) == (
        "SetEvaluation(kid_lite0 0.05123, of what was given 0.2, 2 made and 3 real pictures, val split)"
    )
