"""A new folder is wholly there, or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.errors import DataError, OutputError
from pixelwise.ops.folders import new_folder, refuse_inside


def test_a_folder_appears_whole_under_its_name(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "train"
    with new_folder(target) as place:
        (place / "file").write_text("here")
        assert place.name == "train"
        assert not target.exists()
    assert (target / "file").read_text() == "here"
    assert [path.name for path in target.parent.iterdir()] == ["train"]


def test_nothing_is_left_where_it_fails(tmp_path: Path) -> None:
    def write() -> None:
        with new_folder(tmp_path / "out") as place:
            (place / "file").write_text("half")
            raise DataError("broken")

    with pytest.raises(DataError, match="broken"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_what_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    def write() -> None:
        with new_folder(tmp_path / "out") as place:
            (place / "file").write_text("new")
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "file").write_text("old")

    with pytest.raises(OutputError, match="out cannot be written"):
        write()
    assert (tmp_path / "out" / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["full", "full/file"])
def test_a_place_that_is_taken_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("here")
    with pytest.raises(OutputError, match=r"nothing is overwritten|There is a file"), new_folder(tmp_path / name):
        raise AssertionError("never reached")


def test_a_folder_in_the_data_is_refused_by_whatever_way_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    refuse_inside(tmp_path / "data-clean", tmp_path / "data")
    for inside in (tmp_path / "data", tmp_path / "link" / "out", tmp_path / "other" / ".." / "data" / "out"):
        with pytest.raises(OutputError, match="which is only read"):
            refuse_inside(inside, tmp_path / "data")
