"""What commands say of themselves, and of words that they do not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.pictures import read_pictures
from pixelwise.errors import SettingError
from pixelwise.planning import make_picture_plan
from pixelwise.planning.overrides import apply_overrides
from pixelwise.planning.summary import picture_summary
from tests.cli.conftest import TINY, Command


def test_a_list_of_nothing_names_what_there_is(pixelwise: Command) -> None:
    printed = pixelwise("list")
    assert printed.code == 2
    assert "such as `pixelwise list models`: checks, degradations, encoders, formats, losses, models, ta" in printed.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((), "with --task, pictures in"),
        (("predict",), "models that make pictures write NAME.png"),
        (("tune",), "Pictures (--task) have no such search"),
    ],
)
def test_the_help_speaks_of_pictures_too(command: tuple[str, ...], said: str, pixelwise: Command) -> None:
    assert said in " ".join(pixelwise(*command, "--help").out.replace("│", " ").split())


def test_what_libraries_say_of_the_precision_is_left_out(
    data: Path, tmp_path: Path, pixelwise: Command, caplog: pytest.LogCaptureFixture
) -> None:
    printed = pixelwise(
        "train", data, "-o", tmp_path / "run", "--epochs", "1", *TINY, "--set", "training.precision=bf16"
    )
    assert printed.code == 0, printed.err
    assert [message for message in caplog.messages if "Automatic Mixed Precision" in message] == []


def test_where_one_side_of_pairs_is_empty_both_facts_are_bad(tmp_path: Path, data: Path, pixelwise: Command) -> None:
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
    (tmp_path / "A" / "0.png").write_bytes(next((data / "images").iterdir()).read_bytes())
    printed = pixelwise("check", tmp_path, "--quick")
    assert printed.code == 1
    assert "There are no masks in it, and" in " ".join(printed.out.split())


def test_arguments_are_found_by_their_last_name(data: Path) -> None:
    pictures = read_pictures(data / "images", "alone")
    plan = make_picture_plan(pictures, "restoration", {"degrade": "noise:25"}, pretrained=False)
    for name, place in (("predicts", "task.arguments.predicts"), ("depth", "model.arguments.depth")):
        with pytest.raises(SettingError, match=rf"called '{name}'\. Did you mean '{place}'\?"):
            apply_overrides(plan, [f"{name}=1"])
    with pytest.raises(SettingError, match=r"Did you mean 'training\.epochs'"):
        apply_overrides(plan, ["epochs=1"])
    number = len(pictures.splits["train"])
    wanted = f"about 20,000 steps are wanted, in whole epochs of {number} pictures; --budget or --epochs says otherwise"
    assert dict(plan.decisions)[f"{plan.training.epochs:g} epochs"] == wanted
    once = make_picture_plan(pictures, "restoration", {"degrade": "noise:25"}, pretrained=False, epochs=1)
    length = next(fact.value for fact in picture_summary(once, pictures) if fact.title == "length")
    assert f"steps: 1 epoch of {number} pictures in batches of 16" in length
