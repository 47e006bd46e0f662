"""Translation: the steps, their order and their losses are those of the papers, written out by hand."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.models.pix2pix_unet import Pix2PixUNet
from pixelwise.models.resnet_generator import ResNetGenerator
from pixelwise.tasks import TASKS, Batch, Task
from pixelwise.tasks._adversarial import PicturePool, frozen

TINY = {"critic_width": 4, "critic_depth": 1}
SIDE = 16


def batch(count: int = 2) -> Batch:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(count, 3, SIDE, SIDE, generator=generator) for _ in range(2))
    return Batch(image, target)


def networks_of(task: Task) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    model = ResNetGenerator(width=4, depth=2)
    return {"model": model, **task.partners(model)}


def take(
    task: Task, networks: dict[str, nn.Module], given: Batch, rate: float = 0.1
) -> list[tuple[tuple[str, ...], float]]:
    """Plain gradient descent on each step; which networks stepped, and the loss."""
    taken = []
    for step in task.training_steps(networks, given):
        stepping = [parameter for name in step.networks for parameter in networks[name].parameters()]
        for parameter in stepping:
            parameter.grad = None
        step.loss.backward()
        with torch.no_grad():
            for parameter in stepping:
                assert parameter.grad is not None
                parameter.sub_(rate * parameter.grad)
        taken.append((step.networks, step.loss.item()))
    return taken


def descend(loss: Tensor, *networks: nn.Module) -> None:
    parameters = [parameter for network in networks for parameter in network.parameters()]
    with torch.no_grad():
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.sub_(0.1 * gradient)


def bce(scores: Tensor, wanted: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, wanted))


def near(scores: Tensor, wanted: float) -> Tensor:
    return (scores - wanted).square().mean()


def apart(picture: Tensor, target: Tensor) -> Tensor:
    """L1 of the pixels that the papers' networks give, from -1 to 1."""
    return ((2 * picture - 1) - (2 * target - 1)).abs().mean()


def alike(first: dict[str, nn.Module], second: dict[str, nn.Module]) -> bool:
    return all(
        torch.allclose(a, b, atol=1e-6)
        for name in first
        for a, b in zip(first[name].state_dict().values(), second[name].state_dict().values(), strict=True)
    )


def test_pix2pix_steps_the_critic_on_both_kinds_and_then_the_network() -> None:
    task, given = TASKS["paired_translation"].build(**TINY), batch()
    networks = networks_of(task)
    own = copy.deepcopy(networks)
    taken = take(task, networks, given)

    model, critic = own["model"], own["critic"]
    made = model(given.image)
    of_critic = 0.5 * (
        bce(critic(torch.cat([given.image, given.target], 1)), 1)
        + bce(critic(torch.cat([given.image, made.detach()], 1)), 0)
    )
    descend(of_critic, critic)
    of_model = bce(critic(torch.cat([given.image, made], 1)), 1) + 100 * apart(made, given.target)
    descend(of_model, model)
    assert [names for names, _ in taken] == [("critic",), ("model",)]
    assert [value for _, value in taken] == pytest.approx([of_critic.item(), of_model.item()], rel=1e-5)
    assert alike(networks, own)


def test_without_a_critic_it_is_the_plain_l1_network() -> None:
    task, given = TASKS["paired_translation"].build(adversarial_weight=0.0, l1_weight=1.0), batch()
    networks = networks_of(task)
    assert set(networks) == {"model"}
    expected = apart(networks["model"](given.image), given.target).item()
    ((names, value),) = take(task, networks, given)
    assert names == ("model",)
    assert value == pytest.approx(expected, rel=1e-5)


def test_a_critic_that_comes_late_learns_nothing_before() -> None:
    task = TASKS["paired_translation"].build(**TINY, adversarial_from=0.6)
    networks = networks_of(task)
    taken = {share: take(task, networks, dataclasses.replace(batch(), progress=share)) for share in (0.59, 0.6)}
    assert [names for names, _ in taken[0.59]] == [("model",)]
    assert [names for names, _ in taken[0.6]] == [("critic",), ("model",)]


def test_a_critic_that_comes_late_refuses_views_that_it_cannot_judge_at_once() -> None:
    task = TASKS["paired_translation"].build(critic_width=4, critic_depth=3, adversarial_from=0.6)
    with pytest.raises(SettingError, match="too small for the discriminator, which needs at least 24"):
        take(task, networks_of(task), dataclasses.replace(batch(), progress=0.0))


@pytest.mark.parametrize("identity", [0.0, 0.5])
def test_cyclegan_steps_both_networks_together_and_then_each_critic(identity: float) -> None:
    task, given = TASKS["unpaired_translation"].build(identity_weight=identity, **TINY), batch()
    networks = networks_of(task)
    own = copy.deepcopy(networks)
    taken = take(task, networks, given)

    there, back, critic_a, critic_b = (own[name] for name in ("model", "back", "critic_a", "critic_b"))
    a, b = given.image, given.target
    made_b, made_a = there(a), back(b)
    loss = near(critic_b(made_b), 1) + near(critic_a(made_a), 1)
    loss = loss + 10 * (apart(back(made_b), a) + apart(there(made_a), b))
    loss = loss + 10 * identity * (apart(there(b), b) + apart(back(a), a))
    of_a = 0.5 * (near(critic_a(a), 1) + near(critic_a(made_a.detach()), 0))
    of_b = 0.5 * (near(critic_b(b), 1) + near(critic_b(made_b.detach()), 0))
    assert [names for names, _ in taken] == [("model", "back"), ("critic_a",), ("critic_b",)]
    assert [value for _, value in taken] == pytest.approx([loss.item(), of_a.item(), of_b.item()], rel=1e-5)
    descend(loss, there, back)
    descend(of_a, critic_a)
    descend(of_b, critic_b)
    assert alike({name: own[name] for name in own if "pool" not in name}, networks)
    assert torch.equal(networks["pool_b"].get_buffer("pictures"), made_b.detach())


def test_the_way_back_begins_with_weights_of_its_own() -> None:
    networks = networks_of(TASKS["unpaired_translation"].build(**TINY))
    model, back = networks["model"].state_dict(), networks["back"].state_dict()
    assert model.keys() == back.keys()
    assert not torch.equal(model["head.weight"], back["head.weight"])


def told_apart(projection: nn.Module, made: list[Tensor], source: list[Tensor]) -> Tensor:
    """PatchNCE of all patches: each against those of the source, of which that in its place is the right one."""
    queries, keys = (projection([level.flatten(2).transpose(1, 2) for level in each]) for each in (made, source))
    losses = []
    for query, key in zip(queries, keys, strict=True):
        likeness = torch.einsum("bnc,bmc->bnm", query, key.detach()) / 0.07
        losses.append(-likeness.log_softmax(dim=2).diagonal(dim1=1, dim2=2).mean())
    return torch.stack(losses).mean()


@pytest.mark.parametrize("identity", [0.0, 0.5])
def test_cut_steps_the_critic_and_then_network_and_projection(identity: float) -> None:
    task, given = TASKS["unpaired_translation"].build(method="cut", identity_weight=identity, **TINY), batch()
    networks = networks_of(task)
    own = copy.deepcopy(networks)
    taken = take(task, networks, given)

    critic, projection, model = own["critic_b"], own["projection"], own["model"]
    assert isinstance(model, ResNetGenerator)
    a, b, features = given.image, given.target, model.patch_features
    made = model(a)
    of_critic = 0.5 * (near(critic(b), 1) + near(critic(made.detach()), 0))
    descend(of_critic, critic)
    of_patches = told_apart(projection, features(made), features(a))  # 16 × 16 pixels have 256 patches at most
    if identity:
        of_patches = (of_patches + told_apart(projection, features(model(b)), features(b))) / 2
    loss = near(critic(made), 1) + of_patches
    assert [names for names, _ in taken] == [("critic_b",), ("model", "projection")]
    assert [value for _, value in taken] == pytest.approx([of_critic.item(), loss.item()], rel=1e-5)
    descend(loss, model, projection)
    assert alike(networks, own)
    losses = [taken[1][1], *(take(task, networks, given)[1][1] for _ in range(10))]
    assert losses[-1] < losses[0]


def test_cut_computes_what_it_learns_from_before_what_it_compares_with(monkeypatch: pytest.MonkeyPatch) -> None:
    task, given = TASKS["unpaired_translation"].build(method="cut", **TINY), batch()
    networks = networks_of(task)
    model = networks["model"]
    assert isinstance(model, ResNetGenerator)
    learns: list[bool] = []

    def noted(image: Tensor) -> list[Tensor]:
        learns.append(torch.is_grad_enabled())
        return ResNetGenerator.patch_features(model, image)

    monkeypatch.setattr(model, "patch_features", noted)
    take(task, networks, given)
    assert learns == [True, False, True, False]


def test_cut_refuses_a_network_that_shows_no_features() -> None:
    task = TASKS["unpaired_translation"].build(method="cut")
    with pytest.raises(SettingError, match=r"Pix2PixUNet does not give. Take --model resnet_generator"):
        task.partners(Pix2PixUNet(width=4, depth=2))


def test_while_a_network_is_frozen_its_parameters_want_no_gradient_and_its_input_does() -> None:
    layer, image = nn.Conv2d(3, 1, 1), torch.rand(1, 3, 4, 4, requires_grad=True)
    dict(layer.named_parameters())["bias"].requires_grad_(False)
    with frozen(layer):
        loss = layer(image).sum()
    loss.backward()
    assert layer.weight.grad is None
    assert image.grad is not None
    assert layer.weight.requires_grad
    assert not dict(layer.named_parameters())["bias"].requires_grad


def test_a_pool_gives_back_new_pictures_until_it_is_full_and_then_half_of_them_earlier_ones() -> None:
    torch.manual_seed(0)
    pool = PicturePool(4)
    first = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 3, 2, 2)
    assert torch.equal(pool(first), first)
    later = torch.arange(4.0, 204.0).reshape(200, 1, 1, 1).expand(200, 3, 2, 2)
    given = pool(later)
    is_new = given[:, 0, 0, 0] == later[:, 0, 0, 0]
    assert 70 < is_new.sum() < 130
    assert (given[~is_new, 0, 0, 0] < later[~is_new, 0, 0, 0]).all()
    assert len(set(given[:, 0, 0, 0].tolist())) == 200  # no picture is given back twice


def test_a_pool_draws_the_same_for_the_same_seed_and_goes_on_from_what_was_saved() -> None:
    pool, again = PicturePool(2), PicturePool(2)
    pool(torch.rand(3, 3, 4, 5))
    again.load_state_dict(pool.state_dict())
    pictures = torch.rand(8, 3, 4, 5)
    torch.manual_seed(3)
    expected = pool(pictures)
    torch.manual_seed(3)
    assert torch.equal(again(pictures), expected)


def test_a_pool_of_no_size_gives_everything_back() -> None:
    pictures = torch.rand(5, 3, 4, 4)
    assert torch.equal(PicturePool(0)(pictures), pictures)


@pytest.mark.parametrize(
    ("task", "arguments", "words"),
    [
        ("paired_translation", {"l1_weight": -1.0}, "l1_weight is -1, but the weight of a loss is 0 or more"),
        ("paired_translation", {"l1_weight": 0.0, "adversarial_weight": 0.0}, "there is nothing to learn"),
        ("unpaired_translation", {"method": "gan"}, "no method of unpaired translation called 'gan'"),
        ("unpaired_translation", {"cycle_weight": -2.0}, "cycle_weight is -2"),
    ],
)
def test_what_cannot_be_meant_is_refused(task: str, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        TASKS[task].build(**arguments)


def test_a_network_that_is_not_made_for_pictures_serves_as_a_generator() -> None:
    torch.manual_seed(0)
    task = TASKS["paired_translation"].build(**TINY)
    model = MODELS["lite_unet"].build(out_channels=3, encoder="test_resnet")
    networks = {"model": model, **task.partners(model)}
    given = Batch(torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32))
    losses = [take(task, networks, given, rate=1e-4)[1][1] for _ in range(8)]
    assert losses[-1] < losses[0]
    made = task.probabilities(task.output(model.eval(), given.image))
    assert made.min() >= 0
    assert made.max() <= 1
