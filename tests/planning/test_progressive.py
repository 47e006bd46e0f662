"""Small views first, for a share of the training."""

from __future__ import annotations

import pytest

from pixelwise.errors import SettingError
from pixelwise.planning import Plan, Progressive, Stage, TrainingSettings, parse_progressive, resize_progressively
from pixelwise.planning.plan import ModelSettings, TaskSettings


def planned(height: int = 192, width: int = 256, **stage: float) -> Plan:
    first = Stage.model_validate(
        {"until": 1, "min_scale": 0.5, "max_scale": 1, "height": height, "width": width} | stage
    )
    training = TrainingSettings(epochs=1, stages=(first,))
    return Plan(model=ModelSettings(name="lite_unet"), task=TaskSettings(), training=training)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("0.5:0.6", (0.5, 0.6)), ("0.75", (0.75, 0.6)), (" .4:.25 ", (0.4, 0.25))],
)
def test_a_factor_and_a_share_are_read(text: str, wanted: tuple[float, float]) -> None:
    progressive = parse_progressive(text)
    assert (progressive.factor, progressive.share) == wanted
    assert parse_progressive(str(progressive)) == progressive


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read from ''. Write the factor of the sides and the share of the training, such as 0.5:0.6"),
        ("half", "cannot be read from 'half'."),
        ("0.5:", "cannot be read from '0.5:'."),
        ("-0.5:0.6", "cannot be read from '-0.5:0.6'."),
        ("1:0.6", "above 0 and below 1, but the factor of the sides is 1."),
        ("2", "but the factor of the sides is 2."),
        ("0.5:1", "but the share of the training is 1."),
        ("0.5:60", "but the share of the training is 60. Write it as 0.5:0.6: half the size for the first 60 %."),
        ("0:0.6", "but the factor of the sides is 0."),
    ],
)
def test_what_is_neither_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_progressive(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("size", "factor", "smaller"),
    [
        ((192, 256), 0.5, (96, 128)),
        ((192, 256), 0.6, (128, 160)),
        ((64, 128), 0.5, (64, 64)),
        ((64, 96), 0.5, (64, 64)),  # by two thirds
        ((96, 96), 0.67, (96, 96)),
    ],
)
def test_sides_are_multiples_of_32_and_at_least_64(
    size: tuple[int, int], factor: float, smaller: tuple[int, int]
) -> None:
    if smaller == size:
        with pytest.raises(SettingError, match=r"by 0\.67 leaves views of 96 × 96 as they are.* Give a smaller factor"):
            resize_progressively(planned(*size), Progressive(factor))
        return
    first, last = resize_progressively(planned(*size), Progressive(factor)).training.stages
    assert (first.height, first.width) == smaller
    assert (last.height, last.width) == size


def test_a_small_view_shows_as_much_of_an_image_and_the_decision_says_so() -> None:
    plan = planned()
    changed = resize_progressively(plan, Progressive(0.5, 0.6), "asked for (0.5:0.6)")
    first, last = changed.training.stages
    assert (first.until, first.min_scale, first.max_scale) == (0.6, 0.25, 0.5)
    assert last == plan.training.stages[0]
    what, why = changed.decisions[-1]
    assert what == "views of 96 × 128 at 0.25 to 0.5 of the image's scale for the first 60 % of the training"
    assert why.startswith("asked for (0.5:0.6): progressive resizing")
    assert Plan.model_validate_json(changed.model_dump_json()) == changed


@pytest.mark.parametrize("size", [(64, 96), (96, 64), (192, 160), (96, 96), (64, 512)])
@pytest.mark.parametrize("factor", [0.05, 0.2, 0.5, 0.6])
def test_a_factor_that_is_too_small_is_raised_to_the_smallest_views_and_said(
    size: tuple[int, int], factor: float
) -> None:
    changed = resize_progressively(planned(*size), Progressive(factor))
    first = changed.training.stages[0]
    least = max(factor, 64 / max(size))
    assert first.height * first.width < size[0] * size[1]
    assert (first.min_scale, first.max_scale) == (round(0.5 * least, 4), round(least, 4))
    is_raised = least > factor
    assert (f"; by {least:.2g} instead of {factor:g}" in changed.decisions[-1][1]) is is_raised


def test_asking_again_takes_the_new_numbers() -> None:
    once = resize_progressively(planned(), Progressive(0.5, 0.6))
    assert resize_progressively(once, Progressive(0.5, 0.3)) == resize_progressively(planned(), Progressive(0.5, 0.3))


def test_views_that_cannot_be_smaller_and_stages_that_were_set_are_refused() -> None:
    with pytest.raises(
        SettingError, match=r"The planned views are 64 × 64, and .* smaller than 64 pixels.* Leave it out"
    ):
        resize_progressively(planned(64, 64), Progressive())
    plan = planned()
    stages = (plan.training.stages[0].model_copy(update={"until": 0.5}), *plan.training.stages)
    several = plan.model_copy(update={"training": plan.training.model_copy(update={"stages": stages})})
    with pytest.raises(SettingError, match=r"but training\.stages has 2 already\. Give either"):
        resize_progressively(several, Progressive())
