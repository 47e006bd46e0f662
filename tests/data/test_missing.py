"""A folder that is nearly a data set is told what it lacks."""

from __future__ import annotations

import pytest

from pixelwise.data import open_data
from pixelwise.errors import DataError
from tests.data.drawing import Drawer


def refusal(draw: Drawer, *files: str, below: str = "") -> str:
    """What is said of a folder with these images."""
    draw.image(*files)
    with pytest.raises(DataError) as caught:
        open_data(draw.root / below)
    return str(caught.value).replace(str(draw.root), "FOLDER")


@pytest.mark.parametrize("below", ["", "nested/data/"])
def test_images_without_a_folder_of_masks(below: str, draw: Drawer) -> None:
    place = f"FOLDER/{below}".rstrip("/")
    assert refusal(draw, f"{below}images/a.png", f"{below}images/b.png") == (
        f"No images with masks were found in {place}: images holds 2 images, but there is no folder of masks beside "
        "it. Add one called masks, in which each mask is named like its image."
    )


def test_masks_without_a_folder_of_images(draw: Drawer) -> None:
    words = (
        "labels holds 1 mask, but there is no folder of images beside it. Add one called images, in which each image is"
    )
    assert words in refusal(draw, "labels/a.png")


def test_a_folder_of_another_name_is_proposed(draw: Drawer) -> None:
    said = refusal(draw, "images/a.png", "drawn/b.png", "val/c.png")
    assert said.endswith("named like its image. If drawn holds them, rename it to masks.")


def test_images_in_several_folders_are_to_be_moved_up(draw: Drawer) -> None:
    said = refusal(draw, "images/a/1.png", "images/b/2.png", "images/b/3.png", "masks/1.png")
    words = "images holds no image files itself; 3 lie in images/a, images/b. Move them up into images."
    assert said == f"No images with masks were found in FOLDER: {words}"


def test_masks_that_are_no_images_are_named(draw: Drawer) -> None:
    draw.image("images/a.png")
    (draw.root / "masks").mkdir()
    assert refusal(draw).endswith("masks holds no image files.")
    (draw.root / "masks" / "a.json").write_text("{}")
    assert "masks holds no image files but 1 file of another kind (a.json); PNG, JPEG, WebP" in refusal(draw)


def test_an_empty_folder_of_images_alone(draw: Drawer) -> None:
    (draw.root / "images").mkdir()
    draw.image("other/a.png")
    assert refusal(draw).endswith("images holds no image files. There is no folder of masks beside it either.")


def test_splits_without_masks(draw: Drawer) -> None:
    said = refusal(draw, "train/a.png", "val/b.png")
    words = (
        "train holds 1 image, but there are no masks for them. Add a folder train_masks, in which each mask is named"
    )
    assert words in said
    draw.image("train/images/b.png")
    assert "train/images holds 1 image, but there is no folder of masks beside it." in refusal(draw)


def test_the_folder_of_the_images_alone_was_given(draw: Drawer) -> None:
    draw.pairs("images/{}.png", "labels/{}.png", ["a", "b"])
    assert refusal(draw, below="images").endswith(
        "in FOLDER/images: it is the folder of the images alone. Give FOLDER, which holds labels too."
    )


def test_pictures_as_wide_as_two_squares_may_be_halves_to_translate(draw: Drawer) -> None:
    for name in ("train/a.jpg", "train/b.jpg", "val/c.jpg"):
        draw.image(name, size=(8, 16))
    with pytest.raises(
        DataError, match=r"train holds 2 images, but .* masks for them; .* twice as wide as high"
    ) as error:
        open_data(draw.root)
    assert "pixelwise train takes 3 pictures twice as wide as high" in str(error.value)
    assert str(error.value).count("--task paired_translation") == 1


def test_plain_pictures_are_told_which_tasks_take_them(draw: Drawer) -> None:
    said = refusal(draw, "a.png", "b.png")
    assert "Without masks, pixelwise train takes 2 plain pictures, with --task super_resolution --scale 2 (" in said
    assert " or --task restoration --degrade noise:5-50 (" in said
    assert "`pixelwise list formats`" in said
    assert len(said) < 600
    assert "Without masks, pixelwise train takes 1 plain picture, with" in refusal(draw, "train/c.png")
