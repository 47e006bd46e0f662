"""At which scale images are learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Dataset
from pixelwise.data.pairs import Pair
from pixelwise.planning import Plan, make_plan

PAIRS = tuple(Pair(Path(f"{i}.png"), None) for i in range(20))


def plan(size: tuple[int, int], diameter: float | None, *, shown_by: int = 20) -> Plan:
    """The plan for images that show ground and cars of a diameter."""
    data = Dataset(
        root=Path("fields"),
        format="paired_folders",
        splits={"train": PAIRS},
        classes=Classes(("ground", "car"), (0, 1), (), ((0, 0, 0), (1, 1, 1)), False),
        sizes={size: 20},
        decisions=(),
        class_pixels={"train": (1000, 5)},
        ignored_pixels={"train": 0},
        shown={pair: frozenset(["ground", "car"] if i < shown_by else ["ground"]) for i, pair in enumerate(PAIRS)},
        object_sizes=(900.0, diameter),
    )
    return make_plan(data)


def geometry(made: Plan) -> tuple[float, int, int, float, float]:
    stage = made.training.stages[0]
    return made.image_scale, stage.height, stage.width, stage.min_scale, stage.max_scale


@pytest.mark.parametrize(
    ("size", "diameter"),
    [((360, 480), 11.7), ((256, 256), 20.2), ((2000, 2000), 40.0), ((2000, 2000), None)],  # CamVid, nuclei
)
def test_objects_that_are_seen_change_nothing(size: tuple[int, int], diameter: float | None) -> None:
    assert geometry(plan(size, diameter)) == geometry(plan(size, None))
    assert plan(size, diameter).training.stages[0].min_scale == 0.5


def test_images_of_tiny_objects_are_not_reduced_and_views_are_cut_out_of_them() -> None:
    made = plan((2000, 2000), 6.0)
    assert geometry(made) == (1.0, 512, 512, 1.0, 1.0)
    reasons = dict(made.decisions)
    assert reasons["images at their full size"] == (
        "the median is 2000 × 2000, longer than 1024, but 'car' is typically 6 pixels large in them, and below 8 it is "
        "hardly seen"
    )
    assert "a view holds a part of one: 'car'" in reasons["views of 512 × 512 at 1 of the image's scale"]


def test_images_of_small_objects_are_reduced_less() -> None:
    scale, height, width, low, _ = geometry(plan((3000, 4000), 20.0))
    assert (scale, height, width, low) == (0.8, 384, 512, 0.5)
    assert 20.0 * scale * low == pytest.approx(8.0)


def test_views_of_small_images_of_tiny_objects_are_not_scaled_down() -> None:
    assert geometry(plan((360, 480), 5.0)) == (1.0, 192, 256, 1.0, 1.0)


def test_a_class_that_few_images_show_does_not_count() -> None:
    assert geometry(plan((2000, 2000), 6.0, shown_by=1)) == geometry(plan((2000, 2000), None))
