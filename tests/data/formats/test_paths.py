"""File names from annotation files do not leave the folder of the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.formats._paths import inside, is_file
from pixelwise.errors import DataError


@pytest.mark.parametrize("name", ["a.jpg", "images/a.jpg", "./a.jpg", "images\\a.jpg", "a..b.jpg", "...", "ä ö.jpg"])
def test_names_below_the_folder_are_joined(name: str, tmp_path: Path) -> None:
    assert inside(tmp_path, name) == tmp_path / name.replace("\\", "/")


@pytest.mark.parametrize("name", ["../a.jpg", "images/../../a.jpg", "..", "..\\a.jpg", "images/../a.jpg"])
def test_names_do_not_lead_upwards(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"leads out of .*; files are read from that folder only\. Put the file there"):
        inside(tmp_path, name)


@pytest.mark.parametrize("name", ["/etc/passwd", "\\etc\\passwd", "//host/share/a", "\\\\host\\share", "C:\\a", "c:a"])
def test_absolute_names_and_drives_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is absolute; files are read from .* only\. Write it relative to that folder"):
        inside(tmp_path, name)


@pytest.mark.parametrize("name", ["a\0.jpg", "\0", "\ud800.jpg"])
def test_characters_that_no_file_name_holds_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^The file name '.*' holds a character that no file name can hold\.$"):
        inside(tmp_path, name)


@pytest.mark.parametrize("name", [None, 3, [], {}, "", "  ", True, 1e400])
def test_what_is_no_name_is_refused(name: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no file name; the name of a file in .* is expected\.$"):
        inside(tmp_path, name)


def test_links_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "data", tmp_path / "outside"
    (root / "images").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.jpg").write_bytes(b"")
    (root / "images" / "file.jpg").symlink_to(outside / "a.jpg")
    (root / "folder").symlink_to(outside)
    (root / "near.jpg").symlink_to(root / "images" / "file.jpg")
    for name in ("images/file.jpg", "folder/a.jpg", "near.jpg", "folder/missing.jpg"):
        with pytest.raises(DataError, match="not a link to it"):
            inside(root, name)


def test_links_within_the_folder_and_to_it_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "data"
    (root / "images").mkdir(parents=True)
    (root / "images" / "a.jpg").write_bytes(b"")
    (root / "train").symlink_to(root / "images")
    (tmp_path / "link").symlink_to(root)
    assert inside(root, "train/a.jpg") == root / "train" / "a.jpg"
    assert inside(tmp_path / "link", "images/a.jpg") == tmp_path / "link" / "images" / "a.jpg"


def test_a_folder_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data2").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "data2")
    with pytest.raises(DataError, match="leads out of"):
        inside(tmp_path / "data", "link/a.jpg")


def test_from_a_folder_below_dots_lead_as_far_as_the_folder_of_the_data(tmp_path: Path) -> None:
    below = tmp_path / "labels" / "train"
    assert inside(tmp_path, "../../images/a.jpg", below) == tmp_path / "images" / "a.jpg"
    assert inside(tmp_path, "a.jpg", below) == below / "a.jpg"
    with pytest.raises(DataError, match="leads out of"):
        inside(tmp_path, "../../../a.jpg", below)


def test_the_folder_of_the_data_may_be_written_in_any_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "labels").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "data")
    for root in (Path(), Path("../data"), Path("labels/..")):
        assert inside(root, "../images/a.jpg", root / "labels") == root / "images" / "a.jpg"
        assert inside(root, "a.jpg") == root / "a.jpg"


def test_a_name_that_is_too_long_is_that_of_no_file(tmp_path: Path) -> None:
    assert not is_file(inside(tmp_path, "a" * 5000))


def test_a_very_large_number_is_no_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^a very large number is no file name"):
        inside(tmp_path, 10**9999)
