"""Shapes are drawn as COCO's own tools draw them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pixelwise.data.run_length import packed_counts, run_counts, unpacked_counts
from pixelwise.data.shapes import Bitmap, Polygon, Runs, circle, drawn, ellipse, line, rectangle
from pixelwise.errors import DataError

GOLDEN: list[tuple[str, tuple[int, int], list[list[float]], str]] = [  # drawn by pycocotools 2.0.11
    ("a triangle", (8, 10), [[1.2, 0.7, 8.9, 3.1, 3.3, 7.4]], "9173M2OO0O1O2N105"),
    ("a rectangle between pixels", (6, 7), [[1.5, 1.5, 5.5, 1.5, 5.5, 4.5, 1.5, 4.5]], ">33000004"),
    ("a rectangle on the middles of pixels", (6, 7), [[1, 1, 5, 1, 5, 4, 1, 4]], "73300000;"),
    ("thinner than a pixel", (7, 9), [[0.3, 2.1, 8.4, 2.4, 8.4, 2.6, 0.3, 2.7]], "21600000000000005"),
    ("smaller than a pixel", (5, 5), [[2.1, 2.1, 2.3, 2.1, 2.2, 2.4]], "i0"),
    ("all corners on a line", (6, 8), [[0, 0, 3, 2, 6, 4]], "`1"),
    ("a bow tie", (9, 9), [[1, 1, 8, 8, 8, 1, 1, 8]], ":64N2N:0F2N27"),
    (
        "a star that winds twice",
        (12, 12),
        [[6, 0.5, 9.4, 11, 0.6, 4.5, 11.4, 4.5, 2.6, 11]],
        "m01;1F081K0ON22NN72MOJ06Og0",
    ),
    ("beyond all sides", (5, 6), [[-4, -3, 12, -2, 9, 8, -5, 9]], "0n0"),
    ("wholly outside", (4, 4), [[10, 10, 14, 10, 12, 15]], "`0"),
    ("beyond the left side", (7, 7), [[-5.5, 3.2, 4.4, 0.3, 3.1, 6.6]], "1431O00Oe0"),
    ("two outlines that overlap", (8, 9), [[1, 1, 6, 1, 6, 5, 1, 5], [3, 2, 8, 3, 7, 7, 2, 6]], "9441O000011N0N7"),
    ("a corner twice", (8, 8), [[1, 1, 1, 1, 6, 2, 6, 2, 4, 7]], "9172N2OO0Ma0"),
]


def polygon(*rings: list[float], value: int = 1) -> Polygon:
    return Polygon(value, tuple(np.array(ring, np.float64).reshape(-1, 2) for ring in rings))


def unsure_outlines(random: np.random.Generator, height: int, width: int) -> list[NDArray[np.float64]]:
    """Outlines that cross themselves, tiny ones, such that leave the image, and such whose corners are on a line."""
    count = int(random.integers(3, 14))
    anywhere = random.random((count, 2)) * (width, height)
    return [
        anywhere,
        anywhere * 3 - (width, height),
        anywhere[:1] + random.normal(0, 0.4, (count, 2)),
        np.round(anywhere),
        np.round(anywhere * 5) / 5 + 0.1,
        anywhere[:1] + random.normal(0, 1, (count, 1)) * random.normal(0, 10, (1, 2)),
        np.repeat(anywhere, 2, axis=0),
        random.random((count, 2)) * 2000 - 500,
    ]


@pytest.mark.parametrize(("size", "rings", "expected"), [case[1:] for case in GOLDEN], ids=[case[0] for case in GOLDEN])
def test_polygons_are_drawn_as_recorded(size: tuple[int, int], rings: list[list[float]], expected: str) -> None:
    assert packed_counts(run_counts(drawn(size, [polygon(*rings)]) == 1)) == expected


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own
def test_polygons_and_runs_equal_pycocotools() -> None:
    coco = pytest.importorskip("pycocotools.mask")
    random = np.random.default_rng(0)
    compared = 0
    while compared < 2000:
        height, width = (int(side) for side in random.integers(1, 70, 2))
        for ring in unsure_outlines(random, height, width):
            rings = [ring] if compared % 3 else [ring, random.random((4, 2)) * (width, height)]
            theirs = coco.merge(coco.frPyObjects([one.ravel().tolist() for one in rings], height, width))
            ours = drawn((height, width), [Polygon(1, tuple(rings))])
            assert np.array_equal(ours, coco.decode(theirs)), (height, width, ring.tolist())
            assert packed_counts(run_counts(ours == 1)) == theirs["counts"].decode()
            compared += 1


def test_later_shapes_lie_over_earlier_ones() -> None:
    below, above = rectangle(1, 0, 0, 4, 4), rectangle(2, 2, 2, 6, 6)
    assert drawn((6, 6), [below, above])[3, 3] == 2
    assert drawn((6, 6), [above, below])[3, 3] == 1


def test_outlines_of_one_shape_are_united() -> None:
    both = Polygon(1, (*rectangle(1, 0, 0, 4, 4).rings, *rectangle(1, 2, 2, 6, 6).rings))
    assert np.count_nonzero(drawn((6, 6), [both])) == 16 + 16 - 4


def test_a_rectangle_covers_the_pixels_between_its_sides_in_either_order() -> None:
    expected = np.zeros((5, 6), np.uint8)
    expected[1:4, 2:5] = 9
    assert np.array_equal(drawn((5, 6), [rectangle(9, 2, 1, 5, 4)]), expected)
    assert np.array_equal(drawn((5, 6), [rectangle(9, 5, 4, 2, 1)]), expected)


def test_a_circle_has_its_area_and_middle() -> None:
    mask = drawn((200, 300), [circle(1, 150.0, 90.0, 60.0)])
    assert np.count_nonzero(mask) == pytest.approx(np.pi * 60**2, rel=0.003)
    rows, columns = np.nonzero(mask)
    assert rows.mean() + 0.5 == pytest.approx(90, abs=0.2)
    assert columns.mean() + 0.5 == pytest.approx(150, abs=0.2)


def test_an_ellipse_turns_clockwise() -> None:
    mask = drawn((100, 100), [ellipse(1, 50, 50, 40, 10, degrees=45)])
    assert mask[70, 70] == mask[30, 30] == 1
    assert mask[30, 70] == mask[70, 30] == 0


def test_a_line_is_as_wide_as_said_and_does_not_break_at_bends() -> None:
    mask = drawn((40, 60), [line(3, [(10, 10), (40, 10), (40, 30)], width=6)])
    assert set(np.flatnonzero(mask[:, 25])) == {7, 8, 9, 10, 11, 12}
    assert mask[7, 42] == 0  # round
    assert mask[8, 41] == 3
    assert set(np.flatnonzero(mask[20])) == {37, 38, 39, 40, 41, 42}


def test_a_line_of_one_point_is_a_dot() -> None:
    assert 3 <= np.count_nonzero(drawn((9, 9), [line(1, [(4.5, 4.5)], width=2)])) <= 6


@pytest.mark.parametrize(("top", "left"), [(-1, -2), (3, 4), (0, 0), (10, 10), (-10, 0), (-(10**30), 10**30)])
def test_what_of_a_bitmap_lies_outside_the_image_is_cut_off(top: int, left: int) -> None:
    pixels = np.array([[True, False, True], [False, True, True]])
    expected = np.zeros((5, 6), np.uint8)
    for row, column in np.argwhere(pixels).tolist():
        if 0 <= top + row < 5 and 0 <= left + column < 6:
            expected[top + row, left + column] = 7
    assert np.array_equal(drawn((5, 6), [Bitmap(7, top, left, pixels)]), expected)


def test_outlines_that_lie_far_outside_cost_no_memory() -> None:
    far = np.array([[-1e300, -1e300], [1e300, -1e300], [1e300, 1e300], [-1e300, 1e300]])
    assert drawn((4, 5), [Polygon(1, (far,))]).all()
    assert not drawn((4, 5), [Polygon(1, (far[:2] + 1e290, far[:1]))]).any()


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ([[0, np.nan], [1, 1], [2, 0]], "an outline holds a coordinate that is not finite."),
        ([[0, np.inf], [1, 1], [2, 0]], "an outline holds a coordinate that is not finite."),
        ([0, 1, 2], r"an outline has the shape \(3,\); pairs of x and y are expected."),
    ],
)
def test_outlines_that_are_none_are_refused(ring: list[float], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Polygon(1, (np.array(ring, np.float64),))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_masks_survive_runs_and_the_packed_string(height: int, width: int, random: object) -> None:
    mask = np.random.default_rng(random.getrandbits(32)).random((height, width)) < 0.5  # type: ignore[attr-defined]
    counts = run_counts(mask)
    assert np.array_equal(unpacked_counts(packed_counts(counts)), counts)
    assert np.array_equal(drawn((height, width), [Runs(1, (height, width), counts)]) == 1, mask)


def test_long_runs_and_large_differences_survive_the_packed_string() -> None:
    counts = np.array([0, 5, 100_000_000, 1, 3, 90_000_000, 0, 1, 17, 16, 15, 31, 32, 33])
    assert unpacked_counts(packed_counts(counts)).tolist() == counts.tolist()
    assert unpacked_counts("").tolist() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1ä", "a compressed run-length code holds characters that do not belong into it."),
        ("1 3", "a compressed run-length code holds characters that do not belong into it."),
        ("1~", "a compressed run-length code holds characters that do not belong into it."),
        ("1P", "a compressed run-length code is cut short."),
        ("oooooooooo0", "a compressed run-length code holds a number that is too large."),
    ],
)
def test_strings_that_are_no_runs_are_refused(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        unpacked_counts(text)


@pytest.mark.parametrize(
    ("size", "counts", "words"),
    [
        ((2, 3), [1, 2], "add up to 3 pixels; its size is 2 × 3, which is 6."),
        ((2, 3), [], "add up to 0 pixels"),
        ((2, 3), [7, -1], "holds the negative length -1."),
        ((0, 3), [0], "is of size 0 × 3; that is no size of an image."),
        ((-2, -3), [6], "is of size -2 × -3"),
        ((100_000, 100_000), [10**10], "that is no size of an image."),
        ((2, 3), [2**62, 2**62, 2**62, 2**62, 6], "add up to"),
    ],
)
def test_runs_that_do_not_fit_their_size_are_refused(size: tuple[int, int], counts: list[int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Runs(1, size, np.array(counts, np.int64))


def test_runs_of_another_size_than_the_image_are_refused() -> None:
    with pytest.raises(DataError, match=r"a run-length code is of size 2 × 3, the image of size 3 × 2\."):
        drawn((3, 2), [Runs(1, (2, 3), np.array([1, 5]))])
