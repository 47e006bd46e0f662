"""Where memory runs out, the step is divided: the same examples, the same update, and one line about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pixelwise.data.pairs import Pair
from pixelwise.errors import ProcessError, RunError, SettingError
from pixelwise.models import ImageModel
from pixelwise.planning import TrainingSettings, refuse_batch
from pixelwise.tasks import TASKS, Batch, Step
from pixelwise.tasks._adversarial import PicturePool
from pixelwise.tasks.segmentation import Segmentation
from pixelwise.training import together
from pixelwise.training.loop import Training
from pixelwise.training.memory import Buffers, is_shortage, smaller_batches
from pixelwise.training.mixed_views import MixedViews
from pixelwise.training.views import MaskViews
from tests.training.drawn import SETTINGS, Drawn, new_model, new_training
from tests.training.test_exactness import Rivals, rivals

CPU_WORDS = "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."


def raise_above(network: nn.Module, most: int, error: Callable[[], Exception]) -> list[int]:
    """Let the network's forward pass fail for larger batches; the sizes it has seen."""
    sizes: list[int] = []

    def look(_: nn.Module, arguments: tuple[Tensor, ...], __: Tensor) -> None:
        sizes.append(arguments[0].shape[0])
        if sizes[-1] > most:
            raise error()

    network.get_submodule("head").register_forward_hook(look)
    return sizes


def out_of_memory() -> Exception:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.mark.parametrize("error", [out_of_memory, lambda: RuntimeError(CPU_WORDS), MemoryError])
def test_a_batch_that_is_too_large_is_halved_until_it_fits_and_said_so_once_each_time(
    error: Callable[[], Exception],
) -> None:
    said: list[str] = []
    model = new_model()
    sizes = raise_above(model, 2, error)
    training = new_training(model=model, batch_size=8, say=said.append)
    training.train_step(1e-3)
    training.train_step(1e-3)
    assert sizes == [8, 4, *[2] * 8]
    assert (training.settings.batch_size, training.settings.accumulate, training.step) == (2, 4, 2)
    assert said == [
        "Memory runs out in step 0: from here on 2 batches of 4 make a step, which learns from the same images as one "
        "of 8.",
        "Memory runs out in step 0: from here on 4 batches of 2 make a step, which learns from the same images as one "
        "of 8.",
    ]


def seen_in(training: Training, steps: int) -> list[list[str]]:
    """The images of each step that came to its end."""
    names = []
    for _ in range(steps):
        step = training.step
        training.train_step(1e-3)
        parts = range(step * training.settings.accumulate, (step + 1) * training.settings.accumulate)
        names.append([name for part in parts for name in training.views.names(training._drawn(part))])
    return names


@pytest.mark.parametrize("batch_size", [4, 6, 9])
def test_a_divided_step_sees_the_same_examples(batch_size: int) -> None:
    model = new_model()
    raise_above(model, 3, out_of_memory)
    divided = new_training(model=model, batch_size=batch_size)
    assert seen_in(divided, 3) == seen_in(new_training(batch_size=batch_size), 3)


def test_the_step_after_a_shortage_is_to_the_bit_that_of_a_training_that_began_with_smaller_batches() -> None:
    model = new_model()
    raise_above(model, 2, out_of_memory)
    divided, small = new_training(model=model, batch_size=4), new_training(batch_size=2, accumulate=2)
    for training in (divided, small):
        training.train_step(1e-3)
    expected, found = small.state()[0], divided.state()[0]
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert any("running_mean" in name for name in expected)


def test_where_a_single_view_is_too_much_one_sentence_names_the_cures() -> None:
    model = new_model()
    raise_above(model, 0, out_of_memory)
    stage = {"until": 1, "height": 64, "width": 96, "min_scale": 1, "max_scale": 1}
    training = new_training(model=model, batch_size=2, stages=(stage,))
    with pytest.raises(
        SettingError, match=r"in step 0 even with 1 view of 64 × 96 in a batch\. Train with --set training"
    ):
        training.train_step(1e-3)
    assert training.step == 0


def test_mixed_views_keep_two_in_a_batch() -> None:
    model = new_model()
    raise_above(model, 1, out_of_memory)
    training = new_training(model=model, batch_size=4, mix="cutmix")
    with pytest.raises(SettingError, match=r"even with 2 views .* and training\.mix=cutmix takes two\. Train"):
        training.train_step(1e-3)


def of_two_kinds(model: ImageModel, batch_size: int, mix: str = "none") -> Training:
    """A training on labelled and pseudo-labelled views in turn."""
    others = Drawn(7)
    others.pairs = tuple(Pair(Path(f"other_{index}.png"), None) for index in range(7))
    settings = TrainingSettings.model_validate({**SETTINGS.model_dump(), "batch_size": batch_size, "mix": mix})
    views = MixedViews(MaskViews(Drawn(5)), MaskViews(others))
    return Training(model, TASKS["segmentation"].build(num_classes=3), views, settings)


@pytest.mark.parametrize("batch_size", [4, 6])
def test_each_part_of_a_batch_has_as_many_labelled_views_as_pseudo_labelled_ones(batch_size: int) -> None:
    model = new_model()
    raise_above(model, 3, out_of_memory)
    divided, whole = of_two_kinds(model, batch_size), of_two_kinds(new_model(), batch_size)
    found, expected = seen_in(divided, 2), seen_in(whole, 2)
    assert [sorted(names) for names in found] == [sorted(names) for names in expected]
    assert divided.settings.batch_size == 2


@pytest.mark.parametrize(
    ("batch_size", "mix", "words"),
    [
        (2, "none", r"even with 2 views of 32 × 48 in a batch, one labelled and one pseudo-labelled\. Train with"),
        (4, "cutmix", r"even with 4 views .*, and training\.mix=cutmix takes two of each kind\. Train with"),
        (5, "none", r"and 5 views cannot be divided evenly\. Take smaller batches \(--set training\.batch_size=2\)"),
    ],
)
def test_a_batch_of_two_kinds_that_cannot_be_divided_is_said_to_be_that(batch_size: int, mix: str, words: str) -> None:
    model = new_model()
    raise_above(model, 0, out_of_memory)
    with pytest.raises(SettingError, match=rf"^Memory runs out in step 0,? {words}"):
        of_two_kinds(model, batch_size, mix).train_step(1e-3)


def test_no_smaller_batch_than_one_view_is_advised() -> None:
    settings = SETTINGS.model_copy(update={"batch_size": 1})
    with pytest.raises(SettingError, match=r"in step 3 even with 1 view of 32 × 48 in a batch\. Train with"):
        smaller_batches(settings, 3, lambda _: None, can_divide=False)


class Remembering(Segmentation):
    """A task with a pool of the images that it has seen, which decides what it learns from."""

    def partners(self, model: ImageModel) -> dict[str, nn.Module]:
        return {"pool": PicturePool(3)}

    def training_steps(self, networks: Mapping[str, nn.Module], batch: Batch) -> Iterator[Step]:
        shown = networks["pool"](batch.image)
        yield from super().training_steps(networks, Batch(shown, batch.target))


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_pool_is_what_it_was_before_the_step_that_was_broken_off(is_resumed: bool) -> None:
    model, task = new_model(), Remembering(num_classes=3)
    divided, small = new_training(task, model, batch_size=4), new_training(task, batch_size=2, accumulate=2)
    if is_resumed:
        small.train_step(1e-3)
        tensors, facts = small.state()
        divided.restore({name: tensor.clone() for name, tensor in tensors.items()}, facts)
    raise_above(model, 2, out_of_memory)
    for _ in range(3):
        divided.train_step(1e-3)
        small.train_step(1e-3)
        expected, found = small.state()[0], divided.state()[0]
        assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert expected["partner.pool.pictures"].shape[0] == 3


def test_buffers_are_put_back_whether_a_step_changes_them_or_puts_others_in_their_place() -> None:
    network = nn.Sequential(nn.BatchNorm2d(2), PicturePool(3))
    pool = network.get_submodule("1")
    pool(torch.zeros(1, 3, 4, 4))
    buffers = Buffers([network])
    for _ in range(2):
        buffers.keep()
        before = {name: buffer.clone() for name, buffer in network.named_buffers()}
        for _ in range(2):
            network[0](torch.rand(2, 2, 4, 4))
            pool(torch.rand(2, 3, 4, 4))
            assert not any(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers())
            buffers.put_back()
            torch.testing.assert_close(dict(network.named_buffers()), before, atol=0, rtol=0)
        network[0](torch.rand(2, 2, 4, 4))
        pool(torch.rand(1, 3, 4, 4))


def test_a_task_with_several_networks_is_not_divided() -> None:
    training = rivals()
    raise_above(training.model, 1, out_of_memory)
    with pytest.raises(
        SettingError, match=r"cannot be divided\. Take smaller batches \(--set training\.batch_size=1\)"
    ):
        training.train_step(1e-3)


def test_a_step_that_was_broken_off_while_weights_changed_is_neither_repeated_nor_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training = new_training()

    def fail(*_: object, **__: object) -> None:
        raise out_of_memory()

    monkeypatch.setattr(training._optimizers["model"], "step", fail)
    with pytest.raises(SettingError, match="cannot be divided"):
        training.train_step(1e-3)
    with pytest.raises(RunError, match="Step 0 was broken off"):
        training.state()


def test_other_errors_are_passed_on() -> None:
    model = new_model()
    raise_above(model, 0, lambda: RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        new_training(model=model).train_step(1e-3)


@pytest.mark.parametrize(
    "words",
    [
        CPU_WORDS,
        "MPS backend out of memory",
        "CUBLAS_STATUS_ALLOC_FAILED when calling",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_a_shortage_is_told_by_its_words_where_it_has_no_type(words: str) -> None:
    assert is_shortage(RuntimeError(words))


@pytest.mark.parametrize(
    ("processes", "batch_size", "kinds", "mix", "can_divide", "cure"),
    [
        (2, 4, 1, "none", True, "--set training.batch_size=2 --set training.accumulate=2, or with smaller views"),
        (2, 4, 1, "none", False, "--set training.batch_size=2, or with smaller views"),
        (2, 6, 1, "none", True, "--set training.batch_size=2 --set training.accumulate=3, or with smaller views"),
        (3, 12, 2, "none", True, "--set training.batch_size=6 --set training.accumulate=2, or with smaller views"),
        (3, 6, 2, "none", True, "smaller views"),
        (2, 4, 2, "cutmix", True, "smaller views"),
        (4, 20, 2, "cutmix", True, "--set training.batch_size=4 --set training.accumulate=5, or with smaller views"),
        (4, 20, 2, "cutmix", False, "--set training.batch_size=8, or with smaller views"),
    ],
)
def test_what_one_of_several_processes_advises_where_memory_runs_out_can_be_followed(
    monkeypatch: pytest.MonkeyPatch,
    processes: int,
    batch_size: int,
    kinds: int,
    mix: str,
    can_divide: bool,
    cure: str,
) -> None:
    monkeypatch.setattr(together, "world_size", lambda: processes)
    settings = TrainingSettings.model_validate({**SETTINGS.model_dump(), "batch_size": batch_size, "mix": mix})
    with pytest.raises(ProcessError) as caught:
        together.refuse_alone(settings, 3, can_divide=can_divide, kinds=kinds)
    assert str(caught.value).endswith(f"alone. Go on with {cure} (--set training.stages=…).")
    advised = dict(re.findall(r"training\.(\w+)=(\d+)", cure))
    followed = TrainingSettings.model_validate({**settings.model_dump(), **advised})
    refuse_batch(followed, processes, unlabelled=kinds > 1)
    assert followed.batch_size % kinds == 0


@pytest.mark.parametrize(
    ("make", "cure"),
    [
        (lambda: of_two_kinds(new_model(), 4), "--set training.batch_size=2 --set training.accumulate=2, or with"),
        (lambda: of_two_kinds(new_model(), 4, "cutmix"), "smaller views"),
        (lambda: new_training(Rivals(num_classes=3), batch_size=4), "--set training.batch_size=2, or with"),
    ],
    ids=["two kinds", "two kinds that are mixed", "several networks"],
)
def test_the_advice_of_one_of_several_processes_is_for_its_training(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Training], cure: str
) -> None:
    training = make()
    raise_above(training.model, 0, out_of_memory)
    monkeypatch.setattr(together, "world_size", lambda: 2)
    with pytest.raises(ProcessError, match=rf"cannot divide its batches alone\. Go on with {cure}"):
        training.train_step(1e-3)
