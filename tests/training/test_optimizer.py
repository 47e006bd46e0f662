"""What settings make of an optimiser and of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import RunError, SettingError
from pixelwise.tasks import Batch, Step
from pixelwise.tasks.segmentation import Segmentation
from pixelwise.training.optimizer import freeze_to, make_optimizer, set_rates, spread_rates
from tests.training.drawn import SETTINGS, new_model, new_training
from tests.training.test_exactness import Rivals, train_until


class MeanScore(Segmentation):
    """A loss that is a mean over the batch."""

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        yield Step(networks["model"](batch.image).square().mean())


def copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_rates_are_spread_over_layer_groups() -> None:
    assert spread_rates(slice(1e-4, 1e-2), 3) == pytest.approx((1e-4, 1e-3, 1e-2))
    assert spread_rates(slice(1e-2), 3) == pytest.approx((1e-3, 1e-3, 1e-2))
    assert spread_rates(slice(1e-4, 1e-2), 1) == (1e-2,)


@pytest.mark.parametrize("rates", [slice(None), slice(0.1, 0), slice(-1, 1)])
def test_a_slice_without_rates_is_refused(rates: slice) -> None:
    with pytest.raises(SettingError, match=r"a slice holds one rate above 0, as in slice\(1e-3\), or two"):
        spread_rates(rates, 2)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rates", [slice(1e-5, 1e-3), slice(3e-3)])
@pytest.mark.parametrize("groups", [2, 3])
def test_rates_are_spread_as_by_fastai(rates: slice, groups: int) -> None:
    optimizer = pytest.importorskip("fastai.optimizer")
    theirs = optimizer.SGD([[nn.Parameter(torch.zeros(1))] for _ in range(groups)], lr=1.0)
    theirs.set_hyper("lr", rates)
    assert spread_rates(rates, groups) == pytest.approx([group["lr"] for group in theirs.hypers], rel=1e-6)


def test_settings_reach_the_optimizer() -> None:
    changes = {"betas": (0.5, 0.999), "epsilon": 1e-8, "group_rates": (0.1, 1.0)}
    optimizer = make_optimizer(new_model(), SETTINGS.model_copy(update=changes))
    groups = optimizer.param_groups
    assert {group["betas"] for group in groups} == {(0.5, 0.999)}
    assert {group["eps"] for group in groups} == {1e-8}
    assert [group["share"] for group in groups] == [0.1, 0.1, 1.0, 1.0]


def test_matrices_decay_and_norms_and_biases_do_not() -> None:
    model = new_model()
    optimizer = make_optimizer(model, SETTINGS.model_copy(update={"weight_decay": 0.5, "group_rates": (0.1, 1.0)}))
    set_rates(optimizer, 0.1, 0.9)
    before = [[parameter.clone() for parameter in group] for group in model.layer_groups()]
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for share, old_group, group in zip((0.1, 1.0), before, model.layer_groups(), strict=True):
        assert {parameter.ndim > 1 for parameter in group} == {True, False}
        for old, parameter in zip(old_group, group, strict=True):
            factor = 1 - 0.1 * share * 0.5 if parameter.ndim > 1 else 1.0
            torch.testing.assert_close(parameter.detach(), factor * old.detach())


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_steps_are_those_of_the_adam_of_fastai() -> None:
    optimizer = pytest.importorskip("fastai.optimizer")
    torch.manual_seed(0)
    network, other = nn.Linear(5, 3), nn.Linear(5, 3)
    other.load_state_dict(network.state_dict())
    settings = SETTINGS.model_copy(update={"weight_decay": 0.01})
    ours = make_optimizer(network, settings)
    theirs = optimizer.Adam(list(other.parameters()), lr=settings.learning_rate)
    theirs.state[other.bias]["do_wd"] = False  # as its learner does with wd_bn_bias=False
    for step in range(30):
        rate, momentum = 1e-2 / (1 + step), 0.95 - 0.003 * step
        set_rates(ours, rate, momentum)
        theirs.set_hypers(lr=rate, mom=momentum)
        for parameter, twin in zip(network.parameters(), other.parameters(), strict=True):
            parameter.grad = torch.randn_like(parameter)
            twin.grad = parameter.grad.clone()
        ours.step()
        theirs.step()
    for parameter, twin in zip(network.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(parameter, twin, atol=1e-6, rtol=1e-5)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_layer_groups_are_those_that_fastai_makes_of_backbones_of_timm() -> None:
    learner = pytest.importorskip("fastai.vision.learner")
    from tests.models.fastai_pairs import pair

    theirs, ours = pair("timm/regnetx_002", {}, torch.float32)
    expected = [sum(parameter.numel() for parameter in group) for group in learner.default_split(theirs)]
    assert [sum(parameter.numel() for parameter in group) for group in ours.layer_groups()] == expected


def test_shares_for_other_than_the_layer_groups_are_refused() -> None:
    with pytest.raises(SettingError, match="group_rates has 3 values, but the network has 2 layer groups"):
        make_optimizer(new_model(), SETTINGS.model_copy(update={"group_rates": (0.1, 0.3, 1.0)}))


def test_momentum_reaches_the_optimizer_in_each_step() -> None:
    training = new_training(momentum=(0.95, 0.85, 0.95))
    train_until(training, step=3)  # a third: soon after the peak
    momentum, square = next(iter(training._optimizers.values())).param_groups[0]["betas"]
    assert momentum == pytest.approx(0.85, abs=0.01)
    assert square == 0.99


def test_gradients_of_several_batches_make_the_step_of_their_union() -> None:
    once = new_training(MeanScore(num_classes=3), batch_size=4, epsilon=1.0, train_bn=False)
    parts = new_training(MeanScore(num_classes=3), batch_size=2, accumulate=2, epsilon=1.0, train_bn=False)
    other = new_training(MeanScore(num_classes=3), batch_size=2, epsilon=1.0, train_bn=False)
    for training in (once, parts, other):
        for norm in training.model.modules():
            if isinstance(norm, nn.BatchNorm2d):
                training._still.append(norm)  # what batch norm sees is the batch, not the step
        training.train_step(1e-2)
    pairs = list(zip(once.model.parameters(), parts.model.parameters(), strict=True))
    assert max((a - b).abs().max().item() for a, b in pairs) < 1e-7
    assert any(not torch.equal(a, b) for a, b in zip(once.model.parameters(), other.model.parameters(), strict=True))
    assert parts.epoch == once.epoch


def test_gradients_of_networks_in_turn_are_not_accumulated() -> None:
    with pytest.raises(SettingError, match="accumulate is 2, but this task trains 2 networks in turn"):
        new_training(Rivals(num_classes=3), accumulate=2)


def test_a_gradient_that_is_too_long_is_shortened() -> None:
    training = new_training(gradient_clip=1e-3)
    training.train_step(1e-3)
    gradients = [parameter.grad for parameter in training.model.parameters() if parameter.grad is not None]
    assert torch.cat([gradient.flatten() for gradient in gradients]).norm() == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize("train_bn", [True, False])
def test_frozen_batch_norms_are_trained_or_keep_their_statistics(train_bn: bool) -> None:
    model = new_model()
    freeze_to(model, -1, train_bn=train_bn)
    training = new_training(model=model, train_bn=train_bn)
    assert model.encoder is not None
    before = copied(model.encoder)
    training.train_step(1e-3)
    changed = {name for name, tensor in model.encoder.state_dict().items() if not torch.equal(before[name], tensor)}
    if train_bn:
        norms = {name for name, part in model.encoder.named_modules() if isinstance(part, nn.BatchNorm2d)}
        assert {name.rpartition(".")[0] for name in changed} == norms
    else:
        assert changed == set()


def test_freezing_everything_is_refused() -> None:
    with pytest.raises(SettingError, match=r"freeze_to\(2\) leaves nothing to train: the network has 2 layer groups"):
        freeze_to(new_model(), 2)


class Breaking(Segmentation):
    """A loss that is no number from the fourth step on, as after an overflow that batch norms have seen."""

    calls = 0

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        self.calls += 1
        image = batch.image * torch.nan if self.calls > 3 else batch.image
        yield Step(networks["model"](image).square().mean())


def test_a_loss_that_is_no_number_names_the_images_and_leaves_the_state_before() -> None:
    good = train_until(new_training(MeanScore(num_classes=3)), step=3)
    training = new_training(Breaking(num_classes=3))
    with pytest.raises(RunError, match=r"At step 3 the loss is nan in a batch of image_\d\.png, image_\d\.png: the tr"):
        train_until(training)
    tensors, facts = training.state()  # raises where a value is no number
    assert facts["step"] == 3
    for name, parameter in good.model.named_parameters():
        assert torch.equal(parameter, tensors[f"model.{name}"])
