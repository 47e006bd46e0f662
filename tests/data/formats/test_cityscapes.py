"""Cityscapes is read by labelTrainIds or labelIds, and the blank masks of its test are left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pixelwise.data import open_data
from pixelwise.data.dataset import Dataset
from pixelwise.data.doctor import examine
from pixelwise.data.formats.cityscapes import TRAIN_NAMES
from pixelwise.errors import DataError
from tests.data.drawing import Drawer
from tests.data.formats.round_trip import label_arrays, written_and_read

FRAMES = {
    "train": ["aachen_000000_000019", "aachen_000001_000019", "bochum_000000_000313"],
    "val": ["ulm_000000_000019"],
}
IDS = (7, 8, 26, 33, 0, 4, 255)
TRAIN_IDS = (0, 1, 13, 18, 255)


def draw_split(
    draw: Drawer, split: str, names: Sequence[str], kind: str, values: Sequence[int], tree: str = "gtFine"
) -> None:
    for name in names:
        place = f"{split}/{name.partition('_')[0]}/{name}"
        draw.image(f"leftImg8bit/{place}_leftImg8bit.png")
        draw.mask(f"{tree}/{place}_{tree}_{kind}.png", values)


def draw_all(draw: Drawer, kind: str, values: Sequence[int], tree: str = "gtFine") -> None:
    for split, names in FRAMES.items():
        draw_split(draw, split, names, kind, values, tree)


def decisions(data: Dataset) -> str:
    return "\n".join(f"{decision.what}: {decision.why}" for decision in data.decisions)


def test_there_are_19_classes_in_the_order_of_train_ids() -> None:
    assert len(TRAIN_NAMES) == 19
    assert (TRAIN_NAMES[0], TRAIN_NAMES[13], TRAIN_NAMES[18]) == ("road", "car", "bicycle")


@pytest.mark.parametrize(("kind", "values"), [("labelIds", IDS), ("labelTrainIds", TRAIN_IDS)])
def test_both_kinds_of_masks_give_the_same_classes(kind: str, values: Sequence[int], draw: Drawer) -> None:
    draw_all(draw, kind, values)
    data = open_data(draw.root)
    assert data.format == "cityscapes"
    assert data.classes.names == TRAIN_NAMES
    assert {split: len(pairs) for split, pairs in data.splits.items()} == {"train": 3, "val": 1}
    array = label_arrays(data)["val"]["ulm_000000_000019_leftImg8bit"].reshape(-1)
    assert array[: len(values)].tolist() == [0, 1, 13, 18, *[255] * (len(values) - 4)]


def test_ignored_ids_are_said(draw: Drawer) -> None:
    draw_all(draw, "labelIds", IDS)
    assert "0, 4 ignored: the list of Cityscapes' labelIds" in decisions(open_data(draw.root))


def test_of_both_kinds_the_train_ids_are_read_and_this_is_said(draw: Drawer) -> None:
    draw_all(draw, "labelIds", IDS)
    draw_all(draw, "labelTrainIds", TRAIN_IDS)
    data = open_data(draw.root)
    assert data.classes.values == tuple(range(19))
    assert "The masks called …_gtFine_labelTrainIds.png are read, those called …_labelIds.png are not" in decisions(
        data
    )


def test_a_blank_test_is_left_out(draw: Drawer) -> None:
    draw_all(draw, "labelIds", IDS)
    draw_split(draw, "test", ["berlin_000000_000019", "bonn_000000_000019"], "labelIds", (3, 2))
    data = open_data(draw.root)
    assert "test" not in data.splits
    words = "leftImg8bit/test is left out: it holds 2 images, but its masks are blank, as Cityscapes gives them away"
    assert words in decisions(data)


def test_a_test_with_masks_is_kept_and_one_without_is_left_out(draw: Drawer) -> None:
    draw_all(draw, "labelIds", IDS)
    draw_split(draw, "test", ["berlin_000000_000019"], "labelIds", IDS)
    assert len(open_data(draw.root).splits["test"]) == 1
    next((draw.root / "gtFine" / "test").rglob("*.png")).unlink()
    said = decisions(open_data(draw.root))
    assert "leftImg8bit/test is left out: it holds 1 image, but no masks called …_labelIds.png" in said


def test_folders_of_the_archives_and_coarse_masks_are_found(draw: Drawer) -> None:
    draw_all(Drawer(draw.root / "tree"), "labelIds", IDS, "gtCoarse")
    for name in ("leftImg8bit", "gtCoarse"):
        (draw.root / f"{name}_trainvaltest").mkdir()
        (draw.root / "tree" / name).rename(draw.root / f"{name}_trainvaltest" / name)
    (draw.root / "tree").rmdir()
    assert open_data(draw.root).format == "cityscapes"


def test_an_image_without_a_mask_is_refused(draw: Drawer) -> None:
    draw_all(draw, "labelIds", IDS)
    next((draw.root / "gtFine").rglob("bochum*.png")).unlink()
    words = (
        r"1 of 3 images in leftImg8bit/train has no mask .* in gtFine/train: bochum_000000_000313_leftImg8bit\.png\."
    )
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


def test_a_value_that_is_no_id_is_refused(draw: Drawer) -> None:
    draw_all(draw, "labelIds", (7, 8, 40))
    with pytest.raises(DataError, match=r"hold values outside the 19 classes .*\(value 40: 1 pixel\)"):
        open_data(draw.root)


@pytest.mark.parametrize(("kind", "values"), [("labelIds", IDS), ("labelTrainIds", TRAIN_IDS)])
def test_what_is_written_is_read_again(kind: str, values: Sequence[int], draw: Drawer, tmp_path: Path) -> None:
    draw_all(draw, kind, values)
    written_and_read(open_data(draw.root), "cityscapes", tmp_path / "new")
    names = [path.name for path in (tmp_path / "new" / "gtFine" / "val" / "ulm").iterdir()]
    assert names == ["ulm_000000_000019_gtFine_labelTrainIds.png"]


def test_other_classes_are_not_written(draw: Drawer, tmp_path: Path) -> None:
    draw.pairs("images/{}.png", "masks/{}.png", ["a", "b", "c"], (0, 1, 2))
    with pytest.raises(
        DataError, match=r"holds Cityscapes' 19 classes \(road, sidewalk, building, …\); these data have 3"
    ):
        written_and_read(open_data(draw.root), "cityscapes", tmp_path / "new")


def test_a_damaged_mask_is_named_and_blank_ones_are_told_by_the_others(draw: Drawer) -> None:
    draw_all(draw, "labelIds", IDS)
    draw_split(draw, "test", ["berlin_000000_000019", "berlin_000001_000019"], "labelIds", (0,))
    (draw.root / "gtFine/test/berlin/berlin_000000_000019_gtFine_labelIds.png").write_bytes(b"")
    (draw.root / "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png").write_bytes(b"")
    found = examine(draw.root)
    assert {finding.check for finding in found.findings} >= {"unreadable", "without_partner"}
    unreadable = next(finding for finding in found.findings if finding.check == "unreadable")
    assert [file.name for file in unreadable.files] == ["aachen_000000_000019_gtFine_labelIds.png"]


def test_of_two_folders_of_a_split_the_one_with_more_images_is_taken_and_the_other_is_said(draw: Drawer) -> None:
    draw_all(draw, "labelTrainIds", TRAIN_IDS)
    frames = ["bonn_000000_000019", "bonn_000001_000019"]
    draw_split(draw, "validation", frames, "labelTrainIds", TRAIN_IDS)
    data = open_data(draw.root)
    assert [pair.name for pair in data.splits["val"]] == [f"{frame}_leftImg8bit" for frame in frames]
    assert "leftImg8bit/val" in decisions(data)
    assert "1 image, and val is taken from leftImg8bit/validation" in decisions(data)


def test_two_folders_of_a_split_that_hold_as_many_are_refused(draw: Drawer) -> None:
    draw_all(draw, "labelTrainIds", TRAIN_IDS)
    draw_split(draw, "validation", ["bonn_000000_000019"], "labelTrainIds", TRAIN_IDS)
    words = r"Images and masks are found in 2 ways: .*val with .*, .*validation with .*Move all but one of them"
    with pytest.raises(DataError, match=words):
        open_data(draw.root)


@pytest.mark.parametrize("lacks", ["images", "masks"])
def test_a_second_folder_of_a_split_without_images_or_masks_takes_no_part(lacks: str, draw: Drawer) -> None:
    draw_all(draw, "labelTrainIds", TRAIN_IDS)
    for name in ("a", "b") if lacks == "masks" else ():
        draw.image(f"leftImg8bit/validation/bonn/bonn_{name}_leftImg8bit.png")
    (draw.root / "leftImg8bit" / "validation" / "bonn").mkdir(parents=True, exist_ok=True)
    data = open_data(draw.root)
    assert len(data.splits["val"]) == 1
    said = {decision.what: decision.why for decision in data.decisions if decision.what.endswith("left out")}
    without = "it holds 2 images, but no masks called …_labelTrainIds.png"
    assert said == ({"leftImg8bit/validation is left out": without} if lacks == "masks" else {})
