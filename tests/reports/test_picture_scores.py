"""What an evaluation of pictures says."""

from __future__ import annotations

import json
import math

from pixelwise.reports.picture_scores import PictureEvaluation, PictureScore


def test_an_infinite_psnr_is_null_in_json() -> None:
    score = PictureScore("a", {"psnr_rgb": math.inf}, {"psnr_rgb": 20.0})
    found = PictureEvaluation(("psnr_rgb",), (score,), "val", 0.1).as_json()
    assert json.loads(json.dumps(found, allow_nan=False))["psnr_rgb"] is None
    assert found["baseline"] == {"psnr_rgb": 20.0}
