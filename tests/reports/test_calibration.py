"""What a report says of probabilities: how far off, in which direction, and where that was not measured."""

from __future__ import annotations

import pytest
import torch

from pixelwise.metrics.calibration import Bin, PixelSample
from pixelwise.reports.calibration import calibration_in_words, reliability_curve


def sample(sharpness: float) -> PixelSample:
    """Of scores that are `sharpness` times as large as they would be if they meant how often they are right."""
    generator = torch.Generator().manual_seed(0)
    scores = 2 * torch.randn(40_000, 3, generator=generator)
    truth = torch.multinomial(scores.softmax(dim=1), 1, generator=generator)[:, 0]
    found = PixelSample(1)
    found.add((sharpness * scores).T.reshape(3, 200, 200), truth.reshape(200, 200))
    return found


@pytest.mark.parametrize(
    ("sharpness", "words"),
    [
        (1.05, ", mostly too high: close to"),
        (1.2, ", mostly too high: near"),
        (3.0, ", mostly too high: rough."),
        (0.4, ", mostly too low: rough."),
    ],
)
def test_the_error_is_said_in_points_with_its_side_and_its_meaning(sharpness: float, words: str) -> None:
    found = sample(sharpness)
    expected = f"Probabilities are off by {100 * found.error():.1f} points of 100 on average{words}"
    assert calibration_in_words(found).startswith(expected)


def test_probabilities_that_are_too_high_here_and_too_low_there_are_on_no_side() -> None:
    found = PixelSample(1)
    scores = torch.zeros(2, 20, 20)
    scores[1, :, :10] = 3.0  # sure, and right half the time; the others are unsure, and always right
    truth = torch.zeros(20, 20, dtype=torch.long)
    truth[::2, :10] = 1
    found.add(scores, truth)
    assert "on average: rough" in calibration_in_words(found)


def test_pixels_that_tell_nothing_are_not_told_of() -> None:
    assert calibration_in_words(PixelSample(1)) == ""
    assert reliability_curve([]) is None


def test_bins_of_very_few_pixels_are_not_drawn() -> None:
    many, few = Bin(0.9, 0.85, 0.9995), Bin(0.5, 0.0, 0.0005)
    whole, without = reliability_curve([few, many]), reliability_curve([many])
    assert whole is not None
    assert without is not None
    assert whole.svg == without.svg
    assert reliability_curve([few]) is None
