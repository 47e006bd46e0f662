"""Where memory runs out, the step is divided: the same examples, the same update, and one line about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from pixelwise.errors import RunError, SettingError
from pixelwise.training.loop import Training
from pixelwise.training.memory import is_shortage
from tests.training.drawn import new_model, new_training
from tests.training.test_exactness import rivals

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


@pytest.mark.parametrize("words", [CPU_WORDS, "MPS backend out of memory", "CUBLAS_STATUS_ALLOC_FAILED when calling"])
def test_a_shortage_is_told_by_its_words_where_it_has_no_type(words: str) -> None:
    assert is_shortage(RuntimeError(words))
