"""Copies of images: told once, with a cure that the disk allows, and kept together where pixelwise draws the split."""

from __future__ import annotations

import shutil

import pytest

from pixelwise.data import open_data
from pixelwise.data.checks import Severity
from pixelwise.data.doctor import examine
from tests.data.checks.folder import Folder, resized


def test_copies_across_splits_are_told_once_and_with_a_cure_that_the_disk_allows(streets: Folder) -> None:
    image, copy = streets.copy(3, "another", lambda array: array)
    copy.write_bytes(image.read_bytes())
    streets.copy(5, "anew", lambda array: resized(array, (array.shape[0] * 2, array.shape[1] * 2)))
    on_disk = examine(streets.root)
    cures = {finding.check: finding.cure for finding in on_disk.findings}
    assert cures["duplicates"] == "Take the copies out of all splits but one."
    assert "move these images from val to train" in cures["near_duplicates"]
    assert not [decision for decision in on_disk.decisions if "byte for byte" in decision.why]
    assert on_disk.dataset == open_data(streets.root)
    assert [decision for decision in on_disk.dataset.decisions if "byte for byte" in decision.why]
    drawn = examine(streets.root, validation="an")
    cures = {finding.check: finding.cure for finding in drawn.findings}
    assert cures["duplicates"] == "Take all copies of an image out but one."
    assert cures["near_duplicates"].startswith(
        "val was held out by pixelwise, not on disk: take all versions of a picture out but one, or hold out images "
        "whose versions"
    )


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_broken_file_of_val_does_not_make_it_one_that_pixelwise_has_held_out(
    streets: Folder, *, is_whole: bool
) -> None:
    image, copy = streets.copy(3, "another", lambda array: array)
    copy.write_bytes(image.read_bytes())
    streets.copy(5, "anew", lambda array: resized(array, (array.shape[0] * 2, array.shape[1] * 2)))
    if not is_whole:
        broken = streets.images("val")[-1]
        assert broken.stem not in ("another", "anew")
        broken.write_bytes(b"")
    diagnosis = examine(streets.root)
    assert not diagnosis.survey.is_drawn
    cures = {finding.check: finding.cure for finding in diagnosis.findings}
    assert ("unreadable" in cures) is not is_whole
    assert cures["duplicates"] == "Take the copies out of all splits but one."
    assert "move these images from val to train" in cures["near_duplicates"]


def test_a_val_of_broken_files_alone_is_one_that_pixelwise_has_held_out(streets: Folder) -> None:
    for image in streets.images("val"):
        image.write_bytes(b"")
    survey = examine(streets.root, quick=True).survey
    assert survey.is_drawn
    assert survey.final_splits["val"]
    assert not set(survey.final_splits["val"]) & set(survey.splits["val"])


def test_dataset_yaml_may_say_that_pixelwise_holds_val_out(streets: Folder) -> None:
    (streets.root / "dataset.yaml").write_text("validation: 0.3\n")
    assert examine(streets.root, quick=True).survey.is_drawn


def test_what_is_held_out_by_pixelwise_has_copies_on_one_side(streets: Folder) -> None:
    for kind in ("images", "masks"):
        (streets.root / kind).mkdir()
        for file in (streets.root / "train" / kind).iterdir():
            file.rename(streets.root / kind / f"{file.stem}x{file.suffix}")
    shutil.rmtree(streets.root / "train")
    shutil.rmtree(streets.root / "val")
    for i, image in enumerate(sorted((streets.root / "images").iterdir())[:6]):
        for file in (image, next((streets.root / "masks").glob(f"{image.stem}.*"))):
            shutil.copy(file, file.with_name(f"again{i}y{file.suffix}"))
    diagnosis = examine(streets.root)
    told = [finding for finding in diagnosis.findings if finding.check == "duplicates"]
    assert [finding.severity for finding in told] == [Severity.NOTE]
    assert "6 images are in the same split a second time" in told[0].what
