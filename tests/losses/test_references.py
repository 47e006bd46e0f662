"""Each loss against its definition, written out pixel by pixel in float64."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from pixelwise.errors import SettingError
from pixelwise.losses import LOSSES
from pixelwise.losses._distance import _by_rows, distance_to
from pixelwise.losses.boundary import signed_distance

Pixel = tuple[list[float], int]  # probabilities of the classes, and the true one
several_or_one = pytest.mark.parametrize("channels", [3, 1])


def drawn(channels: int, seed: int = 0, classes: int | None = None) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn(2, channels, 7, 6, generator=generator)
    target = torch.randint(0, classes or max(2, channels), (2, 7, 6), generator=generator)
    target[:, 0] = 255
    return scores, target


def pixels(scores: Tensor, target: Tensor) -> list[Pixel]:
    """Every labelled pixel; one channel as background and object."""
    scores = scores.double()
    probability = scores.softmax(1) if scores.shape[1] > 1 else torch.cat([1 - scores.sigmoid(), scores.sigmoid()], 1)
    rows = probability.permute(0, 2, 3, 1).reshape(-1, probability.shape[1]).tolist()
    return [(row, truth) for row, truth in zip(rows, target.flatten().tolist(), strict=True) if truth != 255]


def mean_over_present(of_class: Callable[[float, float, float], float], scores: Tensor, target: Tensor) -> float:
    """Mean of a function of true positives, false positives and false negatives."""
    listed = pixels(scores, target)
    counted = [1] if scores.shape[1] == 1 else sorted({truth for _, truth in listed})
    values = []
    for label in counted:
        positive = sum(row[label] for row, truth in listed if truth == label)
        claimed = sum(row[label] for row, truth in listed if truth != label)
        missed = sum(1 - row[label] for row, truth in listed if truth == label)
        values.append(of_class(positive, claimed, missed))
    return sum(values) / len(values)


@several_or_one
@pytest.mark.parametrize("smooth", [0.0, 1.0])
@pytest.mark.parametrize("classes", [None, 2])  # one class of three may be absent
def test_dice_jaccard_and_tversky(channels: int, smooth: float, classes: int | None) -> None:
    scores, target = drawn(channels, classes=classes)
    definitions: dict[str, Callable[[float, float, float], float]] = {
        "dice": lambda tp, fp, fn: 1 - (2 * tp + smooth) / (2 * tp + fp + fn + smooth),
        "jaccard": lambda tp, fp, fn: 1 - (tp + smooth) / (tp + fp + fn + smooth),
        "tversky": lambda tp, fp, fn: 1 - (tp + smooth) / (tp + 0.3 * fp + 0.7 * fn + smooth),
    }
    for name, definition in definitions.items():
        expected = mean_over_present(definition, scores, target)
        assert LOSSES[name].build(smooth=smooth)(scores, target).item() == pytest.approx(expected, abs=1e-6)


@several_or_one
def test_focal_tversky(channels: int) -> None:
    scores, target = drawn(channels)
    loss = LOSSES["tversky"].build(alpha=0.2, beta=0.6, gamma=0.75, smooth=0.5)
    expected = mean_over_present(
        lambda tp, fp, fn: (1 - (tp + 0.5) / (tp + 0.2 * fp + 0.6 * fn + 0.5)) ** 0.75, scores, target
    )
    assert loss(scores, target).item() == pytest.approx(expected, abs=1e-6)


@several_or_one
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_focal_and_the_cross_entropies(channels: int, gamma: float, weighted: bool) -> None:
    scores, target = drawn(channels)
    weights = [0.5, 1.0, 3.0][: max(2, channels)] if weighted else [1.0] * 3
    listed = pixels(scores, target)

    def definition(power: float) -> float:
        summed = sum(weights[t] * math.pow(1 - row[t], power) * -math.log(row[t]) for row, t in listed)
        return summed / sum(weights[truth] for _, truth in listed)

    given = {"class_weights": weights[: max(2, channels)]} if weighted else {}
    focal = LOSSES["focal"].build(gamma=gamma, **given)
    assert focal(scores, target).item() == pytest.approx(definition(gamma), abs=1e-6)
    losses = [LOSSES["cross_entropy"].build(**given), LOSSES["ohem_cross_entropy"].build(threshold=1.0, **given)]
    if channels == 1:
        losses.append(LOSSES["binary_cross_entropy"].build(object_weight=weights[1] / weights[0]))
    for loss in losses:
        assert loss(scores, target).item() == pytest.approx(definition(0.0), abs=1e-6)


@several_or_one
@pytest.mark.parametrize("weighted", [False, True])
def test_smoothed_labels(channels: int, weighted: bool) -> None:
    scores, target = drawn(channels)
    classes = max(2, channels)
    weights = [0.5, 1.0, 3.0][:classes] if weighted else [1.0] * classes
    share = 0.2
    summed = total = 0.0
    for row, truth in pixels(scores, target):
        wanted = [(1 - share) * (label == truth) + share / classes for label in range(classes)]
        summed += sum(weights[label] * wanted[label] * -math.log(row[label]) for label in range(classes))
        total += weights[truth]
    given = {"class_weights": weights} if weighted else {}
    cases: dict[str, dict[str, float]] = {"cross_entropy": {}, "ohem_cross_entropy": {"threshold": 1.0}}
    for name, settings in cases.items():
        loss = LOSSES[name].build(label_smoothing=share, **settings, **given)
        assert loss(scores, target).item() == pytest.approx(summed / total, abs=1e-6)


def jaccard_loss(wrong: Sequence[bool], truth: Sequence[bool]) -> float:
    """One minus intersection over union if the pixels in `wrong` are wrong."""
    union = sum(t or w for t, w in zip(truth, wrong, strict=True))
    kept = sum(t and not w for t, w in zip(truth, wrong, strict=True))
    return 1 - kept / union if union else 0.0


def lovasz_extension(errors: Sequence[float], truth: Sequence[bool]) -> float:
    """By its definition: errors from the largest on, each times what its pixel adds to the loss of the set so far."""
    wrong = [False] * len(errors)
    total, before = 0.0, jaccard_loss(wrong, truth)
    for index in sorted(range(len(errors)), key=lambda index: -errors[index]):
        wrong[index] = True
        after = jaccard_loss(wrong, truth)
        total, before = total + errors[index] * (after - before), after
    return total


@pytest.mark.parametrize("classes", [3, 2])
def test_lovasz_softmax(classes: int) -> None:
    scores, target = drawn(3, classes=classes)
    listed = pixels(scores, target)
    extensions = []
    for label in range(classes):
        truth = [t == label for _, t in listed]
        errors = [abs(row[label] - t) for (row, _), t in zip(listed, truth, strict=True)]
        extensions.append(lovasz_extension(errors, truth))
    assert LOSSES["lovasz"].build()(scores, target).item() == pytest.approx(sum(extensions) / classes, abs=1e-6)


@pytest.mark.parametrize("classes", [2, 1])
def test_lovasz_hinge(classes: int) -> None:
    scores, target = drawn(1, classes=classes)
    listed = [(s, t) for s, t in zip(scores.flatten().tolist(), target.flatten().tolist(), strict=True) if t != 255]
    errors = [max(0.0, 1 - score * (1 if truth else -1)) for score, truth in listed]
    expected = lovasz_extension(errors, [bool(truth) for _, truth in listed])
    assert LOSSES["lovasz"].build()(scores, target).item() == pytest.approx(expected, rel=1e-6)


def test_lovasz_of_a_prediction_that_is_certain_is_one_minus_intersection_over_union() -> None:
    generator = torch.Generator().manual_seed(0)
    target, predicted = torch.randint(0, 2, (2, 1, 40, 50), generator=generator)
    scores = 1e4 * torch.nn.functional.one_hot(predicted, 2).permute(0, 3, 1, 2)
    ious = [((target == k) & (predicted == k)).sum() / ((target == k) | (predicted == k)).sum() for k in (0, 1)]
    assert LOSSES["lovasz"].build()(scores, target).item() == pytest.approx(1 - sum(map(float, ious)) / 2, abs=1e-6)


def signed(target: Tensor, label: int, row: int, column: int) -> float:
    """Of one pixel of one image, by comparing it with all others."""
    own = target[row, column].item() == label
    found = [
        math.dist((row, column), (y, x))
        for y, x in itertools.product(*map(range, target.shape))
        if target[y, x].item() != 255 and (target[y, x].item() == label) != own
    ]
    if not found or target[row, column].item() == 255:
        return 0.0
    return 1 - min(found) if own else min(found)


@several_or_one
def test_boundary(channels: int) -> None:
    scores, target = drawn(channels)
    target[1, 3:] = 1
    target[0][target[0] == 2] = 0  # a class that is in one image only
    labels = range(channels) if channels > 1 else [1]
    probability = scores.double().softmax(1) if channels > 1 else scores.double().sigmoid()
    summed = sum(
        probability[image, place, y, x].item() * signed(target[image], label, y, x)
        for image, (place, label), y, x in itertools.product(range(2), enumerate(labels), range(7), range(6))
    )
    expected = summed / ((target != 255).sum().item() * len(labels))
    assert LOSSES["boundary"].build()(scores, target).item() == pytest.approx(expected, abs=1e-6)


def test_distances_from_a_boundary_by_hand() -> None:
    target = torch.tensor([[[0, 0, 0, 1, 1]]])
    expected = torch.tensor([[[[-2.0, -1, 0, 1, 2]], [[3.0, 2, 1, 0, -1]], [[0.0] * 5]]])
    torch.testing.assert_close(signed_distance(target, 3), expected)


def test_both_ways_to_measure_distances_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixelwise.losses._distance._LARGEST_BLOCK", 50_000)  # several blocks, the last one shorter
    marked = torch.rand(3, 37, 51, generator=torch.Generator().manual_seed(0)) > 0.99
    marked[2] = False
    assert marked[:2].any(dim=2).any(dim=1).all()
    torch.testing.assert_close(_by_rows(marked), distance_to(marked), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("dice", {"smooth": -1}, "smooth is -1, but it is a number of pixels: 0 or above"),
        ("jaccard", {"smooth": math.inf}, "smooth is inf"),
        ("tversky", {"alpha": -0.5}, "alpha is -0.5, but it is a weight: 0 or above"),
        ("tversky", {"gamma": 0}, "gamma is 0, but it is an exponent above 0"),
        ("focal", {"gamma": -2}, "gamma is -2, but it is an exponent: 0 or above"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, settings: dict[str, float], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        LOSSES[name].build(**settings)
