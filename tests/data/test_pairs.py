"""Images and masks find each other by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelwise.data.pairs import Pair, pair_by_name, pair_by_suffix
from pixelwise.errors import DataError

IMAGES, MASKS = Path("images"), Path("masks")


@settings(max_examples=30, deadline=None)
@given(st.sets(st.text("abc_-1", min_size=1, max_size=6), max_size=8), st.randoms(use_true_random=False))
def test_pairing_does_not_depend_on_the_order_of_the_files(stems: set[str], random: object) -> None:
    images = [IMAGES / f"{stem}.jpg" for stem in sorted(stems)]
    masks = [MASKS / f"{stem}.png" for stem in sorted(stems)[: len(stems) // 2 + 1]]
    expected = pair_by_name(images, masks)
    random.shuffle(images)  # type: ignore[attr-defined]
    random.shuffle(masks)  # type: ignore[attr-defined]
    assert pair_by_name(images, masks) == expected
    assert len(expected.pairs) + len(expected.images_alone) == len(images)
    assert len(expected.pairs) + len(expected.masks_alone) == len(masks)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("a.jpg", "a.png"),
        ("a.jpg", "a_mask.png"),
        ("a.jpg", "a-mask.png"),
        ("a.jpg", "a_Label.png"),
        ("a.jpg", "a_seg.png"),
        ("a.jpg", "a_gt.png"),
        ("0016E5_07959.png", "0016E5_07959_L.png"),
        ("0016E5_07959.png", "0016E5_07959_P.png"),
        ("a_sat.jpg", "a_mask.png"),
        ("a.b.jpg", "a.b_mask.png"),
    ],
)
def test_names_that_belong_together(image: str, mask: str) -> None:
    expected = (Pair(IMAGES / image, MASKS / mask),)
    assert pair_by_name([IMAGES / image], [MASKS / mask]).pairs == expected
    if image != "a.b.jpg":
        together = pair_by_suffix([IMAGES / image, IMAGES / mask])
        assert together.pairs == (Pair(IMAGES / image, IMAGES / mask),)


@pytest.mark.parametrize(("image", "mask"), [("a.jpg", "b.png"), ("a.jpg", "amask.png"), ("a.jpg", "a_l.png")])
def test_names_that_do_not(image: str, mask: str) -> None:
    pairing = pair_by_name([IMAGES / image], [MASKS / mask])
    assert pairing.pairs == ()
    assert pairing.images_alone == (IMAGES / image,)
    assert pairing.masks_alone == (MASKS / mask,)


def test_the_same_name_goes_before_a_longer_one() -> None:
    pairing = pair_by_name([IMAGES / "a.jpg"], [MASKS / "a_mask.png", MASKS / "a.png"])
    assert pairing.pairs == (Pair(IMAGES / "a.jpg", MASKS / "a.png"),)
    assert pairing.masks_alone == (MASKS / "a_mask.png",)


def test_two_masks_for_one_image_are_refused() -> None:
    with pytest.raises(DataError, match=r"The image a\.jpg has 2 masks: a_gt\.png, a_mask\.png\. Keep one"):
        pair_by_name([IMAGES / "a.jpg"], [MASKS / "a_mask.png", MASKS / "a_gt.png"])


def test_two_images_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match=r"Two images in images are called a: a\.jpg and a\.png\."):
        pair_by_name([IMAGES / "a.jpg", IMAGES / "a.png"], [MASKS / "a.png"])


def test_photographs_without_masks_are_no_pairs() -> None:
    assert pair_by_suffix([IMAGES / "a.jpg", IMAGES / "b.jpg", IMAGES / "c.png"]).pairs == ()
