"""`pixelwise predict` takes the images of a folder, and replaces none of them by a result."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise import artifact
from pixelwise.artifact import Component, Description
from pixelwise.models.lite_sr import LiteSR
from pixelwise.ops.image_io import image_size, read_labels, write_png
from tests.cli.conftest import Command


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that makes pictures."""
    file = tmp_path / "model.safetensors"
    described = Description(
        model=Component(name="lite_sr", arguments={"width": 4, "depth": 1}), task=Component(name="super_resolution")
    )
    artifact.save(file, LiteSR(width=4, depth=1), described)
    return file


def test_a_photograph_is_not_replaced_by_the_picture_that_is_made_of_it(
    model: Path, tmp_path: Path, pixelwise: Command
) -> None:
    photo = tmp_path / "photo.png"
    write_png(photo, np.zeros((8, 9, 3), np.uint8))
    before = photo.read_bytes()
    printed = pixelwise("predict", model, photo, "-o", tmp_path)
    assert printed.code == 2
    assert f"The image {photo} would be replaced by a result. Give another folder with --output." in printed.err
    assert photo.read_bytes() == before
    for _ in range(2):  # an earlier result is
        assert pixelwise("predict", model, photo, "-o", tmp_path / "out").code == 0
    assert image_size(tmp_path / "out" / "photo.png") == (16, 18)


def test_nor_is_the_picture_that_should_come_out_and_lies_beside_it(
    model: Path, tmp_path: Path, pixelwise: Command
) -> None:
    target = tmp_path / "photo.png"
    write_png(target, np.zeros((16, 18, 3), np.uint8))
    Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save(tmp_path / "photo.jpg")
    before = target.read_bytes()
    printed = pixelwise("predict", model, tmp_path / "photo.jpg", "-o", tmp_path)
    assert printed.code == 2
    assert "is no result of pixelwise and would be replaced by one: photo.png. Give another folder" in printed.err
    assert target.read_bytes() == before


def test_a_folder_into_which_its_own_results_would_go_gets_a_cure(
    model: Path, tmp_path: Path, pixelwise: Command
) -> None:
    photos = tmp_path / "photos"
    write_png(photos / "a.png", np.zeros((8, 9, 3), np.uint8))
    printed = pixelwise("predict", model, photos, "-o", photos)
    assert printed.code == 2
    assert f"All images of {photos} lie in the output folder, {photos}, and count as results." in printed.err
    assert "Give another --output." in printed.err


def test_hidden_files_of_a_folder_are_no_images(model: Path, tmp_path: Path, pixelwise: Command) -> None:
    for name in ("a.png", ".thumbnails/a.png"):
        write_png(tmp_path / "photos" / name, np.zeros((8, 9, 3), np.uint8))
    (tmp_path / "photos" / "._a.png").write_bytes(b"what macOS leaves on other disks")
    printed = pixelwise("predict", model, tmp_path / "photos", "-o", tmp_path / "out")
    assert printed.code == 0, printed.err
    assert "1 of 1 images predicted" in printed.out


def test_nor_is_an_image_by_the_mask_of_another(
    finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    for name in ("a.png", "a_mask.png"):
        shutil.copy(data / "images" / "picture_00.png", tmp_path / name)
    printed = pixelwise("predict", finished_run, tmp_path / "a.png", tmp_path / "a_mask.png", "-o", tmp_path)
    assert printed.code == 2
    assert "a_mask.png would be replaced by a result" in printed.err
    assert not (tmp_path / "a_overlay.png").exists()


@pytest.mark.parametrize("there", ["a_mask.png", "a_overlay.png", "legend.png"])
def test_a_file_of_the_user_that_is_called_like_a_result_is_kept(
    there: str, finished_run: Path, data: Path, tmp_path: Path, pixelwise: Command
) -> None:
    image, output = tmp_path / "a.png", tmp_path / "out"
    shutil.copy(data / "images" / "picture_00.png", image)
    output.mkdir()
    shutil.copy(data / "masks" / "picture_00.png", output / there)
    before = (output / there).read_bytes()
    printed = pixelwise("predict", finished_run, image, "-o", output)
    assert printed.code == 2
    assert f"1 file in {output} is no result of pixelwise and would be replaced by one: {there}." in printed.err
    assert [file.name for file in output.iterdir()] == [there]
    assert (output / there).read_bytes() == before
    (output / there).unlink()
    for _ in range(2):
        assert pixelwise("predict", finished_run, image, "-o", output).code == 0
    write_png(output / "a_mask.png", read_labels(output / "a_mask.png").astype(np.uint8))  # as an editor saves it
    assert pixelwise("predict", finished_run, image, "-o", output).code == 2
