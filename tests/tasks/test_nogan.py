"""NoGAN: what is trained when, and that a stop in any phase changes nothing."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.data.pairs import Pair
from pixelwise.data.pictures import BESIDE, PictureExamples
from pixelwise.errors import SettingError
from pixelwise.models import MODELS
from pixelwise.ops.image_io import write_png
from pixelwise.planning import Stage, TrainingSettings
from pixelwise.tasks import TASKS, Batch, PictureTask
from pixelwise.training.loop import Training
from pixelwise.training.picture_views import PictureViews

SIDE, STEPS = 32, 20
SMALL = {"adversarial": "nogan", "critic_width": 4}


def task_of(**arguments: object) -> PictureTask:
    task = TASKS["restoration"].build(**{"loss": "l1", "degrade": "grey"} | SMALL | arguments)
    assert isinstance(task, PictureTask)
    return task


def networks_of(task: PictureTask) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    model = MODELS["lite_unet"].build(out_channels=task.out_channels, encoder="test_resnet")
    return {"model": model, **task.partners(model)}


def batch(progress: float) -> Batch:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(2, 3, SIDE, SIDE, generator=generator) for _ in range(2))
    return Batch(image, target, progress=progress)


def bce(scores: Tensor, wanted: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, wanted))


@pytest.mark.parametrize(
    ("progress", "name"),
    [
        (0.0, "network alone"),
        (0.59, "network alone"),
        (0.6, "critic alone"),
        (0.74, "critic alone"),
        (0.75, "network against critic"),
        (1.0, "network against critic"),
    ],
)
def test_the_phase_is_a_function_of_progress(progress: float, name: str) -> None:
    assert task_of().phase(progress) == name
    assert TASKS["restoration"].build().phase(progress) == ""


def test_at_first_the_network_learns_by_the_loss_of_pictures_alone() -> None:
    task, given = task_of(), batch(0.3)
    networks = networks_of(task)
    expected = (task.output(copy.deepcopy(networks["model"]), given.image) - given.target).abs().mean()
    (step,) = task.training_steps(networks, given)
    assert step.networks == ("model",)
    assert step.loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_then_the_critic_learns_on_what_the_network_predicts_and_the_network_stays_as_it_is() -> None:
    task, given = task_of(), batch(0.7)
    networks = networks_of(task)
    own = copy.deepcopy(networks)
    (step,) = task.training_steps(networks, given)
    step.loss.backward()
    made = task.output(own["model"].eval(), given.image)
    expected = (bce(own["critic"](given.target), 1) + bce(own["critic"](made), 0)) / 2
    assert step.networks == ("critic",)
    assert step.loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert [name for name, value in networks["model"].named_parameters() if value.grad is not None] == []
    state = own["model"].state_dict()
    assert all(torch.equal(value, state[name]) for name, value in networks["model"].state_dict().items())


def test_at_the_end_both_step_in_turn_and_the_network_by_both_losses() -> None:
    task, given = task_of(adversarial_weight=0.5), batch(0.9)
    networks = networks_of(task)
    own = copy.deepcopy(networks)
    of_critic, of_model = task.training_steps(networks, given)
    of_model.loss.backward()
    assert (of_critic.networks, of_model.networks) == (("critic",), ("model",))
    made = task.output(own["model"], given.image)
    for _ in range(2):  # batch norm's statistics are those of the batch, whatever came before
        judged = bce(own["critic"](made), 1)
    assert of_model.loss.item() == pytest.approx(((made - given.target).abs().mean() + 0.5 * judged).item(), rel=1e-5)
    assert [name for name, value in networks["critic"].named_parameters() if value.grad is not None] == []


def test_views_that_the_critic_cannot_judge_are_refused_before_it_comes() -> None:
    task = task_of()
    small = torch.rand(2, 3, 16, 40)
    with pytest.raises(SettingError, match="A view of 16 × 40 pixels is too small for the discriminator"):
        next(task.training_steps(networks_of(task), Batch(small, small, progress=0.0)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"phases": [0.5, 0.5]}, r"The phases of NoGAN are \[0.5, 0.5\], but they are three shares"),
        ({"phases": [0.5, 0.0, 0.5]}, "above 0 whose sum is 1"),
        ({"phases": [0.5, 0.4, 0.3]}, r"such as \[0.6, 0.15, 0.25\]"),
        ({"adversarial_weight": -1.0}, "adversarial_weight is -1"),
        ({"adversarial": "gan"}, "no adversarial training called 'gan'. Did you mean 'nogan'"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        task_of(**arguments)


# In a training


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    folder = tmp_path_factory.mktemp("photos")
    for i in range(5):
        picture = np.random.default_rng(i).integers(0, 256, (SIDE, SIDE + 8, 3), dtype=np.uint8)
        write_png(folder / f"{i}.png", picture)
    return [Pair(file, file, BESIDE) for file in sorted(folder.iterdir())]


def new_training(photos: list[Pair]) -> Training:
    task = task_of(predicts="color")
    torch.manual_seed(0)
    model = MODELS["lite_sr"].build(out_channels=2, width=8, depth=1, scale=1)
    views = PictureViews(PictureExamples(photos, alone=True), degradations=task.degradations)
    stage = Stage(until=1, height=SIDE, width=SIDE, min_scale=1, max_scale=1)
    settings = TrainingSettings(
        epochs=8, stages=(stage,), batch_size=2, learning_rate=1e-3, betas=(0.5, 0.999), precision="fp32"
    )
    return Training(model, task, views, settings, device=torch.device("cpu"))


def train_until(training: Training, step: int | None = None) -> dict[str, Tensor]:
    for _ in training.moments(should_stop=lambda: training.step == step):
        pass
    return {name: value.clone(memory_format=torch.contiguous_format) for name, value in training.state()[0].items()}


@pytest.fixture(scope="module")
def whole(photos: list[Pair]) -> dict[str, Tensor]:
    training = new_training(photos)
    state = train_until(training)
    assert training.step == STEPS
    return state


@pytest.mark.parametrize("stop", [5, 12, 14, 15, 18])  # within each phase, and where one ends
def test_everything_is_equal_to_the_bit_after_a_stop_in_any_phase(
    stop: int, photos: list[Pair], whole: dict[str, Tensor]
) -> None:
    stopped = new_training(photos)
    tensors = train_until(stopped, step=stop)
    assert stopped.step == stop
    resumed = new_training(photos)
    resumed.restore(load(save(tensors)), stopped.state()[1])
    again = train_until(resumed)
    assert again.keys() == whole.keys()
    assert [name for name in whole if not torch.equal(whole[name], again[name])] == []


def test_the_networks_change_in_their_phases_and_in_no_others(photos: list[Pair]) -> None:
    states = [train_until(new_training(photos), step=step) for step in (1, 12, 15, 20)]

    def changed(before: dict[str, Tensor], after: dict[str, Tensor], network: str) -> bool:
        return any(not torch.equal(before[name], after[name]) for name in before if name.startswith(network))

    pairs = list(itertools.pairwise(states))
    assert [changed(*pair, "model.") for pair in pairs] == [True, False, True]
    assert [changed(*pair, "partner.critic.") for pair in pairs] == [False, True, True]
