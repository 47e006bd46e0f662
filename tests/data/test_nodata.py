"""Maps with margins: pixels without data are neither learnt nor scored, and predictions keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pixelwise.artifact import Component, Description
from pixelwise.data import open_data, open_for_evaluation
from pixelwise.data.classes import Classes
from pixelwise.data.converting import convert_data
from pixelwise.data.examples import Examples
from pixelwise.data.numbers import encoded, read_target
from pixelwise.data.pairs import Pair
from pixelwise.inference import Predictor
from pixelwise.models import MODELS
from pixelwise.ops.image_io import read_stored
from pixelwise.ops.maps import read_georeference
from tests.ops.test_geotiff import NODATA_7, PLACE, missing_in

SIZE = (12, 16)


def mask_of(name: str) -> NDArray[np.uint8]:
    """Classes 0 and 1, and 99 where the image has no data."""
    mask = np.zeros(SIZE, np.uint8)
    mask[4:9, ord(name) % 8 :] = 1
    if name in "ab":
        mask[:3] = 99
    return mask


@pytest.fixture(params=["uint8", "uint16"])
def maps(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Ten maps, the first two of which have a margin."""
    tifffile = pytest.importorskip("tifffile")
    for kind in ("images", "masks"):
        (tmp_path / "data" / kind).mkdir(parents=True)
    for name in "abcdefghij":
        mask = mask_of(name)
        bands = 3 if request.param == "uint8" else 4
        values = np.random.default_rng(ord(name)).integers(20, 200, (*SIZE, bands)).astype(request.param)
        values[mask == 99] = 7
        how: dict[str, Any] = {"photometric": "rgb"} if bands == 3 else {"photometric": "minisblack"}
        file = tmp_path / "data" / "images" / f"{name}.tif"
        tifffile.imwrite(file, values, planarconfig="contig", extratags=[*PLACE, *NODATA_7], **how)
        Image.fromarray(mask).save(tmp_path / "data" / "masks" / f"{name}.png")
    return tmp_path / "data"


def test_the_first_class_may_be_a_number_that_the_type_of_a_mask_cannot_hold() -> None:
    colors = ((0, 0, 0), (0, 0, 1))
    classes = Classes(("a", "b"), (300, 4), (), colors, binary=False)
    missing = np.array([[True, False]])
    target = encoded(np.array([[9, 4]], np.uint8), missing, Pair(Path("a.tif"), None), classes)
    assert target.tolist() == [[255, 1]]


def test_pixels_without_data_are_ignored_whatever_the_mask_holds_there(maps: Path) -> None:
    data = open_data(maps)
    assert data.classes.values == (0, 1)
    decision = next(one for one in data.decisions if "without data" in one.what)
    assert decision.what == "Pixels without data are ignored: 5 % of all, in 2 of 10 images"
    assert sum(data.ignored_pixels.values()) == 2 * 3 * 16
    assert "no data  ignored" in data.describe()
    pairs = {pair.name: pair for several in data.splits.values() for pair in several}
    for name, pair in pairs.items():
        expected = np.where(mask_of(name) == 99, 255, mask_of(name))
        assert np.array_equal(read_target(pair, data.classes), expected)
        assert not pair.read_image()[expected == 255].any()


def test_examples_ignore_them_at_any_scale(maps: Path) -> None:
    data = open_data(maps)
    pairs = [pair for several in data.splits.values() for pair in several if pair.name == "a"]
    whole, half = (Examples(pairs, data.classes, image_scale=scale)[0].target for scale in (1.0, 0.5))
    assert torch.equal(whole == 255, torch.from_numpy(mask_of("a") == 99))
    assert half.shape == (6, 8)
    assert (half[0] == 255).all()
    assert (half[2:] != 255).all()


def test_scores_and_copies_ignore_them_too(maps: Path, tmp_path: Path) -> None:
    data = open_data(maps)
    scored = open_for_evaluation(maps, data.classes, scaling=data.scaling)
    assert sum(scored.ignored_pixels.values()) == 2 * 3 * 16
    convert_data(maps, tmp_path / "out", "paired_folders", dataset=data, progress=lambda *_: None)
    assert sum(open_data(tmp_path / "out").ignored_pixels.values()) == 2 * 3 * 16


def test_a_prediction_is_written_at_the_place_of_its_image(maps: Path, tmp_path: Path) -> None:
    data = open_data(maps)
    description = Description(
        model=Component(name="unet"),
        task=Component(name="segmentation", arguments={"num_classes": 2, "binary": data.classes.binary}),
        classes=data.classes,
        in_channels=data.channels,
        scaling=data.scaling,
    )
    model = MODELS["unet"].build(out_channels=1, in_channels=data.channels, width=4, depth=1)
    prediction = Predictor(model, description, device="cpu", precision="fp32").mask(maps / "images" / "a.tif")
    assert np.array_equal(prediction.mask == 255, mask_of("a") == 99)
    prediction.save(tmp_path / "a_mask.tif")
    assert read_georeference(tmp_path / "a_mask.tif") == read_georeference(maps / "images" / "a.tif") is not None
    assert np.array_equal(missing_in(tmp_path / "a_mask.tif"), mask_of("a") == 99)
    prediction.save(tmp_path / "a_mask.png")
    for name in ("a_mask.tif", "a_mask.png"):
        assert np.array_equal(read_stored(tmp_path / name).values, prediction.mask)
    assert not prediction.overlay()[:3].any()
