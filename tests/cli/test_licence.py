"""The licence of the weights that a training began with: said before it, and kept in what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.artifact import WeightsOrigin, load
from pixelwise.encoders import Weights
from pixelwise.planning import network
from pixelwise.workflow import building
from tests.cli.conftest import TINY, Command

FORBIDS = "That licence forbids commercial use of these weights, and so of the model that is trained from them."


@pytest.mark.parametrize(("licence", "is_free"), [("apache-2.0", True), ("cc-by-nc-4.0", False)])
def test_it_is_said_at_each_training_and_stored_in_the_model_file(
    licence: str, is_free: bool, data: Path, tmp_path: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = Weights("timm/test_resnet", licence)
    monkeypatch.setattr(network, "check_weights", lambda *_, **__: origin)
    monkeypatch.setattr(building, "load_pretrained", lambda *_, **__: origin)
    begun = [option for option in TINY if option != "--no-pretrained"]
    trained = pixelwise("train", data, "-o", tmp_path / "run", "--epochs=1", *begun)
    resumed = pixelwise("resume", tmp_path / "run", "--epochs=2")
    for printed in (trained, resumed):
        assert printed.code == 0, printed.err
        assert f"Encoder weights: timm/test_resnet, licence {licence}" in printed.err
        assert (FORBIDS in printed.err) is not is_free
    _, description = load(tmp_path / "run")
    assert description.weights == WeightsOrigin(source="timm/test_resnet", licence=licence)


def test_random_weights_have_none(finished_run: Path) -> None:
    assert load(finished_run)[1].weights is None
