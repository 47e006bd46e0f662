"""A network that is trained on masks, from the words that are typed to its prediction."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from PIL import Image

from tests.cli.conftest import TINY, Command

EOMT = ("--model=eomt", "--encoder=test_vit", *TINY[1:])


def test_it_is_trained_evaluated_and_used_like_any_other(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    run = tmp_path / "run"
    trained = pixelwise("train", data, "-o", run, "--epochs=1", *EOMT)
    assert trained.code == 0, trained.err
    assert "  - task mask_classification\n      this model learns a mask for each class" in trained.err
    assert "  - learning rate 0.0001\n      the one that eomt is known with" in trained.err
    assert yaml.safe_load((run / "config.yaml").read_text())["plan"]["task"]["name"] == "mask_classification"
    assert (run / "report.html").exists()
    scores = json.loads(pixelwise("evaluate", run, data, "--json").out)
    assert set(scores["iou"]) == {"sky", "ground", "box"}
    predicted = pixelwise("predict", run, data / "images" / "picture_00.png", "-o", tmp_path / "out")
    assert predicted.code == 0, predicted.err
    with Image.open(tmp_path / "out" / "picture_00_mask.png") as mask:
        assert mask.size == (48, 40)
    assert pixelwise("resume", run, "--epochs=2").code == 0


def test_an_encoder_that_is_no_transformer_is_a_sentence(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    refused = pixelwise("train", data, "-o", tmp_path / "run", "--model=eomt", *TINY)
    assert refused.code == 2
    assert "The backbone 'test_resnet' is no plain vision transformer" in refused.err
    assert not (tmp_path / "run").exists()
