"""Decoded pairs are kept as far as they fit into the memory that is free."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from pixelwise.data import open_data
from pixelwise.data.examples import Examples
from pixelwise.data.memory import WITHOUT_READING, free_memory
from pixelwise.errors import DataError
from tests.data.drawing import HEIGHT, WIDTH, Drawer

GIB = 1024**3
SIZE = 4 * HEIGHT * WIDTH  # an image and its target


def drawn(draw: Drawer, memory_bytes: int) -> Examples:
    draw.pairs("images/{}.png", "masks/{}.png", ["a", "b", "c", "d", "e"])
    data = open_data(draw.root)
    return Examples(data.splits["train"], data.classes, memory_bytes=memory_bytes)


@pytest.mark.parametrize(("fitting", "is_all"), [(4, True), (2, False), (0, False)])
def test_what_fits_is_kept_and_the_rest_decoded_when_asked_for(fitting: int, is_all: bool, draw: Drawer) -> None:
    examples = drawn(draw, fitting * SIZE)
    assert examples.keep_in_memory() is is_all
    assert sum(examples[i] is examples[i] for i in range(4)) == fitting
    for one, other in zip(examples.fetch(range(4)), drawn(draw, 0).fetch(range(4)), strict=True):
        assert torch.equal(one.image, other.image)
        assert torch.equal(one.target, other.target)


def test_what_is_prepared_is_decoded_once_and_is_what_would_have_been_decoded(draw: Drawer) -> None:
    expected, examples = drawn(draw, 0).fetch([2, 0]), drawn(draw, 0)
    decoded: list[int] = []
    decode = examples._decode
    examples._decode = lambda index: decoded.append(index) or decode(index)  # type: ignore[method-assign, func-returns-value]
    examples.prepare([2, 0])
    examples.prepare([0, 3])  # 0 is on its way already
    examples.fetch([0, 3])
    assert sorted(decoded) == [0, 2, 3]
    for one, other in zip(examples.fetch([2, 0]), expected, strict=True):
        assert torch.equal(one.image, other.image)


def test_an_error_in_what_was_prepared_is_raised_when_it_is_asked_for(draw: Drawer) -> None:
    examples = drawn(draw, 0)
    examples.pairs[1].image.write_bytes(b"")
    examples.prepare([0, 1])
    assert examples[0].image.shape[0] == 3
    with pytest.raises(DataError, match=r"is empty \(0 bytes\)"):
        examples.fetch([0, 1])


def test_what_could_not_be_decoded_is_tried_again(draw: Drawer) -> None:
    examples = drawn(draw, 0)
    file = examples.pairs[1].image
    whole = file.read_bytes()
    file.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(DataError, match="is empty"):
            examples.fetch([0, 1])
    file.write_bytes(whole)
    assert len(examples.fetch([0, 1])) == 2


def num_threads() -> int:
    """Threads of this process, those of libraries included."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted as Linux lists them")
def test_decoding_threads_start_no_threads_of_their_own(draw: Drawer) -> None:
    for name in "abcdefgh":
        draw.image(f"images/{name}.png", size=(300, 400))
        draw.array(f"masks/{name}.png", np.arange(300 * 400, dtype=np.uint8).reshape(300, 400) % 3)
    before_threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        torch.ones(300, 400, 3).add_(1)  # the main thread has its OpenMP workers by now
        before = num_threads()
        examples = Examples(open_data(draw.root).splits["train"], open_data(draw.root).classes, memory_bytes=0)
        examples.fetch(range(len(examples)))
        assert num_threads() - before <= (os.cpu_count() or 1)
    finally:
        torch.set_num_threads(before_threads)


def test_every_file_is_decoded_before_the_first_step_even_if_none_fits(draw: Drawer) -> None:
    examples = drawn(draw, 0)
    examples.pairs[-1].image.write_bytes(b"")
    with pytest.raises(DataError, match=r"is empty \(0 bytes\)"):
        examples.keep_in_memory()


def test_free_memory_is_the_least_of_machine_and_container(tmp_path: Path) -> None:
    assert free_memory(tmp_path) == WITHOUT_READING
    write(tmp_path / "proc/meminfo", "MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n")
    assert free_memory(tmp_path) == 8 * GIB
    write(tmp_path / "proc/self/cgroup", "0::/job/step\n")
    group = tmp_path / "sys/fs/cgroup/job"
    write(group / "step/memory.max", "max\n")
    write(group / "step/memory.current", "5\n")
    assert free_memory(tmp_path) == 8 * GIB
    write(group / "memory.max", f"{4 * GIB}\n")
    write(group / "memory.current", f"{3 * GIB}\n")
    assert free_memory(tmp_path) == GIB
    write(group / "memory.stat", f"anon 7\ninactive_file {GIB}\n")
    assert free_memory(tmp_path) == 2 * GIB


def test_a_container_of_the_older_kind_is_read(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/docker/1f\n")
    group = tmp_path / "sys/fs/cgroup/memory"  # inside a container the path is not there, but the mount is its group
    write(group / "memory.limit_in_bytes", f"{2 * GIB}\n")
    write(group / "memory.usage_in_bytes", f"{3 * GIB}\n")
    assert free_memory(tmp_path) == 0


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
