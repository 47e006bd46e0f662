"""Pictures without a target: their scores as a set, and the sheets that show them."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pixelwise.artifact import Component, Description
from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import BESIDE
from pixelwise.errors import DataError
from pixelwise.inference import Predictor
from pixelwise.models.lite_sr import LiteSR
from pixelwise.models.resnet_generator import ResNetGenerator
from pixelwise.ops.image_io import read_image, write_png
from pixelwise.reports.picture_scores import enlarged
from pixelwise.reports.samples import sample_sheet
from pixelwise.reports.set_scores import SetScorer

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    described = Description(
        model=Component(name="resnet_generator", arguments={"width": 4, "depth": 1}),
        task=Component(name="unpaired_translation", arguments={}),
        training_size=(16, 16),
    )
    return Predictor(ResNetGenerator(width=4, depth=1), described, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(4):
        write_png(folder / f"{i}.png", np.random.default_rng(i).integers(0, 256, (32, 40, 3), dtype=np.uint8))
    write_png(folder / "4.png", np.full((300, 280, 3), 100, dtype=np.uint8))
    return sorted(folder.iterdir())


def test_a_set_is_compared_with_real_pictures_beside_what_was_given(predictor: Predictor, files: list[Path]) -> None:
    pairs = [Pair(file, None, BESIDE) for file in files[:4]]
    calls: list[tuple[int, int]] = []
    scored = SetScorer(pairs, CPU).score(
        predictor, pairs, split="val", progress=lambda done, all_, _: calls.append((done, all_))
    )
    assert scored.metrics == ("kid_lite0", "fid_lite0")
    assert scored.baseline["fid_lite0"] == pytest.approx(0, abs=0.1)  # they were compared with themselves
    assert scored.values["fid_lite0"] > 1
    assert scored.protocol == "kid_lite0, 4 made and 4 real pictures, val split"
    assert scored.as_json()["kid_lite0_std"] == scored.deviation
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_time_of_a_picture_ends_when_a_gpu_has_made_it(
    predictor: Predictor, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [Pair(file, None, BESIDE) for file in files[:2]]
    decode = predictor.task.decode

    class OnItsWay:
        """A picture that a GPU has still to make."""

        def __init__(self, picture: Tensor) -> None:
            self.picture = picture

        def cpu(self) -> Tensor:
            time.sleep(0.2)
            return self.picture

    monkeypatch.setattr(predictor.task, "decode", lambda scores: OnItsWay(decode(scores)))
    assert SetScorer(pairs, CPU).score(predictor, pairs).seconds_per_image >= 0.2


def test_one_picture_is_no_set(predictor: Predictor, files: list[Path]) -> None:
    pairs = [Pair(file, None, BESIDE) for file in files[:4]]
    scorer = SetScorer(pairs, CPU)
    scored = scorer.score(predictor, pairs[:1])
    assert "_real" in vars(scorer)  # a budget learns from one picture how long all of it takes
    assert math.isnan(scored.values["kid_lite0"])
    assert json.loads(json.dumps(scored.as_json(), allow_nan=False))["kid_lite0"] is None
    with pytest.raises(DataError, match="1 pictures of the one kind and 0 of the other; two of each are needed"):
        SetScorer([], CPU).score(predictor, pairs[:1])


def test_a_sheet_has_a_row_for_each_pair_and_shows_the_middle_of_what_is_large(
    predictor: Predictor, files: list[Path]
) -> None:
    sheet = sample_sheet(predictor, [Pair(files[0], files[1], BESIDE), Pair(files[4], None, BESIDE)])
    assert sheet.shape == (2 * 256 + 4, 3 * 256 + 2 * 4, 3)
    assert np.array_equal(sheet[:32, :40], read_image(files[0]))
    assert np.array_equal(sheet[:32, 520:560], read_image(files[1]))
    assert np.array_equal(sheet[:32, 260:300], predictor.picture(files[0]).pixels)
    assert (sheet[260:, :256] == 100).all()
    assert (sheet[260:, 520:] == 255).all()
    assert (sheet[256:260] == 255).all()
    with pytest.raises(DataError, match="give pictures"):
        sample_sheet(predictor, [])


def test_a_sheet_of_larger_pictures_shows_the_enlargement_that_they_are_compared_with(tmp_path: Path) -> None:
    described = Description(model=Component(name="lite_sr"), task=Component(name="super_resolution"))
    predictor = Predictor(LiteSR(scale=2, width=4, depth=1), described, device="cpu", precision="fp32")
    for name, side in (("small", 12), ("large", 24)):
        pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
        write_png(tmp_path / f"{name}.png", pixels)
    sheet = sample_sheet(predictor, [Pair(tmp_path / "small.png", tmp_path / "large.png", BESIDE)])
    assert np.array_equal(sheet[:, :24], enlarged(read_image(tmp_path / "small.png"), 2))
