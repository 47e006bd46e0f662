"""What is held out, and that it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.pairs import Pair
from pixelwise.data.sequences import beginning_to_hold_out, sequence_of
from pixelwise.data.split import decide_splits
from pixelwise.errors import DataError, SettingError


def pairs(*names: str) -> tuple[Pair, ...]:
    return tuple(Pair(Path(f"{name}.png"), Path(f"{name}_mask.png")) for name in names)


NAMES = [f"photo{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(100)]
FRAMES = (
    [f"0001TP_{i:06}" for i in range(6)] + [f"0016E5_{i:05}" for i in range(20)] + [f"Seq05VD_f{i}" for i in range(7)]
)


def test_a_fifth_is_held_out_and_the_same_each_time() -> None:
    splits, decisions = decide_splits({"": pairs(*NAMES)}, None, seed=0)
    assert (len(splits["train"]), len(splits["val"])) == (80, 20)
    assert decisions[0].what == "Validation: 20 of 100 images (20 %), drawn by name with seed 0"
    assert decide_splits({"": pairs(*reversed(NAMES))}, None, seed=0)[0]["val"] == splits["val"][::-1]
    assert decide_splits({"": pairs(*NAMES)}, None, seed=1)[0]["val"] != splits["val"]


def test_every_image_is_in_one_split() -> None:
    splits, _ = decide_splits({"train": pairs(*NAMES), "test": pairs("t")}, 0.31, seed=3)
    assert sorted(pair.name for pair in splits["train"] + splits["val"]) == sorted(NAMES)
    assert splits["test"] == pairs("t")


def test_whole_sequences_are_held_out_and_the_reason_given() -> None:
    splits, decisions = decide_splits({"train": pairs(*FRAMES)}, None, seed=0)
    held_out = {sequence_of(pair.name) for pair in splits["val"]}
    assert held_out.isdisjoint(sequence_of(pair.name) for pair in splits["train"])
    assert "the whole sequence" in decisions[0].what
    assert decisions[0].why.startswith(
        "the names tell video sequences; neighbouring frames are nearly the same picture"
    )


@pytest.mark.parametrize("names", [[f"img_{i:03}" for i in range(20)], [f"a{i}_1" for i in range(20)], NAMES])
def test_names_of_photographs_are_not_taken_for_sequences(names: list[str]) -> None:
    _, decisions = decide_splits({"": pairs(*names)}, None, seed=0)
    assert "drawn by name" in decisions[0].what


def test_val_on_disk_is_taken() -> None:
    splits, decisions = decide_splits({"train": pairs(*NAMES), "val": pairs("v")}, None, seed=0)
    assert splits["val"] == pairs("v")
    assert [decision.what for decision in decisions] == ["Validation: val as on disk"]
    assert decisions[0].why == "1 image; to hold out others give --validation"


def test_val_on_disk_from_the_videos_of_train_is_said_to_flatter() -> None:
    _, decisions = decide_splits({"train": pairs(*FRAMES), "val": pairs("0016E5_99999")}, None, seed=0)
    assert decisions[0].what == "Validation: val as on disk"
    assert decisions[0].why.startswith("frames of 0016E5 are in both, so that its score flatters")
    assert decisions[0].why.endswith("give --validation Seq05VD")


def test_another_video_is_suggested_only_if_its_beginning_holds_out_what_it_says_and_enough() -> None:
    twelve = [f"v{number}_{frame}" for number in range(1, 13) for frame in range(4)]
    assert beginning_to_hold_out(pairs(*twelve)) == "v10"  # by v1, v10 to v12 would be held out, too
    lone = [*(f"v0_{frame}" for frame in range(20)), "v1_0"]
    assert beginning_to_hold_out(pairs(*lone)) == ""
    _, decisions = decide_splits({"train": pairs(*lone), "val": pairs("v0_99")}, None, seed=0)
    assert decisions[0].why == "frames of v0 are in both, so that its score flatters"


def test_a_beginning_of_names_is_held_out_of_train_and_val_but_never_of_test() -> None:
    found = {"train": pairs(*FRAMES), "val": pairs("0001TP_9", "0016E5_9"), "test": pairs("0001TP_8")}
    splits, decisions = decide_splits(found, "0001TP", seed=0)
    assert {pair.name[:6] for pair in splits["val"]} == {"0001TP"}
    assert (len(splits["train"]), len(splits["val"]), len(splits["test"])) == (27, 7, 1)
    assert decisions[0].what == ("Validation: the 7 images whose name begins with '0001TP'; 27 remain to train on")
    assert decisions[1].what == "The 1 other image of val on disk is left unused"


def test_a_share_leaves_val_on_disk_unused_and_says_so() -> None:
    splits, decisions = decide_splits({"train": pairs(*NAMES), "val": pairs("v", "w")}, "0.1", seed=0)
    assert (len(splits["train"]), len(splits["val"])) == (90, 10)
    assert decisions[1].what == "The 2 images of val on disk are left unused"


def test_a_beginning_that_no_name_has_is_refused_with_those_that_there_are() -> None:
    words = (
        r"'x' \(validation\) is neither a share between 0 and 1, such as 0\.2 for a fifth, nor how the name of an "
        r"image begins; the names begin with 0016E5 \(20\), Seq05VD \(7\), 0001TP \(6\)\."
    )
    with pytest.raises(SettingError, match=words):
        decide_splits({"train": pairs(*FRAMES)}, "x", seed=0)


@pytest.mark.parametrize("share", ["1.5", "-0.2", "20%"])
def test_a_number_that_is_no_share_is_answered_with_what_one_is(share: str) -> None:
    with pytest.raises(
        SettingError, match=rf"^'{share}' \(validation\) is neither a share between 0 and 1, such as 0\.2"
    ):
        decide_splits({"train": pairs(*NAMES)}, share, seed=0)


@pytest.mark.parametrize(("beginning", "is_like_a_share"), [("20", True), ("2007_", False), ("0001", False)])
def test_a_beginning_that_may_have_been_meant_as_a_share_is_said_to_be_none(
    beginning: str, is_like_a_share: bool
) -> None:
    found = {"train": pairs(*NAMES, f"{beginning}a")}
    splits, decisions = decide_splits(found, beginning, seed=0)
    assert [pair.name for pair in splits["val"]] == [f"{beginning}a"]
    hint = "; a share would be a number between 0 and 1, such as 0.2"
    assert decisions[0].why == "asked for (validation)" + (hint if is_like_a_share else "")


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 2])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(SettingError, match=r"a share between 0 and 1, or a beginning of names, is expected"):
        decide_splits({"train": pairs(*NAMES)}, share, seed=0)


def test_nothing_to_train_on_is_said() -> None:
    with pytest.raises(DataError, match=r"There is nothing to train on: only val, test was found, and no train\."):
        decide_splits({"test": pairs("a"), "val": pairs("b")}, None, seed=0)
    with pytest.raises(DataError, match=r"^1 image is left to train on; at least two are needed \(val has 1\)"):
        decide_splits({"": pairs("a", "b")}, None, seed=0)


def test_copies_of_an_image_are_on_one_side_unless_that_leads_too_far_from_the_share() -> None:
    drawn = pairs(*(f"{letter}{which}" for letter in "abcdefghij" for which in ("", "-copy")))
    copied = {pair: pair.name[0] for pair in drawn}
    for seed in range(5):
        splits, decisions = decide_splits({"": drawn}, None, seed, copied=copied)
        assert len(splits["val"]) == 4
        assert not {copied[pair] for pair in splits["val"]} & {copied[pair] for pair in splits["train"]}
        assert "copies of an image, byte for byte, are on the same side" in decisions[0].why
    all_the_same = decide_splits({"": drawn}, None, 0, copied=dict.fromkeys(drawn, "a"))
    assert all_the_same[0] == decide_splits({"": drawn}, None, 0)[0]
    assert "copies" not in all_the_same[1][0].why


def test_copies_never_leave_too_few_images_to_train_on() -> None:
    few, many = pairs("a", "b", "c", "d"), pairs(*NAMES)
    for seed in range(12):
        splits, _ = decide_splits({"": few}, 0.5, seed, copied=dict.fromkeys(few[:3], "a"))
        assert len(splits["train"]) >= 2
        splits, decisions = decide_splits({"": many}, 0.5, seed, copied=dict.fromkeys(many[:95], "a"))
        assert (len(splits["train"]), len(splits["val"])) == (50, 50)
        assert "copies" not in decisions[0].why


def test_copies_in_test_are_no_copies_that_are_kept_on_one_side() -> None:
    found = {"train": pairs(*NAMES), "test": pairs("t")}
    copied = {found["train"][0]: "a", found["test"][0]: "a"}
    splits, decisions = decide_splits(found, None, 0, copied=copied)
    assert splits == decide_splits(found, None, 0)[0]
    assert "copies" not in decisions[0].why
