"""`pixelwise check` on pictures, and what `train` makes of what is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixelwise import workflow
from pixelwise.data.pictures import Pictures, doctor, read_pictures
from pixelwise.data.pictures.checks import PICTURE_CHECKS
from pixelwise.data.pictures.opening import read_known_pictures
from pixelwise.errors import SettingError
from pixelwise.ops.image_io import write_png
from pixelwise.workflow import PictureSubject
from pixelwise.workflow import pictures as of_pictures
from tests.cli.conftest import Command
from tests.test_docs import ROOT


def draw(file: Path, seed: int, height: int = 48, width: int = 48) -> None:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (height // 4, width // 4, 3)).repeat(4, axis=0).repeat(4, axis=1)
    write_png(file, np.clip(coarse * 0.7 + random.integers(0, 60, (height, width, 3)), 0, 255).astype(np.uint8))


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for i in range(12):
        draw(tmp_path / "pairs" / "noisy" / f"{i:02d}.png", i)
        draw(tmp_path / "pairs" / "clean" / f"{i:02d}.png", 100 + i)
    return tmp_path / "pairs"


def test_a_folder_without_masks_is_told_which_tasks_take_it(pixelwise: Command, pairs: Path, tmp_path: Path) -> None:
    printed = pixelwise("check", pairs)
    assert printed.code == 0
    assert "no masks in it, but 12 pairs of pictures (noisy and clean)" in printed.out
    assert "--task restoration" in printed.out
    for kind in "AB":
        shutil.copytree(pairs / "noisy", tmp_path / "kinds" / f"train{kind}")
    said = json.loads(pixelwise("check", tmp_path / "kinds", "--json").out)
    assert [task["options"] for task in said["tasks"]] == ["--task unpaired_translation"]


def test_a_page_that_was_asked_for_changes_nothing_of_the_offer_but_its_commands(
    pixelwise: Command, pairs: Path, tmp_path: Path
) -> None:
    photos, page = shutil.copytree(pairs / "clean", tmp_path / "photos"), tmp_path / "page.html"
    plain, with_page = pixelwise("check", photos), pixelwise("check", photos, "--html", page)
    assert (plain.code, with_page.code) == (0, 0)
    assert "There are no masks in it, but 12 plain pictures." in plain.out
    assert f"check {photos} --task super_resolution --scale 2\n" in plain.out
    assert f"check {photos} --task super_resolution --scale 2 --html {page}\n" in with_page.out
    options = [
        task["options"] for task in json.loads(pixelwise("check", photos, "--html", page, "--json").out)["tasks"]
    ]
    assert options[0] == f"--task super_resolution --scale 2 --html {page}"
    assert all(option.endswith(f" --html {page}") for option in options)
    heading = ("What takes them, and writes the page", "What takes them")
    assert with_page.out.replace(f" --html {page}", "").replace(*heading) == plain.out


def test_the_page_and_json_tell_the_same(pixelwise: Command, pairs: Path, tmp_path: Path) -> None:
    draw(pairs / "clean" / "03.png", 3, 52)
    printed = pixelwise("check", pairs, "--task", "restoration", "--json", "--html", tmp_path / "page.html")
    assert printed.code == 1
    said = json.loads(printed.out)
    assert said["findings"][0]["files"] == ["noisy/03.png", "clean/03.png"]
    assert list(said["overview"]) == ["pictures", "layout", "sizes of images", "sizes of targets", "files"]
    assert said["overview"]["pictures"] == "12 pairs: train 9, val 2; 1 not used"
    assert said["overview"]["layout"].endswith(": from noisy/ to clean/")
    assert said["decisions"][0]["what"].startswith("Validation: 2 of 11 images")
    assert [one["check"] for one in said["findings"]] == ["sizes_of_pairs", "few_pictures", "small_pictures"]
    plan = {fact["title"]: fact["value"] for fact in said["plan"]}
    assert (plan["network"], plan["views"], plan["loss"]) == ("lite_sr", "48 × 48 pixels", "charbonnier")
    assert plan["length"] == "20,000 steps: 35556 epochs of 9 pictures in batches of 16"
    assert said["overview"]["sizes of images"] == "all 48 × 48 (height × width)"
    page = (tmp_path / "page.html").read_text()
    assert "In 1 of 12 pairs the target is not as large as its image" in page
    assert "35556 epochs of 9 pictures" in page
    assert page.count("data:image/webp") >= 2


def test_each_kind_of_pictures_has_titles_of_its_own(pixelwise: Command, pairs: Path, tmp_path: Path) -> None:
    for kind, side in (("A", "noisy"), ("B", "clean")):
        shutil.copytree(pairs / side, tmp_path / "kinds" / f"train{kind}")
    (tmp_path / "kinds" / "trainB" / "03.png").unlink()
    printed = pixelwise("check", tmp_path / "kinds", "--task", "unpaired_translation", "--quick", "--json")
    overview = json.loads(printed.out)["overview"]
    assert list(overview) == ["kind A", "kind B", "layout", "sizes of kind A", "sizes of kind B", "files"]
    assert overview["kind A"].startswith("12 pictures: train ")
    assert overview["kind B"].startswith("11 pictures: train ")


def test_options_that_do_not_fit_are_refused(pixelwise: Command, pairs: Path) -> None:
    assert (
        "--scale is for the task super_resolution"
        in pixelwise("check", pairs, "--task", "restoration", "--scale", 2).err
    )
    assert "--binary is for masks" in pixelwise("check", pairs, "--task", "restoration", "--binary").err
    apart = pixelwise("check", pairs / "clean", "--task", "super_resolution", "--scale", 3, "--degrade", "down:2")
    assert (apart.code, "The scale is 3, but 'down:2' makes pictures 2 times smaller." in apart.err) == (2, True)
    assert "Did you mean 'restoration'" in pixelwise("check", pairs, "--task", "restauration").err


def test_train_refuses_what_ruins_and_names_the_cure(pixelwise: Command, pairs: Path, tmp_path: Path) -> None:
    shutil.rmtree(pairs / "noisy")
    shutil.copytree(pairs / "clean", pairs / "noisy")
    printed = pixelwise("train", pairs, "--task", "restoration", "--epochs", 1, "-o", tmp_path / "run")
    assert printed.code == 2
    assert "image and target are the same picture" in printed.err
    assert not (tmp_path / "run").exists()


def test_train_opens_the_pictures_once_and_takes_them_from_the_check(
    pixelwise: Command, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Pictures] = []
    opened: list[Pictures] = []

    def noted(opening: Callable[..., Pictures]) -> Callable[..., Pictures]:
        def called(*arguments: Any, **options: Any) -> Pictures:
            opened.append(opening(*arguments, **options))
            return opened[-1]

        return called

    def training(subject: PictureSubject, *_: object, **__: object) -> None:
        taken.append(subject.data)
        raise SettingError("That is enough.")

    monkeypatch.setattr(doctor, "read_known_pictures", noted(read_known_pictures))
    monkeypatch.setattr(of_pictures, "read_pictures", noted(read_pictures))
    monkeypatch.setattr(workflow, "train", training)
    printed = pixelwise("train", pairs, "--task", "restoration", "--epochs", 1, "-o", tmp_path / "run")
    assert "That is enough." in printed.err
    assert len(opened) == 1
    assert taken == opened


def test_the_document_lists_every_check_of_pictures() -> None:
    section = (ROOT / "docs" / "pictures.md").read_text().split("## Checking pictures")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in section.splitlines() if "| `" in row]
    listed = {check.strip("`"): (what, decodes == "yes") for check, what, decodes in rows}
    assert listed == {name: (PICTURE_CHECKS[name].summary, PICTURE_CHECKS[name].looks) for name in PICTURE_CHECKS}


def test_what_a_bad_pair_leaves_is_shown_with_the_plan_once_that_is_mended(pixelwise: Command, pairs: Path) -> None:
    (pairs / "noisy" / "05.png").write_bytes(b"")
    printed = pixelwise("check", pairs, "--task", "paired_translation")
    assert printed.code == 1
    assert "12 pairs: train 9, val 2; 1 not used" in printed.out
    assert "Validation: 2 of 11 images" in printed.out
    assert "There are only 2 targets to score on" in printed.out
    assert "What training would decide, once that is mended" in printed.out
    for file in (pairs / "noisy").iterdir():
        file.write_bytes(b"")
    assert "What training would decide" not in pixelwise("check", pairs, "--task", "paired_translation").out


def test_photographs_for_restoration_are_told_of_degradations_and_these_are_understood(
    pixelwise: Command, pairs: Path, tmp_path: Path
) -> None:
    photos = shutil.copytree(pairs / "clean", tmp_path / "photos")
    refused = pixelwise("check", photos, "--task", "restoration")
    assert refused.code == 1
    assert "such as with `--degrade noise:5-50`" in " ".join(refused.out.split())
    printed = pixelwise("check", photos, "--task", "restoration", "--degrade", "noise:5-50+jpeg:30-95")
    assert printed.code == 0, printed.out
    assert "images are made of them while training" in printed.out
    assert "made of the pictures while training: noise:5-50+jpeg:30-95" in printed.out


@pytest.mark.parametrize("task", ["restoration", "paired_translation"])
def test_pairs_of_unequal_size_get_a_cure_that_fits_the_task(
    pixelwise: Command, pairs: Path, tmp_path: Path, task: str
) -> None:
    draw(pairs / "clean" / "03.png", 3, 36)
    checked = " ".join(pixelwise("check", pairs, "--task", task).out.split())
    assert "03 (48 × 48 and 36 × 48)" in checked
    assert "Crop or resize one of each so that both are equally large, or take these files out" in checked
    refused = pixelwise("train", pairs, "--task", task, "--epochs", 1, "-o", tmp_path / "run")
    assert "03 (48 × 48 and 36 × 48). Crop or resize one of each so that both are equally large, or take" in refused.err
    assert "scale" not in checked + refused.err
    enlarged = pixelwise("train", pairs, "--task", "super_resolution", "--epochs", 1, "-o", tmp_path / "run")
    assert "All pairs need one scale (here 0.75 × 1, 1): save these files anew, or take them out" in enlarged.err


def test_two_folders_of_photographs_are_offered_unpaired_translation_by_the_names_that_it_expects(
    pixelwise: Command, tmp_path: Path
) -> None:
    for place, seed in (("both/horses", 0), ("both/zebras", 20), ("ready/A", 0), ("ready/B", 20)):
        for i in range(3):
            draw(tmp_path / place / f"{place[-1]}{seed + i}.png", seed + i)
    for place, wanted in (
        ("both", "horses become zebras, once these folders are called trainA and trainB"),
        ("ready", '"A become B"'),
    ):
        tasks = json.loads(pixelwise("check", tmp_path / place, "--json").out)["tasks"]
        assert tasks[-1]["options"] == "--task unpaired_translation"
        assert wanted in json.dumps(tasks[-1])


@pytest.mark.parametrize(("empty", "full"), [("clean", "noisy"), ("noisy", "clean")])
def test_pairs_of_which_one_side_is_empty_are_offered_to_no_task(
    empty: str, full: str, pixelwise: Command, pairs: Path, tmp_path: Path
) -> None:
    for file in (pairs / empty).iterdir():
        file.unlink()
    printed = pixelwise("check", pairs)
    assert printed.code == 1
    said = " ".join(printed.out.split())
    assert f"{pairs / empty} holds no pictures, and {pairs / full} holds 12. Put the partners of these, of" in said
    assert "--task" not in said
    assert json.loads(pixelwise("check", pairs, "--json").out)["tasks"] == []
    refused = pixelwise("train", pairs, "-o", tmp_path / "run").err
    assert f"Without masks, pixelwise train takes pairs of pictures, but {pairs / empty} holds no pictures" in refused
