"""Data sets of more than 8 bits or of other bands: scaled from what they hold, and scaled alike ever after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixelwise.artifact import Component, Description
from pixelwise.data import Dataset, open_data, open_for_evaluation
from pixelwise.data.augment import Augmentation, draw_view, render_views
from pixelwise.data.examples import Examples
from pixelwise.data.formats import FORMATS
from pixelwise.data.formats.cityscapes import TRAIN_NAMES
from pixelwise.data.pairs import Pair
from pixelwise.data.scaling import Scaling
from pixelwise.errors import DataError
from pixelwise.inference import Predictor
from pixelwise.models import MODELS
from pixelwise.reports.overlays import image_thumbnail
from tests.data.drawing import Drawer

SIZE, BANDS = (40, 64), 5


def bands_of(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """The numbers of the image `name`: each band has its own range, and a glaring pixel."""
    draw = np.random.default_rng(ord(name))
    values = draw.uniform(1000, 2000, (*SIZE, BANDS)) * np.arange(1, BANDS + 1)
    values[0, 0] = 65_535
    return values.astype(np.uint16)


@pytest.fixture
def tiffs(draw: Drawer) -> Drawer:
    """Eight images of five bands of 16 bits."""
    tifffile = pytest.importorskip("tifffile")
    for name in "abcdefgh":
        draw.mask(f"masks/{name}.png", (0, 1))
        Image.fromarray(np.eye(*SIZE, dtype=np.uint8)).save(draw.root / f"masks/{name}.png")
        (draw.root / "images").mkdir(exist_ok=True)
        tifffile.imwrite(
            draw.root / f"images/{name}.tif", bands_of(name), photometric="minisblack", planarconfig="contig"
        )
    return draw


def scaling_of(data: Dataset) -> Scaling:
    assert data.scaling is not None
    return data.scaling


def test_each_band_is_scaled_between_percentiles_of_the_training_images(tiffs: Drawer) -> None:
    data = open_data(tiffs.root)
    scaling = scaling_of(data)
    train = np.stack([bands_of(pair.name) for pair in data.splits["train"]]).reshape(-1, BANDS)
    assert np.allclose([scaling.low, scaling.high], np.percentile(train, (0.5, 99.5), axis=0))
    assert data.channels == BANDS
    assert data.decisions[0].what == (
        "images have 5 bands of 16 bits; each is scaled from its 0.5 % to its 99.5 % percentile"
    )
    assert f"over {len(data.splits['train'])} training images: " in data.decisions[0].why
    image = data.splits["train"][0].read_image()
    assert image.shape == (*SIZE, BANDS)
    assert image.dtype == np.uint8
    assert (image.min(), image.max()) == (0, 255)
    assert 100 < image.mean() < 155


def test_views_have_as_many_channels_as_the_images(tiffs: Drawer) -> None:
    data = open_data(tiffs.root)
    examples = Examples(data.splits["train"], data.classes, image_scale=0.5)
    assert examples[0].image.shape == (BANDS, 20, 32)
    views = Augmentation(16, 16)
    drawn = [draw_view(views, seed=0, epoch=0, index=i) for i in range(2)]
    assert render_views(examples.fetch([0, 1]), drawn, views, torch.device("cpu")).image.shape == (2, BANDS, 16, 16)


def test_a_model_scales_files_as_its_training_images_were(tiffs: Drawer) -> None:
    data = open_data(tiffs.root)
    model = MODELS["unet"].build(out_channels=1, in_channels=BANDS, width=4, depth=1)
    description = Description(
        model=Component(name="unet"),
        task=Component(name="segmentation", arguments={"num_classes": 2, "binary": True}),
        classes=data.classes,
        in_channels=data.channels,
        scaling=data.scaling,
    )
    assert Description.model_validate_json(description.model_dump_json()) == description
    predictor = Predictor(model, description, device="cpu", precision="fp32")
    pair = data.splits["val"][0]
    expected = pair.read_image()
    for given in (pair.image, bands_of(pair.name), expected):
        assert np.array_equal(predictor(given).image, expected)
    assert predictor.mask(pair.image).overlay().shape == (*SIZE, 3)
    with pytest.raises(
        DataError, match=r"array \(40, 64, 3\) of uint8, but the model takes images .* like those it was"
    ):
        predictor(np.zeros((*SIZE, 3), np.uint8))
    scored = open_for_evaluation(tiffs.root, data.classes, scaling=data.scaling)
    assert np.array_equal(next(p for p in scored.splits["all"] if p == pair).read_image(), expected)
    with pytest.raises(DataError, match=r"8 of 8 images with 5 bands of 16 bits \(.*, but the model takes 8-bit grey"):
        open_for_evaluation(tiffs.root, data.classes)


def test_images_of_several_kinds_are_counted_and_named(tiffs: Drawer) -> None:
    (tiffs.root / "images/b.tif").unlink()
    tiffs.array("images/b.png", bands_of("b")[..., 0])
    with pytest.raises(
        DataError, match=r"of 2 kinds: 7 with 5 bands of 16 bits \(.*\); 1 with 1 band of 16 bits \(images/b"
    ):
        open_data(tiffs.root)


def test_other_numbers_make_another_data_set(tiffs: Drawer) -> None:
    before = open_data(tiffs.root).digest
    assert open_data(tiffs.root).digest == before
    for name in "abcdefgh":
        pytest.importorskip("tifffile").imwrite(
            tiffs.root / f"images/{name}.tif", bands_of(name) // 2, photometric="minisblack", planarconfig="contig"
        )
    assert open_data(tiffs.root).digest != before


def test_grey_png_of_16_bits_has_one_channel(draw: Drawer) -> None:
    for name in "abcde":
        draw.array(f"images/{name}.png", bands_of(name)[..., 0])
        draw.array(f"masks/{name}.png", np.eye(*SIZE, dtype=np.uint8))
    data = open_data(draw.root)
    assert data.channels == 1
    assert data.decisions[0].what.startswith("images have 1 band of 16 bits; it is scaled from its 0.5 % to its 99.5 %")


def test_ordinary_pictures_have_no_scaling(draw: Drawer, tmp_path: Path) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", list("abcde"))
    Image.new("LA", (8, 6)).save(tmp_path / "images/b.png")
    data = open_data(draw.root)
    assert (data.scaling, data.channels) == (None, 3)
    assert all(pair.source is data.splits["train"][0].source for pair in data.splits["val"])


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32, np.int32])
def test_scaling_is_linear_and_clipped(dtype: type[np.generic]) -> None:
    scaling = Scaling((100.0, 7.0), (300.0, 7.0))
    values = np.array([[[0, 7], [100, 7], [200, 8], [300, 6], [999, 7]]]).astype(dtype)
    assert scaling.apply(values)[..., 0].tolist() == [[0, 0, 128, 255, 255]]
    assert scaling.apply(values)[..., 1].tolist() == [[0, 0, 255, 0, 0]]
    assert scaling == replace(scaling)


def test_missing_values_are_black_and_bytes_stay_as_they_are() -> None:
    assert Scaling((2.0,), (4.0,)).apply(np.array([[[np.nan], [np.inf], [-np.inf]]])).ravel().tolist() == [0, 255, 0]
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(Scaling((0.0,), (255.0,)).apply(every), every)


def test_bytes_are_refused_where_the_numbers_of_the_training_images_reached_farther() -> None:
    with pytest.raises(
        DataError, match=r"8 bits, but those that were trained on have numbers from 100 to 40000; an image"
    ):
        Scaling((100.0,), (40_000.0,)).apply(np.zeros((2, 2, 1), np.uint8))


@pytest.mark.parametrize(("trained", "given"), [("uint8", "uint16"), ("uint16", "uint8"), ("uint16", "int16")])
def test_other_numbers_than_those_trained_on_are_refused(trained: str, given: str) -> None:
    scaling = Scaling((0.0,), (200.0,), trained)
    words = f"The image has 1 band of {given.lstrip('uint')} bits.*, but those that were trained on have numbers .*"
    with pytest.raises(DataError, match=rf"{words}\({trained.lstrip('uint')} bits\) from 0 to 200; an image like them"):
        scaling.apply(np.zeros((2, 2, 1), given))
    assert scaling.apply(np.zeros((2, 2, 1), trained)).tolist() == np.zeros((2, 2, 1)).tolist()


def test_whole_numbers_may_have_become_fractions_since_some_are_missing() -> None:
    scaling = Scaling((0.0,), (200.0,), "uint16")
    values = np.array([[[100.0], [np.nan]]], np.float32)
    assert scaling.apply(values).tolist() == [[[128], [0]]]
    with pytest.raises(DataError, match=r"1 band of fractions of 32 bits, but those"):
        scaling.apply(values[:, :1])


def test_data_of_other_numbers_are_refused_before_they_are_scored(tiffs: Drawer) -> None:
    data = open_data(tiffs.root)
    assert scaling_of(data).dtype == "uint16"
    scaling = replace(scaling_of(data), dtype="uint8")
    with pytest.raises(
        DataError, match=r"with 5 bands of 16 bits .*, but the model takes 5 bands of numbers \(8 bits\)"
    ):
        open_for_evaluation(tiffs.root, data.classes, scaling=scaling)
    assert open_for_evaluation(tiffs.root, data.classes, scaling=replace(scaling, dtype=None)).scaling is not None


def test_other_formats_get_the_files_as_they_are_and_cityscapes_refuses_them(tiffs: Drawer, tmp_path: Path) -> None:
    data = open_data(tiffs.root, classes=TRAIN_NAMES)
    for name in ("paired_folders", "coco"):
        (tmp_path / name).mkdir()
        write = FORMATS[name].write
        assert write is not None
        write(data, tmp_path / name)
        assert next((tmp_path / name).rglob("a.tif")).read_bytes() == (tiffs.root / "images" / "a.tif").read_bytes()
    write = FORMATS["cityscapes"].write
    assert write is not None
    with pytest.raises(DataError, match=r"holds photographs of 8 bits as PNG; the images of .* have other bands"):
        write(data, tmp_path / "cityscapes")


def test_numbered_masks_beside_deep_images_are_not_taken_for_swapped(tiffs: Drawer) -> None:
    for name in "abcdefgh":  # 80 objects in random pixels
        tiffs.array(f"masks/{name}.png", np.random.default_rng(ord(name)).integers(0, 81, SIZE).astype(np.uint8))
    data = open_data(tiffs.root, binary=True)
    assert (data.channels, data.classes.any_positive) == (BANDS, True)


def test_folders_of_any_name_may_hold_deep_images(tiffs: Drawer) -> None:
    (tiffs.root / "images").rename(tiffs.root / "scanner")
    (tiffs.root / "masks").rename(tiffs.root / "drawn")
    data = open_data(tiffs.root)
    assert (data.format, data.channels) == ("sibling_folders", BANDS)
    assert sum(map(len, data.splits.values())) == 8


def test_the_page_of_the_doctor_shows_the_first_three_bands(tiffs: Drawer) -> None:
    pair = open_data(tiffs.root).splits["train"][0]
    assert image_thumbnail(pair, 16).shape == (10, 16, 3)
    plain = Pair(pair.image, pair.target)  # as where training would refuse the data
    assert image_thumbnail(plain, 16).max() > 150


@pytest.mark.parametrize(("low", "high"), [((2.0,), (1.0,)), ((1.0,), ()), ((float("nan"),), (1.0,)), ((), ())])
def test_a_scaling_without_meaning_is_refused(low: tuple[float, ...], high: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match=r"has no meaning: it needs low ≤ high, band by band\.$"):
        Scaling(low, high)
