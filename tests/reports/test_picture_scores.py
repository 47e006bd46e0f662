"""What an evaluation of pictures says."""

from __future__ import annotations

import json
import math

import pytest

from pixelwise.reports.picture_scores import PictureEvaluation, PictureScore


def test_a_picture_that_equals_its_target_counts_as_100_db_in_the_mean() -> None:
    scores = (
        PictureScore("same", {"psnr_rgb": math.inf}, {"psnr_rgb": 20.0}),
        PictureScore("other", {"psnr_rgb": 30.0}, {"psnr_rgb": 24.0}),
    )
    found = PictureEvaluation(("psnr_rgb",), scores, "val", 0.1).as_json()
    stored = json.loads(json.dumps(found, allow_nan=False))
    assert stored["psnr_rgb"] == pytest.approx(65)
    assert stored["baseline"] == {"psnr_rgb": 22.0}
