"""Degradations: how they are written, what each does, and that a draw depends on seed, epoch and index alone."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from pixelwise.data import degrade as module
from pixelwise.data.degradations import DEGRADATIONS, Degradation, enlargement, parse_degradations
from pixelwise.data.degrade import HOLE_COLOR, degrade, degrade_held_out
from pixelwise.errors import SettingError
from pixelwise.ops.color import rgb_to_lab
from pixelwise.ops.resample import imresize


@pytest.fixture
def picture() -> Tensor:
    """`(3, 48, 64)`, uint8, smooth and coloured."""
    row, column = np.mgrid[:48, :64]
    planes = [128 + 80 * np.sin(row / 9 + phase) * np.cos(column / 7 - 2 * phase) for phase in range(3)]
    return torch.from_numpy(np.stack(planes).round().astype(np.uint8))


def degraded(picture: Tensor, text: str, *, seed: int = 0, epoch: int = 0, index: int = 0) -> Tensor:
    return degrade(picture, parse_degradations(text), seed=seed, epoch=epoch, index=index)


# As they are written


def test_the_order_written_is_the_order_kept() -> None:
    assert parse_degradations("noise:5-50+ jpeg:30-95 +grey") == (
        Degradation("noise", 5, 50),
        Degradation("jpeg", 30, 95),
        Degradation("grey"),
    )
    assert parse_degradations("blur:1.5") == (Degradation("blur", 1.5, 1.5),)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_example_can_be_read_and_written_again(name: str) -> None:
    (one,) = parse_degradations(DEGRADATIONS[name].example)
    assert one.name == name
    assert str(one) == DEGRADATIONS[name].example


def test_what_becomes_smaller_is_known() -> None:
    assert enlargement(parse_degradations("blur:1+down:2+noise:5+down:3")) == 6
    assert enlargement(parse_degradations("noise:5")) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "nosie:5",
            "There is no degradation called 'nosie'. Did you mean 'noise'? Available: blur, dark, down, grey, holes, "
            "jpeg, noise. Several are joined by '+'.",
        ),
        ("grey:3", "'grey:3' has a number, but grey takes none. Write grey."),
        (
            "noise",
            "The strength '' in 'noise' cannot be read: noise takes sigma in 255ths of the range, 0.1 to 200; numbers, "
            "one or a range. Write noise:5-50.",
        ),
        (
            "down:2-4",
            "The strength '2-4' in 'down:2-4' cannot be read: down takes the factor, 2 to 8; one whole number. "
            "Write down:4.",
        ),
        (
            "jpeg:30.5",
            "The strength '30.5' in 'jpeg:30.5' cannot be read: jpeg takes the quality, 1 to 100; whole numbers, one "
            "or a range. Write jpeg:30-95.",
        ),
        ("noise:50-5", "The range of 'noise:50-5' begins above its end. Write noise:5-50."),
        (
            "jpeg:0-50",
            "The strength of 'jpeg:0-50' is out of range: jpeg takes the quality, 1 to 100. An example is jpeg:30-95.",
        ),
        (
            "blur:nan",
            "The strength of 'blur:nan' is out of range: blur takes sigma in pixels, 0.1 to 20. An example is "
            "blur:0.5-2.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingError) as raised:
        parse_degradations(f"grey+{text}")
    assert str(raised.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("noise:5,jpeg:30", "Degradations are joined by '+', not as in 'noise:5,jpeg:30'. Write noise:5+jpeg:30."),
        ("grey noise:5", "Degradations are joined by '+', not as in 'grey noise:5'. Write grey+noise:5."),
        ("noise:5-50+", "Beside a '+' of 'noise:5-50+' nothing is written. Write one or several, joined by '+', "),
        (" ", "No degradation is written. Write one or several, joined by '+', such as noise:5-50+jpeg:30-95."),
    ],
)
def test_what_joins_degradations_is_named(text: str, words: str) -> None:
    with pytest.raises(SettingError) as raised:
        parse_degradations(text)
    assert str(raised.value).startswith(words)


# As they are drawn


def test_each_written_degradation_can_be_applied() -> None:
    assert module._APPLIED.keys() == DEGRADATIONS.keys()


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_a_draw_is_a_function_of_seed_epoch_and_index(picture: Tensor, name: str) -> None:
    text = DEGRADATIONS[name].example
    first = degraded(picture, text)
    assert torch.equal(first, degraded(picture, text))
    assert torch.equal(first, degraded(picture.float() / 255, text))
    if name not in ("down", "grey"):
        for other in ({"seed": 1}, {"epoch": 1}, {"index": 1}):
            assert not torch.equal(first, degraded(picture, text, **other))


def test_held_out_pictures_are_degraded_alike_in_every_training(picture: Tensor) -> None:
    degradations = parse_degradations("noise:5-50")
    assert torch.equal(
        degrade_held_out(picture, degradations, index=3), degrade_held_out(picture, degradations, index=3)
    )
    assert not torch.equal(
        degrade_held_out(picture, degradations, index=3), degrade_held_out(picture, degradations, index=4)
    )


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_a_result_is_a_picture_of_8_bits(picture: Tensor, name: str) -> None:
    result = degraded(picture, DEGRADATIONS[name].example)
    assert result.dtype == torch.float32
    assert (result.min() >= 0) & (result.max() <= 1)
    torch.testing.assert_close(result * 255, (result * 255).round(), atol=1e-4, rtol=0)
    one_channel = degraded(picture[:1], DEGRADATIONS[name].example)
    assert one_channel.shape[1:] == result.shape[1:]


def test_a_range_is_drawn_evenly(picture: Tensor) -> None:
    flat = torch.full((1, 64, 64), 128, dtype=torch.uint8)
    sigmas = [degraded(flat, "noise:5-25", index=index).std().item() * 255 for index in range(200)]
    assert min(sigmas) == pytest.approx(5, abs=0.7)
    assert max(sigmas) == pytest.approx(25, abs=1.2)
    assert np.mean(sigmas) == pytest.approx(15, abs=1)


# What each does


def test_down_is_matlabs_bicubic(picture: Tensor) -> None:
    expected = (imresize(picture.double(), 1 / 4).clamp(0, 255).round() / 255).float()
    torch.testing.assert_close(degraded(picture, "down:4"), expected, atol=1.1 / 255, rtol=0)
    with pytest.raises(ValueError, match=r"^The picture has \(47, 64\) pixels, which are no multiples of 4\.$"):
        degraded(picture[:, :47], "down:4")


def test_a_point_is_blurred_to_a_gaussian() -> None:
    point = torch.zeros(1, 41, 41)
    point[0, 20, 20] = 1
    spread = module._blur(point, 2.0, np.random.default_rng(0))[0]
    assert spread.sum().item() == pytest.approx(1, abs=1e-5)
    variance = (spread.sum(dim=0) * (torch.arange(41) - 20) ** 2).sum().item()
    assert variance == pytest.approx(4, rel=0.05)  # the kernel ends at three sigma


def test_a_blur_wider_than_the_picture_is_possible() -> None:
    assert (
        degraded(torch.full((3, 4, 5), 51, dtype=torch.uint8), "blur:20").flatten().tolist()
        == [pytest.approx(0.2)] * 60
    )


def test_grey_keeps_lightness_and_drops_colour(picture: Tensor) -> None:
    result = degraded(picture, "grey")
    assert torch.equal(result[0], result[1])
    assert torch.equal(result[0], result[2])
    torch.testing.assert_close(rgb_to_lab(result)[0], rgb_to_lab(picture / 255)[0], atol=0.5, rtol=0)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_holes_are_that_share_of_the_picture_and_the_rest_is_untouched(picture: Tensor, share: float) -> None:
    result = degraded(picture, f"holes:{share}")
    is_hole = (result == torch.tensor(HOLE_COLOR).reshape(3, 1, 1)).all(dim=0)
    assert is_hole.float().mean().item() == pytest.approx(share, abs=1e-3)
    torch.testing.assert_close(result[:, ~is_hole], picture[:, ~is_hole] / 255)


def test_jpeg_is_that_of_pillow(picture: Tensor) -> None:
    content = io.BytesIO()
    Image.fromarray(picture.permute(1, 2, 0).numpy()).save(content, "JPEG", quality=30)
    expected = torch.from_numpy(np.array(Image.open(content))).permute(2, 0, 1) / 255
    torch.testing.assert_close(degraded(picture, "jpeg:30"), expected)


def test_dark_pictures_have_that_share_of_the_light_and_more_noise() -> None:
    flat = torch.full((3, 64, 64), 255, dtype=torch.uint8)
    some, little = degraded(flat, "dark:0.5"), degraded(flat, "dark:0.02")
    assert some.mean().item() == pytest.approx(0.735, abs=2e-3)  # sRGB's number for half of white's light
    assert little.mean().item() == pytest.approx(0.151, abs=2e-3)
    assert little.std() / little.mean() > 3 * some.std() / some.mean()


def test_order_matters(picture: Tensor) -> None:
    noise_then_jpeg, jpeg_then_noise = degraded(picture, "noise:20+jpeg:10"), degraded(picture, "jpeg:10+noise:20")
    assert (noise_then_jpeg - picture / 255).abs().mean() < (jpeg_then_noise - picture / 255).abs().mean()
