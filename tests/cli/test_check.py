"""`pixelwise check`: what is there, what is wrong, what would be decided; and everything that it writes."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelwise.cli import check_text
from pixelwise.cli.check_text import warnings
from pixelwise.cli.console import program
from pixelwise.cli.convert_data import WRITABLE
from pixelwise.cli.values import data_options
from pixelwise.data.checks import Finding, Severity
from pixelwise.data.converting import writable_formats
from pixelwise.data.overview import verdict
from pixelwise.data.understand import open_data
from pixelwise.training.run import Source
from tests.cli.conftest import TINY, Command, draw_data


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A mask too small, one too few, and a name that a page must not take for a tag."""
    root = draw_data(tmp_path / "data", count=14)
    mask = root / "masks" / "picture_03.png"
    Image.open(mask).resize((24, 20), Image.Resampling.NEAREST).save(mask)
    (root / "masks" / "picture_05.png").unlink()
    for kind in ("images", "masks"):
        (root / kind / "picture_03.png").rename(root / kind / "<b>&amp;[red]\x1b[1m.png")
    return root


def test_healthy_data_are_shown_in_few_lines_of_a_hundred_columns(data: Path, pixelwise: Command) -> None:
    printed = pixelwise("check", data, "--quick")
    assert printed.code == 0, printed.err
    lines = printed.out.splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) < 60
    assert all(line == line.rstrip() for line in lines)
    assert "  pairs   12 images with masks: train 10, val 2" in lines
    assert re.search(r"\n +0  sky +\d+\.\d\d % +\d+\.\d\d % +12 +\d+\n", printed.out)
    assert "  layout  paired_folders: images/ with masks/" in lines
    for title in ("network", "resolution", "views", "length", "loss", "class weights", "learning rate"):
        assert f"\n  {title} " in printed.out
    assert "Reading the masks: 12" in printed.err


def test_what_ruins_training_is_said_with_its_cure_and_ends_in_1(broken: Path, pixelwise: Command) -> None:
    printed = pixelwise("check", broken)
    assert printed.code == 1
    assert "2 things ruin training" in printed.out
    assert "Ruins training" in printed.out
    assert "1 of 13 masks has another size than the image" in printed.out
    assert "masks/<b>&amp;[red]\\x1b[1m.png" in printed.out
    assert "\x1b" not in printed.out
    assert "→ Resize these masks" in printed.out
    assert "images/picture_05.png" in printed.out
    assert "What training would decide, once that is mended" in printed.out
    assert f"`pixelwise check {broken} --fix OUT` writes a copy" in " ".join(printed.out.split())


def test_one_json_object_says_everything(broken: Path, tmp_path: Path, pixelwise: Command) -> None:
    printed = pixelwise("check", broken, "--json", "--fix", tmp_path / "out")
    found = json.loads(printed.out)
    assert printed.code == 1
    ruins = [one for one in found["findings"] if one["severity"] == "ruins"]
    assert {one["check"] for one in ruins} == {"size_of_mask", "without_partner"}
    assert {"what", "consequence", "cure", "count", "files"} <= ruins[0].keys()
    assert found["data"]["classes"]["names"] == ["sky", "ground", "box"]
    assert [fact["title"] for fact in found["plan"]][:3] == ["network", "resolution", "views"]
    assert found["refusal"]
    assert found["fixed"]["pairs"] == 13
    assert found["fixed"]["refusal"] is None


def test_the_copy_is_taken_by_check_and_told_of(broken: Path, tmp_path: Path, pixelwise: Command) -> None:
    out = tmp_path / "out"
    printed = pixelwise("check", broken, "--fix", out)
    assert f"{out}: a copy of 13 pairs" in printed.out
    assert "1 mask rescaled to the size of its image (by nearest neighbour)" in printed.out
    assert "FIXED.md" in printed.out
    assert pixelwise("check", out, "--quick").code == 0
    refused = pixelwise("check", broken, "--fix", out)
    assert refused.code == 2
    assert refused.err == f"Error: {out} is not empty, and nothing is overwritten. Give the name of a new folder.\n"


def test_a_page_holds_pictures_and_names_that_are_no_tags(broken: Path, tmp_path: Path, pixelwise: Command) -> None:
    page = tmp_path / "page.html"
    printed = pixelwise("check", broken, "--html", page)
    text = page.read_text()
    assert f"Page: {page}" in printed.out
    assert "<b>" not in text
    assert "masks/&lt;b&gt;&amp;amp;[red]" in text
    assert text.count("data:image/webp;base64,") >= 8
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert "What training would decide, once that is mended" in text
    assert text.count('class="finding"') == printed.out.count("→")


def test_a_page_is_written_for_data_whose_classes_are_not_known(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data")
    mask = root / "masks" / "picture_04.png"
    labels = np.array(Image.open(mask))
    labels[:5] = 9
    Image.fromarray(labels).save(mask)
    (root / "images" / "picture_07.png").write_bytes(b"")
    printed = pixelwise("check", root, "--html", tmp_path / "page.html")
    assert printed.code == 1
    assert "picture_04.png" in printed.out
    text = (tmp_path / "page.html").read_text()
    assert "cannot be shown" in text
    assert "<code>--ignore 9</code>" in text


def test_images_of_16_bits_are_shown_as_they_are_trained_on(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data")
    for image in (root / "images").iterdir():
        grey = np.array(Image.open(image).convert("L")).astype(np.uint16)
        Image.fromarray(grey * 9 + 300).save(image)
    printed = pixelwise("check", root, "--html", tmp_path / "page.html")
    assert printed.code == 0
    assert "12 images with masks" in printed.out
    assert "cannot be shown" not in (tmp_path / "page.html").read_text()


def test_write_makes_every_inference_explicit(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data")
    printed = pixelwise("check", root, "--quick", "--write")
    file = root / "dataset.yaml"
    assert f"Written: {file}" in printed.out
    text = file.read_text()
    for line in (
        "format: paired_folders",
        "  sky: 0",
        "ignore: []",
        "binary: false",
        "separate: false",
        "validation: 0.2",
    ):
        assert f"\n{line}\n" in text
    again = pixelwise("check", root, "--quick")
    assert "as dataset.yaml says" in again.out
    assert open_data(root).classes.names == ("sky", "ground", "box")
    refused = pixelwise("check", root, "--quick", "--write")
    assert refused.code == 2
    assert "dataset.yaml is there already, and counts." in refused.err


def test_what_is_said_on_the_command_line_counts(data: Path, pixelwise: Command) -> None:
    printed = pixelwise("check", data, "--quick", "--ignore", "2", "--validation", "picture_0")
    assert "2 is ignored" in printed.out
    assert "train 2, val 10" in printed.out
    assert pixelwise("check", data, "--classes", "a,a,b").code == 2


def test_a_folder_that_is_none_or_holds_none_is_said(tmp_path: Path, pixelwise: Command) -> None:
    missing = pixelwise("check", tmp_path / "nowhere")
    assert (missing.code, missing.err) == (2, f"Error: There is no folder {tmp_path / 'nowhere'}.\n")
    printed = pixelwise("check", tmp_path, "--html", tmp_path / "page.html")
    assert printed.code == 1
    assert "1 thing ruins training." in printed.out
    assert "No images with masks were found" in " ".join(printed.out.split())
    assert (tmp_path / "page.html").exists()


def test_train_warns_in_three_lines_and_names_the_command(tmp_path: Path, pixelwise: Command) -> None:
    findings = [Finding(Severity.HARMS, f"{i} masks lie.", "c", "d") for i in range(5)]
    findings.append(Finding(Severity.NOTE, "noted", "c", "d"))
    lines = list(warnings(findings, Path("my data")))
    assert lines[:3] == [f"Warning: {i} masks lie." for i in range(3)]
    assert len(lines) == 4
    assert lines[3].endswith(f"and 2 further warnings: {program()} check 'my data'\n")
    assert list(warnings(findings[5:], tmp_path)) == []
    root = draw_data(tmp_path / "data")
    (root / "masks" / "picture_05.png").unlink()
    refused = pixelwise("train", root)
    assert refused.code == 2
    assert refused.err.count("Error: 1 of 12 images in images has no mask of the same name in masks") == 1


def test_train_says_before_it_begins_what_harms(tmp_path: Path, pixelwise: Command) -> None:
    for split, count in (("train", 12), ("val", 4)):
        draw_data(tmp_path / "data" / split, count)
    for mask in (tmp_path / "data" / "train" / "masks").iterdir():
        Image.fromarray(np.minimum(np.array(Image.open(mask)), 1)).save(mask)  # no box in train
    told = ("--classes=sky,ground,box", "--seed=3")
    printed = pixelwise("train", tmp_path / "data", "-o", tmp_path / "run", "--epochs", "1", *told, *TINY)
    assert printed.code == 0, printed.err
    lines = printed.err.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("Warning: "))
    assert "class" in lines[first]
    more = next(line for line in lines[first : first + 4] if line.startswith("What comes of it, and what to do"))
    assert more.endswith(f"check {shlex.quote(str(tmp_path / 'data'))} --classes sky,ground,box --seed=3")


def test_what_was_said_of_the_data_becomes_options_again() -> None:
    source = Source(
        root=Path("data"), ignore=(0, 255), classes=("sky", "a tree"), binary=False, separate=True, validation="0.3"
    )
    options = "--ignore=0 --ignore=255 --classes 'sky,a tree' --no-binary --separate --validation 0.3"
    assert shlex.join(data_options(source)) == options
    assert data_options(Source(root=Path("data"), ignore=(), multilabel=True)) == ["--ignore=none", "--multilabel"]
    assert data_options(Source(root=Path("data"))) == []


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((0, 0, 0), "Nothing is wrong."),
        ((0, 0, 1), "Nothing ruins or harms training; 1 thing worth knowing."),
        ((1, 0, 0), "1 thing ruins training."),
        ((2, 1, 3), "2 things ruin training and 1 harms it; 3 things worth knowing."),
        ((0, 2, 0), "2 things harm training."),
        ((0, 1, 0), "1 thing harms training."),
    ],
)
def test_the_verdict_is_one_sentence(counts: tuple[int, int, int], sentence: str) -> None:
    kinds = (Severity.RUINS, Severity.HARMS, Severity.NOTE)
    findings = [Finding(kind, "", "", "") for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    assert verdict(findings) == sentence


def test_checks_are_listed(pixelwise: Command) -> None:
    printed = pixelwise("list", "checks")
    assert printed.code == 0
    assert "without_partner" in printed.out


def test_data_are_converted_compared_and_told_of(data: Path, tmp_path: Path, pixelwise: Command) -> None:
    out = tmp_path / "out"
    printed = pixelwise("convert-data", data, out, "--to", "split_folders")
    assert printed.code == 0, printed.err
    assert f"{out}: 12 pairs (train 12) as split_folders" in printed.out
    assert "Read back and compared: 3 classes and 12 masks are the same, pixel by pixel." in printed.out
    assert (out / "train" / "images" / "picture_00.png").exists()
    assert pixelwise("convert-data", data, out, "--to", "split_folders").code == 2


def test_the_help_names_the_formats_that_can_be_written(pixelwise: Command) -> None:
    assert sorted(WRITABLE) == sorted(writable_formats())
    printed = " ".join(pixelwise("convert-data", "--help").out.replace("│", " ").split())
    assert f"What to write: {', '.join(WRITABLE)}." in printed


def test_the_layout_names_the_folders_that_are_there(tmp_path: Path, pixelwise: Command) -> None:
    for split, count in (("train", 10), ("valid", 3)):
        draw_data(tmp_path / "inside" / split, count)
        for kind in ("images", "masks"):
            (tmp_path / "outside" / kind).mkdir(parents=True, exist_ok=True)
            shutil.copytree(tmp_path / "inside" / split / kind, tmp_path / "outside" / kind / split)
    inside, outside = (pixelwise("check", tmp_path / place, "--quick").out for place in ("inside", "outside"))
    assert "  layout  split_folders: train/images/ with train/masks/, valid/images/ with valid/masks/\n" in inside
    assert "  layout  split_folders: images/train/ with masks/train/, images/valid/ with masks/valid/\n" in outside
    assert "Validation: val as on disk" in outside


def test_masks_that_are_left_out_are_not_counted(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data", count=14)
    mask = root / "masks" / "picture_03.png"
    Image.open(mask).resize((24, 20), Image.Resampling.NEAREST).save(mask)
    printed = pixelwise("check", root, "--quick")
    assert "14 images with masks: train 10, val 3; 1 not used" in printed.out
    assert re.search(r"\n +0  sky +\d+\.\d\d % +\d+\.\d\d % +13 +\d+\n", printed.out)


@pytest.mark.parametrize("num_colors", [2, 3])
def test_masks_of_smoothed_colours_are_counted_where_none_lies_between_two(
    num_colors: int, tmp_path: Path, pixelwise: Command
) -> None:
    root, page = draw_data(tmp_path / "data"), tmp_path / "page.html"
    (root / "classes.txt").unlink()
    colors = np.array([[0, 0, 0], [220, 20, 60], [0, 130, 180]], np.uint8)[:num_colors]
    for file in sorted((root / "masks").iterdir()):
        labels = np.kron(np.minimum(np.array(Image.open(file)), num_colors - 1), np.ones((4, 4), int))
        Image.fromarray(colors[labels]).save(file.with_suffix(".jpg"), quality=80)
        file.unlink()
        image = root / "images" / file.name
        Image.open(image).resize((192, 160)).save(image)
    printed = pixelwise("check", root, "--quick", "--html", page)
    (titles,) = (line for line in printed.out.splitlines() if line.split()[:2] == ["value", "class"])
    assert ("masks" in titles) is (num_colors == 2)
    assert (">Masks</th>" in page.read_text()) is (num_colors == 2)
    assert bool(re.search(r" % +12\n", printed.out)) is (num_colors == 2)


def test_images_that_are_not_converted_are_said_with_the_reason(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data")
    (root / "images").rename(root / "JPEGImages")
    (root / "masks").rename(root / "SegmentationClass")
    (root / "SegmentationClass" / "picture_03.png").unlink()
    printed = pixelwise("convert-data", root, tmp_path / "out", "--to", "paired_folders")
    assert printed.code == 0, printed.err
    assert "Left out: 1 image that no pair uses (picture_03.png)" in printed.out
    assert "  - 1 image without a mask left out: VOC draws masks for some of its images only" in printed.out


def test_write_says_why_it_does_not_where_training_refuses(tmp_path: Path, pixelwise: Command) -> None:
    data = draw_data(tmp_path / "data", 8)
    next((data / "masks").glob("*.png")).unlink()
    printed = pixelwise("check", data, "--write")
    assert "dataset.yaml is not written, since training refuses the data as they are: 1 of 8 images" in printed.err
    assert not (data / "dataset.yaml").exists()


def test_classes_and_plan_are_shown_though_masks_hold_values_of_no_class(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data", count=14)
    for mask in sorted((root / "masks").iterdir())[:9]:
        values = np.array(Image.open(mask))
        values[:4, :4] = 7
        Image.fromarray(values).save(mask)
    printed = pixelwise("check", root, "--quick")
    assert printed.code == 1
    assert "9 of 14 masks hold values that none of the 3 names stands for: 7, 144 pixels in all." in " ".join(
        printed.out.split()
    )
    assert re.search(r"\n +0  sky +\d+\.\d\d % +\d+\.\d\d % +14 +\d+\n", printed.out)
    assert "What training would decide, once that is mended" in printed.out
    assert "\n  views " in printed.out


def test_what_one_file_was_mended_by_is_said_of_one(tmp_path: Path, pixelwise: Command) -> None:
    root = draw_data(tmp_path / "data", count=14)
    (root / "masks" / "picture_05.png").unlink()
    printed = pixelwise("check", root, "--fix", tmp_path / "out")
    assert "\n  1 image left out (without a partner of the same name: no mask)\n" in printed.out


def test_the_copy_that_mends_is_offered_by_the_command_as_it_was_typed(
    broken: Path, pixelwise: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_text, "program", lambda: "/opt/my python -m pixelwise")
    said = " ".join(pixelwise("check", broken).out.split())
    assert f"`/opt/my python -m pixelwise check {broken} --fix OUT` writes a copy in which" in said
    assert "files that only a person can mend are left out." in said


def test_copies_are_told_once_on_the_screen_on_the_page_and_to_machines(
    data: Path, pixelwise: Command, tmp_path: Path
) -> None:
    root, page = shutil.copytree(data, tmp_path / "copied"), tmp_path / "page.html"
    for kind in ("images", "masks"):
        shutil.copy(root / kind / "picture_03.png", root / kind / "seen_again.png")
    options = ("check", root, "--validation", "seen")
    quick = json.loads(pixelwise(*options, "--quick", "--json").out)
    said = json.loads(pixelwise(*options, "--html", page, "--json").out)
    repeated = "the same files, byte for byte"
    assert any(one["why"].startswith(repeated) for one in quick["decisions"])
    assert "duplicates" in [one["check"] for one in said["findings"]]
    assert not any(one["why"].startswith(repeated) for one in said["decisions"])
    assert repeated not in pixelwise(*options).out
    assert repeated not in page.read_text(encoding="utf-8")
