"""What an evaluation of pictures says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.artifact import Component, Description
from pixelwise.data.degradations import parse_degradations
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import BESIDE
from pixelwise.errors import DataError
from pixelwise.inference import Predictor
from pixelwise.models.lite_sr import LiteSR
from pixelwise.ops.image_io import read_image, write_png
from pixelwise.reports.page import data_uri
from pixelwise.reports.picture_page import picture_content
from pixelwise.reports.picture_scores import (
    PictureEvaluation,
    PictureScore,
    enlarged,
    evaluate_pictures,
    given_image,
)


def test_a_picture_that_equals_its_target_counts_as_100_db_in_the_mean() -> None:
    scores = (
        PictureScore("same", {"psnr_rgb": math.inf}, {"psnr_rgb": 20.0}),
        PictureScore("other", {"psnr_rgb": 30.0}, {"psnr_rgb": 24.0}),
    )
    found = PictureEvaluation(("psnr_rgb",), scores, "val", 0.1).as_json()
    stored = json.loads(json.dumps(found, allow_nan=False))
    assert stored["psnr_rgb"] == pytest.approx(65)
    assert stored["baseline"] == {"psnr_rgb": 22.0}


def drawn(file: Path, side: int) -> Path:
    write_png(file, np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8))
    return file


def test_large_pictures_alone_are_no_test_of_a_model_that_was_trained_on_pairs(tmp_path: Path) -> None:
    file = drawn(tmp_path / "a.png", 12)
    alone = Pair(file, file, BESIDE)
    with pytest.raises(
        DataError, match=r"a\.png has no smaller picture beside it, and the model, which was trained on"
    ):
        given_image(alone, (), 2, 0)
    assert given_image(alone, parse_degradations("down:2"), 2, 0)[0].shape == (6, 6, 3)
    pair = Pair(drawn(tmp_path / "small.png", 6), file, BESIDE)
    assert given_image(pair, (), 2, 0)[0].shape == (6, 6, 3)


@pytest.mark.parametrize(("side", "scale"), [(13, 2), (14, 3), (15, 4)])
def test_what_a_target_has_beyond_a_multiple_of_the_scale_is_cut_off(side: int, scale: int, tmp_path: Path) -> None:
    file = drawn(tmp_path / "a.png", side)
    image, target = given_image(Pair(file, file, BESIDE), parse_degradations(f"down:{scale}"), scale, 0)
    whole = side // scale * scale
    assert image.shape == (side // scale, side // scale, 3)
    assert np.array_equal(target, read_image(file)[:whole, :whole])
    assert enlarged(image, scale).shape == target.shape


def test_a_picture_that_is_too_small_for_a_score_is_named(tmp_path: Path) -> None:
    described = Description(model=Component(name="lite_sr"), task=Component(name="restoration"))
    predictor = Predictor(LiteSR(scale=1, width=4, depth=1), described, device="cpu", precision="fp32")
    pair = Pair(drawn(tmp_path / "a.png", 8), drawn(tmp_path / "b.png", 8), BESIDE)
    with pytest.raises(DataError, match=r"a\.png cannot be scored: The pictures are 8 × 8, but SSIM needs 11 × 11"):
        evaluate_pictures(predictor, [pair])


def test_the_page_shows_the_enlargement_that_its_figure_is_of(tmp_path: Path) -> None:
    described = Description(model=Component(name="lite_sr"), task=Component(name="super_resolution"))
    predictor = Predictor(LiteSR(scale=2, width=4, depth=1), described, device="cpu", precision="fp32")
    pair = Pair(drawn(tmp_path / "small.png", 12), drawn(tmp_path / "large.png", 24), BESIDE)
    evaluation = evaluate_pictures(predictor, [pair])
    values = picture_content(predictor, [pair], evaluation).values
    example = values["groups"][0]["examples"][0]
    larger = enlarged(read_image(tmp_path / "small.png"), 2)
    told = "Given, enlarged by bicubic interpolation"
    assert values["heads"] == (told, "Made", "Wanted")
    assert example["pictures"][0] == (told, data_uri(Image.fromarray(larger), "PNG"))
    of_given = evaluation.images[0].baseline[evaluation.metrics[0]]
    assert example["score"].endswith(f"dB PSNR, bicubic enlargement {of_given:.2f}")
    assert values["headline"]["gain"] == "as good as bicubic enlargement"  # which an untrained lite_sr is


def test_what_a_single_colour_scores_is_known(tmp_path: Path) -> None:
    described = Description(model=Component(name="lite_sr"), task=Component(name="restoration"))
    predictor = Predictor(LiteSR(scale=1, width=4, depth=1), described, device="cpu", precision="fp32")
    target = np.zeros((12, 12, 3), np.uint8)
    target[:6] = 200  # 100 from the mean everywhere
    write_png(tmp_path / "target.png", target)
    evaluation = evaluate_pictures(predictor, [Pair(tmp_path / "target.png", tmp_path / "target.png", BESIDE)])
    assert evaluation.of_one_color == pytest.approx(20 * math.log10(255 / 100))
