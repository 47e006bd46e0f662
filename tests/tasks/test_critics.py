"""Critics: what sees with a pretrained encoder judges places, is trained in its small networks alone, and says no."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pixelwise.encoders.frozen import FrozenFeatures
from pixelwise.errors import SettingError
from pixelwise.models.resnet_generator import ResNetGenerator
from pixelwise.nn.patch_gan import PatchGAN
from pixelwise.tasks import TASKS, Batch
from pixelwise.tasks._critics import FeatureCritic


def pictures(seed: int = 0, side: int = 48, channels: int = 3) -> Tensor:
    return torch.rand(2, channels, side, side, generator=torch.Generator().manual_seed(seed))


def test_scores_are_those_of_small_networks_on_features_of_one_size() -> None:
    torch.manual_seed(0)
    critic, image = FeatureCritic(width=8), pictures()
    scores = critic(image)
    assert scores.shape == (2, 3, 12, 12)
    for level, (head, features) in enumerate(zip(critic.heads, FrozenFeatures()(image), strict=True)):
        of_one_size = F.normalize(features, dim=1, eps=1e-9) * features.shape[1] ** 0.5
        expected = head(of_one_size)
        repeats = 12 // expected.shape[-1]
        assert repeats == (1, 2, 4)[level]
        torch.testing.assert_close(scores[:, level, ::repeats, ::repeats], expected[:, 0], rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(scores[:, level].mean(), expected.mean(), rtol=1e-3, atol=1e-3)


def test_two_pictures_are_judged_together() -> None:
    torch.manual_seed(0)
    critic = FeatureCritic(6, width=8)
    one, other = pictures(0), pictures(1)
    assert not torch.allclose(critic(torch.cat([one, other], 1)), critic(torch.cat([other, one], 1)))
    assert [head[0].in_channels for head in critic.heads] == [2 * channels for channels in critic.features.channels]  # type: ignore[index]


def test_only_the_small_networks_are_trained_and_gradients_reach_the_picture() -> None:
    critic = FeatureCritic(width=8).train()
    before = {name: tensor.clone() for name, tensor in critic.features.state_dict().items()}
    image = pictures().requires_grad_()
    critic(image).square().mean().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    trained = {name for name, parameter in critic.named_parameters() if parameter.grad is not None}
    assert trained == {name for name, _ in critic.named_parameters() if name.startswith("heads.")}
    assert all(torch.equal(before[name], tensor) for name, tensor in critic.features.state_dict().items())


def test_it_learns_to_tell_textures_apart_that_have_the_same_colours() -> None:
    torch.manual_seed(0)
    critic = FeatureCritic(width=8)
    fine = pictures(0)
    coarse = F.interpolate(fine[:, :, ::4, ::4], scale_factor=4.0)
    optimizer = torch.optim.Adam(critic.heads.parameters(), 1e-2)
    for _ in range(10):
        loss = (critic(fine) - 1).square().mean() + critic(coarse).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert critic(fine).mean() > critic(coarse).mean() + 0.5


def test_a_view_without_a_score_of_each_stride_is_refused() -> None:
    critic = FeatureCritic(width=8)
    assert critic(pictures(side=critic.smallest)).shape == (2, 3, 4, 4)
    with pytest.raises(SettingError, match=r"15 × 15 pixels is too small .* needs at least 16"):
        critic(pictures(side=15))


@pytest.mark.parametrize(("channels", "width"), [(4, 8), (0, 8), (3, 0)])
def test_impossible_numbers_are_refused(channels: int, width: int) -> None:
    with pytest.raises(SettingError, match="pictures have 3 channels each"):
        FeatureCritic(channels, width)


@pytest.mark.parametrize("task", ["paired_translation", "unpaired_translation"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"critic": "feature"}, "features"), ({"critic": "features", "critic_depth": 2}, "Leave critic_depth out")],
)
def test_tasks_refuse_critics_that_there_are_not(task: str, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        TASKS[task].build(**arguments)


@pytest.mark.parametrize(
    ("task", "arguments", "critics", "channels"),
    [
        ("paired_translation", {}, {"critic"}, 6),
        ("unpaired_translation", {}, {"critic_a", "critic_b"}, 3),
        ("unpaired_translation", {"method": "cut"}, {"critic_b"}, 3),
    ],
)
def test_tasks_train_against_the_critic_that_is_asked_for(
    task: str, arguments: dict[str, Any], critics: set[str], channels: int
) -> None:
    kinds = {"patch": PatchGAN, "features": FeatureCritic}
    for kind, expected in kinds.items():
        built = TASKS[task].build(**arguments, critic=kind, critic_width=8)
        networks = {"model": ResNetGenerator(width=4, depth=2)}
        networks |= built.partners(networks["model"])  # type: ignore[arg-type]
        found = {name: network for name, network in networks.items() if name.startswith("critic")}
        assert set(found) == critics
        assert {type(network) for network in found.values()} == {expected}
        assert {network.in_channels for network in found.values()} == {channels}
        stepped = set()
        for step in built.training_steps(networks, Batch(pictures(0), pictures(1))):
            step.loss.backward()
            stepped |= set(step.networks)
        assert critics < stepped
