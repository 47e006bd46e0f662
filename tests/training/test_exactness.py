"""A training that was stopped and gone on with is the training that was never stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from pixelwise.errors import RunError, SettingError
from pixelwise.models import MODELS, ImageModel
from pixelwise.planning import Plan, Progressive, Stage, resize_progressively
from pixelwise.planning.plan import ModelSettings, TaskSettings
from pixelwise.tasks import TASKS, Batch, Step
from pixelwise.tasks.segmentation import Segmentation
from pixelwise.training.loop import Training
from pixelwise.training.sampling import draw_batch
from pixelwise.training.views import MaskViews
from tests.training.drawn import SETTINGS, Drawn, new_model, new_training


def train_until(training: Training, step: int | None = None) -> Training:
    for _ in training.moments(should_stop=lambda: training.step == step):
        pass
    return training


def copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}


def test_weights_average_and_moments_are_equal_to_the_bit_after_a_stop_at_any_step() -> None:
    whole, _ = train_until(new_training()).state()
    stopped = train_until(new_training(), step=4)
    tensors, facts = stopped.state()
    resumed = new_training()
    resumed.restore(load(save(copy(tensors))), facts)  # through a file, which knows no memory formats
    again, _ = train_until(resumed).state()
    assert again.keys() == whole.keys()
    assert [name for name in whole if not torch.equal(whole[name], again[name])] == []
    assert any(name.startswith("optimizer.") and name.endswith("exp_avg_sq") for name in whole)


@pytest.mark.parametrize("step", [2, 7])
def test_progressive_resizing_goes_on_to_the_bit_from_either_of_its_sizes(step: int) -> None:
    stage = Stage(until=1, height=64, width=128, min_scale=1, max_scale=1.5)
    training = SETTINGS.model_copy(update={"stages": (stage,), "epochs": 3})
    plan = Plan(model=ModelSettings(name="lite_unet"), task=TaskSettings(), training=training)
    stages = resize_progressively(plan, Progressive(0.5, 0.6)).training.stages
    assert [(stage.height, stage.width) for stage in stages] == [(64, 64), (64, 128)]
    seen: list[tuple[int, ...]] = []

    def begun() -> Training:
        training = new_training(stages=stages)
        training.model.get_submodule("encoder").register_forward_pre_hook(
            lambda _, given: seen.append(tuple(given[0].shape[2:]))
        )
        return training

    whole, _ = train_until(begun()).state()
    assert seen == [(64, 64)] * 6 + [(64, 128)] * 3
    tensors, facts = train_until(begun(), step=step).state()
    resumed = begun()
    resumed.restore(load(save(copy(tensors))), facts)
    again, _ = train_until(resumed).state()
    assert [name for name in whole if not torch.equal(whole[name], again[name])] == []


def test_a_resume_with_larger_batches_goes_on_from_the_images_that_were_seen() -> None:
    tensors, facts = train_until(new_training(), step=4).state()
    resumed = new_training(batch_size=4)
    resumed.restore(tensors, facts)
    assert resumed.epoch == 8 / 6
    assert resumed.progress == 0.5
    assert resumed._drawn(resumed.step) == [pair for step in (4, 5) for pair in new_training()._drawn(step)]
    _, later = train_until(resumed).state()
    assert (later["step"], later["views"]) == (6, 16)


def test_a_checkpoint_of_another_network_is_refused_in_one_sentence() -> None:
    tensors, facts = new_training().state()
    other = new_training(model=new_model(out_channels=5))
    with pytest.raises(RunError, match=r"another network: size mismatch for head.*or train anew\.$") as error:
        other.restore(tensors, facts)
    assert len(str(error.value)) < 400
    assert "\n" not in str(error.value)


def test_a_training_leaves_the_global_generator_as_it_was() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    training = new_training()
    torch.set_rng_state(before)
    train_until(training)
    assert torch.equal(torch.get_rng_state(), before)


def test_every_example_is_seen_once_in_each_epoch() -> None:
    drawn = [pair for step in range(5) for pair in draw_batch(step, count=10, batch_size=4, seed=3)]
    for epoch in (0, 1):
        assert sorted(index for e, index in drawn if e == epoch) == list(range(10))


def test_two_seeds_see_the_examples_in_two_orders() -> None:
    assert draw_batch(0, count=50, batch_size=8, seed=0) != draw_batch(0, count=50, batch_size=8, seed=1)


def test_the_last_rate_of_a_training_with_a_deadline_is_near_zero_whenever_it_ends() -> None:
    settings = SETTINGS.model_copy(update={"epochs": None, "budget_seconds": 3.0})
    model = MODELS["lite_unet"].build(out_channels=3, encoder="test_resnet")
    training = Training(model, TASKS["segmentation"].build(num_classes=3), MaskViews(Drawn(6)), settings, seconds=2.0)
    moments = list(training.moments())
    assert moments[-1].progress == 1.0
    assert moments[-1].seconds >= 2.0
    assert moments[-1].learning_rate < 0.1 * settings.learning_rate


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_network_computes_in_the_precision_that_was_asked_for(
    precision: Literal["fp32", "bf16"], dtype: torch.dtype
) -> None:
    model = MODELS["lite_unet"].build(out_channels=3, encoder="test_resnet")
    seen = set()
    model.get_submodule("head").register_forward_hook(lambda _, __, output: seen.add(output.dtype))
    settings = SETTINGS.model_copy(update={"precision": precision})
    training = Training(model, TASKS["segmentation"].build(num_classes=3), MaskViews(Drawn(6)), settings)
    train_until(training, step=1)
    assert seen == {dtype}


def test_a_weight_that_is_no_number_is_not_saved() -> None:
    training = new_training()
    with torch.no_grad():
        next(training.model.parameters()).fill_(torch.nan)
    with pytest.raises(RunError, match=r"a weight is no finite number.*learning_rate=0\.001"):
        training.state()


def test_a_network_that_is_not_trained_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    training = new_training()

    def steps(networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        yield Step(networks["model"](batch.image).mean(), network="critic")

    monkeypatch.setattr(training.task, "training_steps", steps)
    with pytest.raises(SettingError, match="no network in this training called 'critic'"):
        next(training.moments())


class Rivals(Segmentation):
    """A task with a second network, which judges the scores of the model, and a memory of one judgement."""

    def partners(self, model: ImageModel) -> dict[str, nn.Module]:
        memory = nn.Module()
        memory.register_buffer("last", torch.zeros(()))
        return {"critic": nn.Conv2d(3, 1, 3, padding=1), "memory": memory}

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        scores = networks["model"](batch.image)
        wrong = networks["critic"](scores.softmax(dim=1))
        last = networks["memory"].get_buffer("last")
        yield Step(self._loss(scores, batch) - 0.01 * wrong.mean() + 0.001 * last * scores.mean())
        last.copy_(wrong.mean().detach())
        yield Step(networks["critic"](scores.detach().softmax(dim=1)).square().mean(), "critic")


def rivals() -> Training:
    torch.manual_seed(0)
    model = MODELS["lite_unet"].build(out_channels=3, encoder="test_resnet")
    return Training(model, Rivals(num_classes=3), MaskViews(Drawn(6)), SETTINGS)


def test_networks_beside_the_model_train_and_resume_to_the_bit_with_it() -> None:
    torch.manual_seed(99)  # whatever the state of the generator, the partners begin alike
    begun = rivals()
    start = begun.state()[0]["partner.critic.weight"].clone()
    whole, _ = train_until(begun).state()
    tensors, facts = train_until(rivals(), step=4).state()
    resumed = rivals()
    resumed.restore(load(save(copy(tensors))), facts)
    again, _ = train_until(resumed).state()
    assert [name for name in whole if not torch.equal(whole[name], again[name])] == []
    assert again.keys() == whole.keys()
    assert not torch.equal(start, whole["partner.critic.weight"])
    assert whole["partner.memory.last"] != 0
    assert any(name.startswith("optimizer.critic.") for name in whole)
