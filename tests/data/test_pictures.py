"""Folders of pictures, as they lie on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pixelwise.data.dataset import Decision
from pixelwise.data.pictures import PictureExamples, layout_of, layout_to_score, picture_source, read_pictures
from pixelwise.data.pictures.doctor import examine_pictures
from pixelwise.data.pictures.survey import PicturesWanted
from pixelwise.errors import DataError
from pixelwise.ops.image_io import write_png


def draw(path: Path, height: int = 20, width: int = 30, value: int = 0) -> None:
    pixels = np.random.default_rng(value).integers(0, 256, (height, width, 3), dtype=np.uint8)
    write_png(path, pixels)


def test_pictures_alone_are_targets_and_a_fifth_of_them_is_held_out(tmp_path: Path) -> None:
    for i in range(10):
        draw(tmp_path / "photos" / f"{i}.png", value=i)
    found = read_pictures(tmp_path, "alone")
    assert {split: len(pairs) for split, pairs in found.splits.items()} == {"train": 8, "val": 2}
    assert "10 pictures (train 8, val 2)" in found.describe()
    assert repr(found) == f"Pictures({found.root.name}: 10 pictures (train 8, val 2))"
    assert "all 20 × 30" in found.describe()
    example = PictureExamples(found.splits["train"], alone=True)[0]
    assert example.image is None
    assert example.target is not None
    assert example.target.shape == (20, 30, 3)


@pytest.mark.parametrize("words", [("noisy", "clean"), ("input", "target"), ("LR", "HR"), ("A", "B")])
def test_pairs_lie_in_two_folders_with_or_without_splits(tmp_path: Path, words: tuple[str, str]) -> None:
    for word in words:
        for i in range(3):
            draw(tmp_path / "plain" / word / f"{i}.png", value=i)
            for split in ("train", "val"):
                draw(tmp_path / "outside" / split / word / f"{i}.png", value=i)
                draw(tmp_path / "inside" / word / split / f"{i}.png", value=i)
    assert [len(pairs) for pairs in read_pictures(tmp_path / "plain", "pairs").splits.values()] == [2, 1]
    for place in ("outside", "inside"):
        found = read_pictures(tmp_path / place, "pairs")
        assert {split: len(pairs) for split, pairs in found.splits.items()} == {"train": 3, "val": 3}
        pair = found.splits["val"][0]
        assert words[0] in pair.image.parts
        assert pair.target is not None
        assert words[1] in pair.target.parts


@pytest.mark.parametrize(
    ("layout", "place", "sides"),
    [
        ("alone", "{split}", ("",)),
        ("halves", "{split}", ("",)),
        ("pairs", "{split}/{side}", ("noisy", "clean")),
        ("pairs", "{side}/{split}", ("noisy", "clean")),
        ("domains", "{split}{side}", ("A", "B")),
    ],
)
def test_two_folders_of_one_split_are_both_named(
    layout: str, place: str, sides: tuple[str, ...], tmp_path: Path
) -> None:
    for split in ("train", "val", "valid"):
        for i, side in enumerate(sides):
            draw(tmp_path / place.format(split=split, side=side) / "a.png", value=i)
            draw(tmp_path / place.format(split=split, side=side) / "b.png", value=i + 9)
    with pytest.raises(
        DataError, match=r"val\w? and \S+/valid\w? are two folders of one split, and both hold pictures"
    ):
        read_pictures(tmp_path, layout)
    (tmp_path / "more" / "val").mkdir(parents=True)
    draw(tmp_path / "more" / "train" / "a.png")
    draw(tmp_path / "more" / "train" / "b.png")
    draw(tmp_path / "more" / "valid" / "c.png")
    assert len(read_pictures(tmp_path / "more", "alone").splits["val"]) == 1


def test_a_picture_without_a_partner_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(tmp_path / "noisy" / f"{name}.png")
    draw(tmp_path / "clean" / "a.png")
    for i in range(4):
        draw(tmp_path / "clean" / f"extra{i}.png")
    wanted = (
        r"1 picture in \S*noisy has no partner in \S*clean: b.png. 4 pictures in \S*clean have no partner in \S*noisy: "
        r"extra0.png, extra1.png, extra2.png, … Add what is missing, .*; the layout is taken to be pairs in two"
    )
    with pytest.raises(DataError, match=wanted):
        read_pictures(tmp_path, "pairs")


def test_a_split_that_one_side_lacks_is_said(tmp_path: Path) -> None:
    for place in ("noisy/train", "clean/training", "noisy/val", "clean/test"):  # a test may lack one side
        draw(tmp_path / place / "a.png")
    with pytest.raises(DataError, match=r"^1 picture in \S*noisy/val has no partner in \S*clean: a.png. Add"):
        read_pictures(tmp_path, "pairs")
    (tmp_path / "noisy" / "val" / "a.png").unlink()
    assert read_pictures(tmp_path, "pairs", is_scored=True).splits.keys() == {"train"}


@pytest.mark.parametrize(("there", "lacking"), [("LR", "HR"), ("HR", "LR")])
def test_a_split_around_that_lacks_one_side_is_said(there: str, lacking: str, tmp_path: Path) -> None:
    alone = tmp_path / "val" / there / "a.png"
    for path in (tmp_path / "train" / "LR" / "a.png", tmp_path / "train" / "HR" / "a.png", alone):
        draw(path)
    with pytest.raises(DataError, match=rf"1 picture in \S*val has no partner in \S*val/{lacking}: a\.png"):
        read_pictures(tmp_path, "pairs")
    assert layout_of(tmp_path, "super_resolution", is_made=False) == "pairs"
    assert examine_pictures(tmp_path, PicturesWanted("restoration"), quick=True).survey.alone == (alone,)
    alone.unlink()
    assert read_pictures(tmp_path, "pairs", is_scored=True).splits.keys() == {"train"}


def test_splits_whose_pairs_lie_in_other_ways_are_all_found(tmp_path: Path) -> None:
    for place in ("train/LR/a.png", "train/HR/a.png", "test/b_LR.png", "test/b_HR.png"):
        draw(tmp_path / place)
    found = read_pictures(tmp_path, "pairs", is_scored=True).splits
    assert {split: [pair.image.name for pair in pairs] for split, pairs in found.items()} == {
        "train": ["a.png"],
        "test": ["b_LR.png"],
    }


def test_pairs_of_other_sizes_are_refused_with_the_sizes(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        draw(tmp_path / "lr" / f"{name}.png", 10, 15)
        draw(tmp_path / "hr" / f"{name}.png", 20, 30 if name != "b" else 28)
    wanted = r"In 1 of 3 pairs of .* is not 2 times as large as its image: b \(10 × 15 and 20 × 28\)\."
    with pytest.raises(DataError, match=wanted):
        read_pictures(tmp_path, "pairs", scale=2)
    with pytest.raises(DataError, match=rf"{wanted} The model makes pictures 2 times as large as what it is given: "):
        read_pictures(tmp_path, "pairs", scale=2, is_scored=True)
    draw(tmp_path / "hr" / "b.png", 20, 30)
    assert read_pictures(tmp_path, "pairs", scale=2).sizes == {(20, 30): 3}


def test_halves_go_either_way(tmp_path: Path) -> None:
    for i in range(3):
        picture = np.zeros((8, 24, 3), np.uint8)
        picture[:, 12:] = 200
        write_png(tmp_path / f"{i}.png", picture)
    for image_is_left, value in ((True, 0), (False, 200)):
        found = read_pictures(tmp_path, "halves", image_is_left=image_is_left)
        pair = found.splits["train"][0]
        assert pair.read_image().mean() == value
        assert picture_source(pair).target(pair).mean() == 200 - value
        assert found.sizes == {(8, 12): 3}
        sides = "the left one goes in, the right one" if image_is_left else "the right one goes in, the left one"
        assert f"Halves: {sides} should come out" in [decision.what for decision in found.decisions]


def test_a_picture_of_odd_width_has_no_halves(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 8, 24)
    draw(tmp_path / "odd.png", 8, 25)
    with pytest.raises(DataError, match=r"1 picture in .* cannot be halved, the width is odd: odd.png"):
        read_pictures(tmp_path, "halves")


def test_two_kinds_of_pictures_need_no_partners(tmp_path: Path) -> None:
    for split, counts in {"train": (4, 3), "test": (2, 1)}.items():
        for kind, count in zip("AB", counts, strict=True):
            for i in range(count):
                draw(tmp_path / f"{split}{kind}" / f"{i}.png", value=i)
    found = read_pictures(tmp_path, "domains")
    assert {split: len(pairs) for split, pairs in found.splits.items()} == {"train": 3, "val": 1, "test": 2}
    assert {split: len(pairs) for split, pairs in found.others.items()} == {"train": 2, "val": 1, "test": 1}


def test_a_missing_kind_is_said(tmp_path: Path) -> None:
    draw(tmp_path / "trainA" / "a.png")
    with pytest.raises(DataError, match=r"lacks pictures of kind B to train on"):
        read_pictures(tmp_path, "domains")


def test_photographs_in_folders_of_two_kinds_are_trained_on_without_the_test_ones(tmp_path: Path) -> None:
    for split, counts in {"train": (6, 4), "test": (2, 1)}.items():
        for kind, count in zip("AB", counts, strict=True):
            for i in range(count):
                name = f"{split}{kind}{i}"
                draw(tmp_path / "zebras" / f"{split}{kind}" / f"{name}.png", value=sum(name.encode()))
    found = read_pictures(tmp_path, "alone")
    assert {split: len(pairs) for split, pairs in found.splits.items()} == {"train": 8, "val": 2, "test": 3}
    assert {pair.name[:4] for split in ("train", "val") for pair in found.splits[split]} == {"trai"}
    assert found.decisions[0].what == (
        "By the names of their folders, trainA and trainB are train, testA and testB are test"
    )
    scored = read_pictures(tmp_path, "alone", is_scored=True)
    assert {split: len(pairs) for split, pairs in scored.splits.items()} == {"train": 10, "test": 3}
    for split in ("train", "test"):
        shutil.copytree(tmp_path / "zebras" / "trainA", tmp_path / "unpacked" / "photos" / split)
    assert read_pictures(tmp_path / "unpacked", "alone").splits.keys() == {"train", "val", "test"}
    shutil.rmtree(tmp_path / "unpacked")
    shutil.rmtree(tmp_path / "zebras" / "testA")
    assert len(read_pictures(tmp_path, "alone").splits["test"]) == 1


@pytest.mark.parametrize("lacking", ["A", "B"])
def test_a_kind_of_a_single_picture_is_named(lacking: str, tmp_path: Path) -> None:
    for kind in "AB":
        for i in range(1 if kind == lacking else 4):
            draw(tmp_path / f"train{kind}" / f"{i}.png", value=i)
    with pytest.raises(DataError, match=rf"^Kind {lacking}: .*at least two"):
        read_pictures(tmp_path, "domains")


def test_two_kinds_are_not_taken_for_halves(tmp_path: Path) -> None:
    for place in ("named/trainA", "named/trainB", "named/testA", "named/testB", "plain/A", "plain/B"):
        draw(tmp_path / place / f"{place[-1]}1.png", 32, 32)
    wanted = r"named/trainA and \S*named/trainB are called like two kinds of pictures .* `--task unpaired_translation`"
    with pytest.raises(DataError, match=wanted):
        layout_of(tmp_path / "named", "paired_translation", is_made=False)
    with pytest.raises(DataError, match=r"no pictures of the same names\. .* `--task unpaired_translation` takes them"):
        layout_of(tmp_path / "plain", "paired_translation", is_made=False)
    with pytest.raises(DataError, match=r"two kinds of pictures .* Score a model of pairs on pairs"):
        layout_to_score(tmp_path / "named", "paired_translation", is_made=False)


@pytest.mark.parametrize(("full", "empty"), [("noisy", "clean"), ("clean", "noisy")])
def test_a_side_without_pictures_is_said(full: str, empty: str, tmp_path: Path) -> None:
    draw(tmp_path / full / "a.png")
    (tmp_path / empty).mkdir()
    with pytest.raises(DataError, match=rf"/{empty} holds no pictures, and \S*/{full} holds 1\. Put the partners"):
        layout_of(tmp_path, "restoration", is_made=False)


@pytest.mark.parametrize(
    ("names", "reverse", "wanted"),
    [
        (("noisy/{}.png", "clean/{}.png"), False, "Pairs: noisy/ goes in, clean/ should come out"),
        (("noisy/{}.png", "clean/{}.png"), True, "Pairs: clean/ goes in, noisy/ should come out"),
        (("input/train/{}.png", "target/train/{}.png"), False, "Pairs: input/ goes in, target/ should come out"),
        (("{}_before.png", "{}_after.png"), False, "Pairs: …_before.png goes in, …_after.png should come out"),
    ],
)
def test_it_is_said_which_side_goes_in(names: tuple[str, str], reverse: bool, wanted: str, tmp_path: Path) -> None:
    for name in names:
        for i in range(4):
            draw(tmp_path / name.format(i))
    found = read_pictures(tmp_path, "pairs", image_is_left=not reverse)
    assert wanted in [decision.what for decision in found.decisions]


@pytest.mark.parametrize(
    ("image", "target", "task", "scale", "cure"),
    [
        (20, 10, "super_resolution", 2, "the small pictures belong into lr/, the large ones into hr/."),
        (30, 10, "super_resolution", 2, "the large ones into hr/, and say `--scale 3`."),
        (10, 30, "super_resolution", 2, "In all pairs it is 3 times as large: say `--scale 3`."),
        (10, 20, "restoration", 1, "this is for `--task super_resolution --scale 2`."),
    ],
)
def test_pairs_of_another_scale_get_the_same_cure_from_check_and_train(
    image: int, target: int, task: str, scale: int, cure: str, tmp_path: Path
) -> None:
    for i in range(4):
        draw(tmp_path / "lr" / f"{i}.png", image, image)
        draw(tmp_path / "hr" / f"{i}.png", target, target)
    diagnosis = examine_pictures(tmp_path, PicturesWanted(task, scale=scale), quick=True)
    assert diagnosis.findings[0].cure.endswith(cure)
    with pytest.raises(DataError, match=r"In all 4 pairs of .* the target is not") as refused:
        _ = diagnosis.pictures
    assert str(refused.value).endswith(cure)


def test_the_digest_changes_with_the_files(tmp_path: Path) -> None:
    for i in range(4):
        draw(tmp_path / f"{i}.png", value=i)
    before = read_pictures(tmp_path, "alone").digest
    assert read_pictures(tmp_path, "alone").digest == before
    draw(tmp_path / "0.png", 22, value=9)
    assert read_pictures(tmp_path, "alone").digest != before


def test_the_layout_follows_from_the_task_and_what_is_there(tmp_path: Path) -> None:
    draw(tmp_path / "alone" / "a.png")
    draw(tmp_path / "wide" / "a.png", 20, 40)
    for word in ("noisy", "clean"):
        draw(tmp_path / "two" / word / "a.png")
    assert layout_of(tmp_path / "alone", "super_resolution", is_made=False) == "alone"
    assert layout_of(tmp_path / "wide", "paired_translation", is_made=False) == "halves"
    assert layout_of(tmp_path / "two", "restoration", is_made=False) == "pairs"
    wanted = (
        r"holds pairs of pictures, from noisy/ to clean/, .* Leave out `--degrade` to learn from the pairs, or give"
    )
    with pytest.raises(DataError, match=wanted):
        layout_of(tmp_path / "two", "restoration", is_made=True)
    assert layout_of(tmp_path / "two" / "clean", "restoration", is_made=True) == "alone"
    with pytest.raises(DataError, match=r"No pairs of pictures were found .* with `--degrade noise:5-50`"):
        layout_of(tmp_path / "alone", "restoration", is_made=False)
    wanted = (
        r"No pairs of pictures were found .* Put what goes in into \S*alone/input, and what should .*alone/target\.$"
    )
    with pytest.raises(DataError, match=wanted):  # evaluate has no --degrade
        layout_to_score(tmp_path / "alone", "restoration", is_made=False)


def test_pairs_lie_in_one_folder_where_endings_tell_them(tmp_path: Path) -> None:
    for name in ("bird", "head"):
        draw(tmp_path / f"{name}_SRF_2_HR.png", 20, 30)
        draw(tmp_path / f"{name}_SRF_2_LR.png", 10, 15)
    assert layout_to_score(tmp_path, "super_resolution", is_made=True) == "pairs"
    found = read_pictures(tmp_path, "pairs", scale=2, is_scored=True)
    assert [(pair.image.name, pair.target and pair.target.name) for pair in found.splits["all"]] == [
        ("bird_SRF_2_LR.png", "bird_SRF_2_HR.png"),
        ("head_SRF_2_LR.png", "head_SRF_2_HR.png"),
    ]
    draw(tmp_path / "other.png")
    assert layout_to_score(tmp_path, "super_resolution", is_made=True) == "alone"
    with pytest.raises(DataError, match=r"side by side, such as bird_SRF_2_LR.png and bird_SRF_2_HR.png"):
        read_pictures(tmp_path, "alone")


@pytest.mark.parametrize(("test", "whole"), [("test/noisy", "train/{}"), ("noisy/test", "{}/train")])
def test_a_test_split_of_inputs_alone_is_left_out_and_that_is_said(tmp_path: Path, test: str, whole: str) -> None:
    for name in "abcdef":
        for side in ("noisy", "clean"):
            draw(tmp_path / whole.format(side) / f"{name}.png")
    draw(tmp_path / test / "x.png")
    pictures = read_pictures(tmp_path, "pairs")
    assert {split: len(several) for split, several in pictures.splits.items()} == {"train": 5, "val": 1}
    assert pictures.decisions[0] == Decision(
        f"{test.removesuffix('/noisy')} is left out", "its pictures have no partners"
    )
    scored = read_pictures(tmp_path, "pairs", is_scored=True)
    assert scored.splits.keys() == {"train"}
    assert scored.decisions == pictures.decisions[:1]
    draw(tmp_path / test.replace("noisy", "clean") / "x.png")
    assert len(read_pictures(tmp_path, "pairs").splits["test"]) == 1
    draw(tmp_path / test.replace("test", "val") / "y.png")
    with pytest.raises(DataError, match=r"has no partner in .*clean"):
        read_pictures(tmp_path, "pairs")


def test_copies_of_a_picture_are_on_one_side_of_what_is_drawn(tmp_path: Path) -> None:
    for i in range(10):
        draw(tmp_path / f"{i}.png", value=i)
        (tmp_path / f"again{i}.png").write_bytes((tmp_path / f"{i}.png").read_bytes())
    for seed in range(4):
        pictures = read_pictures(tmp_path, "alone", seed=seed)
        sides = [{pair.name.removeprefix("again") for pair in pictures.splits[split]} for split in ("train", "val")]
        assert (len(sides[0]), len(sides[1]), sides[0] & sides[1]) == (8, 2, set())
        assert "copies of an image, byte for byte, are on the same side" in pictures.decisions[0].why
