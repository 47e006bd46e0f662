"""Each view is undone before it is averaged: where the network has no preference, nothing changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from pydantic import JsonValue
from torch import Tensor

from pixelwise.artifact import Component, Description
from pixelwise.data.classes import Classes
from pixelwise.errors import SettingError
from pixelwise.inference import TTA, Predictor
from pixelwise.inference.tta import average_views, settle_tta
from pixelwise.models import ImageModel
from pixelwise.models.lite_sr import LiteSR
from pixelwise.tasks import TASKS, Task

FLIP = TTA(scales=(1.0,))
CLASSES = Classes(("road", "sky", "tree"), (0, 1, 2), (), ((9, 9, 9), (0, 0, 9), (0, 9, 0)), binary=False)
OBJECT = Classes(("background", "object"), (0, 1), (), ((0, 0, 0), (255, 140, 0)), binary=True)


class Colors(ImageModel):
    """Scores are the colours, or their mean; `slant` adds what is darker on the left, which mirroring takes away."""

    def __init__(self, out_channels: int = 3, slant: float = 0.0) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.multiple_of = 3, out_channels, 1
        self.slant = slant

    def scores(self, image: Tensor) -> Tensor:
        scores = 8 * image - 4 if self.out_channels == 3 else 8 * image.mean(1, keepdim=True) - 4
        return scores + self.slant * torch.linspace(-1, 1, image.shape[-1])


def predictor(model: ImageModel, classes: Classes = CLASSES, max_pixels: int | None = None) -> Predictor:
    arguments: dict[str, JsonValue] = {"num_classes": classes.num_classes, "binary": classes.binary}
    task = Component(name="segmentation", arguments=arguments)
    description = Description.model_validate({"model": Component(name="fcn"), "task": task, "classes": classes})
    return Predictor(model, description, device="cpu", precision="fp32", max_pixels=max_pixels)


def noise(height: int = 21, width: int = 34) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def segmentation(num_classes: int = 3) -> Task:
    return TASKS["segmentation"].build(num_classes=num_classes)


@pytest.mark.parametrize("classes", [CLASSES, OBJECT])
@pytest.mark.parametrize("max_pixels", [None, 600])
def test_flipping_changes_nothing_of_a_network_without_a_side(classes: Classes, max_pixels: int | None) -> None:
    use = predictor(Colors(1 if classes.binary else 3), classes, max_pixels)
    image = (noise(40, 70)[0].permute(1, 2, 0) * 255).numpy().astype(np.uint8)
    plain, averaged = use.mask(image), use.mask(image, tta=FLIP)
    np.testing.assert_array_equal(averaged.mask, plain.mask)
    np.testing.assert_allclose(averaged.probabilities, plain.probabilities, atol=2e-6)
    np.testing.assert_array_equal(averaged.confidence, averaged.probabilities.max(axis=0))


def test_that_is_exact_to_the_bit_in_what_is_averaged() -> None:
    use, image = predictor(Colors()), noise()
    task = segmentation()
    assert torch.equal(use.scores(image, tta=FLIP), task.scores_of(task.probabilities(use.scores(image))))


@pytest.mark.parametrize("wrong", [lambda scores: scores, lambda scores: scores.flip(-1).roll(1, -1)])
def test_a_view_that_is_not_undone_or_shifted_would_be_seen(wrong: Callable[[Tensor], Tensor]) -> None:
    task, image = segmentation(), noise()
    right = average_views(lambda view, _: 8 * view, image, FLIP, task)

    def scores(view: Tensor, _: float) -> Tensor:
        return 8 * view if torch.equal(view, image) else wrong(8 * view).flip(-1)

    assert not torch.allclose(task.probabilities(average_views(scores, image, FLIP, task)), task.probabilities(right))


def test_what_a_network_prefers_on_one_side_is_averaged_out() -> None:
    image = torch.full((1, 3, 8, 33), 0.5)
    image[:, 0] = 0.7
    leaning = predictor(Colors(1, slant=2.0), OBJECT)
    plain = leaning.task.probabilities(leaning.scores(image))
    averaged = leaning.task.probabilities(leaning.scores(image, tta=FLIP))
    assert not torch.allclose(plain, plain.flip(-1), atol=0.1)
    torch.testing.assert_close(averaged, averaged.flip(-1))
    torch.testing.assert_close(averaged, (plain + plain.flip(-1)) / 2)


def test_scales_are_undone_without_a_shift() -> None:
    ramp = torch.linspace(0.2, 0.8, 64).expand(1, 3, 48, 64) * torch.tensor([1.0, 0.5, 0.1]).reshape(1, 3, 1, 1)
    use = predictor(Colors())
    plain, averaged = use.scores(ramp), use.scores(ramp, tta=TTA(scales=(0.5, 1.0, 2.0)))
    plain, averaged = (use.task.probabilities(scores)[..., 4:-4] for scores in (plain, averaged))
    torch.testing.assert_close(averaged, plain, atol=1e-5, rtol=0)  # half a pixel would be 2e-3


def test_each_scale_is_seen_once_as_it_is_and_once_mirrored() -> None:
    seen: list[tuple[float, bool]] = []

    def scores(view: Tensor, scale: float) -> Tensor:
        seen.append((scale, not torch.equal(view, image)))
        return view

    image = noise()
    average_views(scores, image, TTA(scales=(0.5, 1.0)), segmentation())
    assert seen == [(0.5, False), (0.5, True), (1.0, False), (1.0, True)]
    seen.clear()
    average_views(scores, image, TTA(flip=False), segmentation())
    assert not any(is_mirrored for _, is_mirrored in seen)


@pytest.mark.parametrize("binary", [False, True])
def test_scores_of_probabilities_have_these_probabilities_even_where_they_are_certain(binary: bool) -> None:
    task = TASKS["segmentation"].build(num_classes=2, binary=binary)
    object_ = torch.tensor([0.0, 1e-6, 0.3, 0.5, 1.0]).reshape(1, 1, 1, 5)
    given = torch.cat([1 - object_, object_], dim=1)
    scores = task.scores_of(given)
    assert scores.shape == (1, task.out_channels, 1, 5)
    assert scores.isfinite().all()
    torch.testing.assert_close(task.probabilities(scores), given)


@pytest.mark.parametrize(
    ("tta", "text"),
    [
        (TTA(), "flip + 2 scales"),
        (FLIP, "flip"),
        (TTA(flip=False), "2 scales"),
        (TTA(scales=(0.5,)), "flip + scale 0.5"),
        (TTA(flip=False, scales=(1.0,)), "scale 1"),
    ],
)
def test_it_says_what_is_averaged(tta: TTA, text: str) -> None:
    assert str(tta) == text


@pytest.mark.parametrize("scales", [(), (1.0, 0.0), (-1.0,)])
def test_scales_that_show_nothing_are_refused(scales: tuple[float, ...]) -> None:
    with pytest.raises(SettingError, match="each view needs one above 0"):
        TTA(scales=scales)


def test_an_enlarged_picture_is_mirrored_back_before_it_is_averaged() -> None:
    described = Description(model=Component(name="lite_sr"), task=Component(name="super_resolution"))
    bicubic = LiteSR(scale=2, width=4, depth=1)  # before its first step, which has no side
    use, image = Predictor(bicubic, described, device="cpu", precision="fp32"), noise()
    plain = use.task.probabilities(use.scores(image))
    assert plain.shape == (1, 3, 42, 68)
    torch.testing.assert_close(use.scores(image, tta=True), plain, atol=1e-6, rtol=0)
    assert not torch.allclose(plain, plain.flip(-1), atol=0.1)


def test_the_usual_views_of_masks_have_scales_and_those_of_pictures_do_not() -> None:
    assert settle_tta(True) == TTA(flip=True, scales=(0.75, 1.0))
    assert settle_tta(True, of_pictures=True) == FLIP
    assert settle_tta(False) is None
    assert settle_tta(TTA(scales=(0.5,)), of_pictures=True) == TTA(scales=(0.5,))
