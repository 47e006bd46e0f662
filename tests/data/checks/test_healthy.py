"""Healthy data raise no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pixelwise.data.checks import CHECKS, Finding, Severity
from pixelwise.data.doctor import examine
from pixelwise.data.understand import open_data
from pixelwise.errors import DataError, SettingError
from tests.data.checks.folder import Folder, load, save
from tests.test_docs import ROOT


def alarms(root: Path, *, binary: bool | None = None) -> list[Finding]:
    """What is worse than a note."""
    return [finding for finding in examine(root, binary=binary).findings if finding.severity > Severity.NOTE]


def test_streets_raise_no_alarm(healthy_streets: Path) -> None:
    assert examine(healthy_streets).findings == ()


def test_cells_raise_no_alarm(healthy_cells: Path) -> None:
    assert examine(healthy_cells).findings == ()


def test_photographs_in_jpeg_raise_no_alarm(streets: Folder) -> None:
    for file in streets.all_images():
        save(file.with_suffix(".jpg"), load(file)[0], quality=75)
        file.unlink()
    assert examine(streets.root).findings == ()


def test_grey_photographs_raise_no_alarm(streets: Folder) -> None:
    streets.change(streets.all_images(), lambda image: image.mean(axis=2).astype("uint8"))
    assert examine(streets.root).findings == ()


def test_turned_photographs_with_upright_masks_raise_no_alarm(streets: Folder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    for file in streets.all_images():
        save(file.with_suffix(".jpg"), load(file)[0][::-1, ::-1], exif=exif, quality=90)
        file.unlink()
    assert alarms(streets.root) == []


def test_files_of_the_system_raise_no_alarm(streets: Folder) -> None:
    for folder in ("train/images", "train/masks", "val/images", ""):
        for name in ("Thumbs.db", ".DS_Store", "._scene_00000.png", "desktop.ini"):
            (streets.root / folder / name).write_bytes(b"\0\1")
    assert examine(streets.root).findings == ()


def test_no_images_are_decoded_by_the_quick_checks(healthy_streets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixelwise.data.doctor.look_at", lambda *_: pytest.fail("images were looked at"))
    diagnosis = examine(healthy_streets, quick=True)
    assert diagnosis.survey.looks == {}
    assert diagnosis.dataset == open_data(healthy_streets)


def test_what_is_wanted_counts_as_in_open_data(healthy_streets: Path) -> None:
    found = examine(healthy_streets, quick=True, validation=0.3, ignore=[0]).dataset
    assert found == open_data(healthy_streets, validation=0.3, ignore=[0])
    with pytest.raises(SettingError, match="'x' \\(validation\\) is neither a share"):
        examine(healthy_streets, validation="x")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no folder"):
        examine(tmp_path / "nothing")


def test_every_check_says_what_it_looks_for() -> None:
    for name in CHECKS:
        assert CHECKS[name].summary
        assert not CHECKS[name].summary.endswith(".")


def test_the_document_lists_every_check() -> None:
    listed = {check.strip("`"): (what, decodes == "yes") for check, what, decodes in checks_in_the_document()}
    assert listed == {name: (CHECKS[name].summary, CHECKS[name].looks) for name in CHECKS}


def checks_in_the_document() -> list[list[str]]:
    """The rows of the table under "What is checked"."""
    section = (ROOT / "docs" / "data.md").read_text().split("## What is checked")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize(
    ("name", "folders", "binary"),
    [
        ("camvid", ("train", "trainannot", "val", "valannot"), None),
        ("nuclei", ("images", "labels"), True),
    ],
)
def test_real_data_raise_no_alarm(
    name: str, folders: tuple[str, ...], binary: bool | None, real_data: Path, tmp_path: Path
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir()
        for file in sorted((real_data / name / folder).iterdir())[::8]:
            (tmp_path / folder / file.name).symlink_to(file)
    assert alarms(tmp_path, binary=binary) == []
