"""Several processes that train one network together: what they add up, and what the first says to the others.

Each process has a rank, from 0. In a program of one process everything here leaves its argument as it is, so that code
which is written for several needs no second way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed

from pixelwise.errors import ProcessError
from pixelwise.ops.launch import Launch

__all__ = [
    "average_gradients",
    "averaged",
    "connected",
    "gather",
    "hear",
    "is_first",
    "join",
    "leave",
    "local_rank",
    "rank",
    "share",
    "summed",
    "tell",
    "world_size",
]

_PATIENCE = timedelta(days=1)  # the others wait while the first reads data or scores
_LOST = ("gloo", "nccl", "connection closed", "connection reset", "broken pipe", "socket")  # in what torch says then
_CHUNK = 2**25  # elements that are sent at once


def join(launch: Launch) -> None:
    """Meet the other processes; returns when all are there.

    Tensors of the CPU are added by gloo, those of GPUs by NCCL; each process takes the GPU of its number.
    """
    backend = "gloo"
    if torch.cuda.is_available():
        backend = "cpu:gloo,cuda:nccl"
        torch.cuda.set_device(launch.local_rank % torch.cuda.device_count())
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = launch.address[0], str(launch.address[1])
    os.environ.setdefault("LOCAL_RANK", str(launch.local_rank))
    with connected():
        distributed.init_process_group(backend, rank=launch.rank, world_size=launch.world_size, timeout=_PATIENCE)


def leave() -> None:
    """Part from the others, if there are any."""
    if _is_joined():
        distributed.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0."""
    return distributed.get_rank() if _is_joined() else 0


def local_rank() -> int:
    """The number of this process among those of its machine."""
    return int(os.environ["LOCAL_RANK"]) if _is_joined() else 0


def world_size() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if _is_joined() else 1


def is_first() -> bool:
    """Whether this process is the one that leads, reads, prints and writes."""
    return rank() == 0


def summed(tensor: Tensor) -> Tensor:
    """The sum of a tensor over all processes, which gradients go through.

    Each process goes back through its own loss; the gradient that arrives here is the sum of all of theirs. If each
    has computed the same loss from sums, the average of the gradients of their weights is that of one process.
    """
    return _Sum.apply(tensor) if world_size() > 1 else tensor


@torch.no_grad()
def averaged(tensor: Tensor) -> Tensor:
    """The mean of a tensor over all processes, without a gradient."""
    return summed(tensor.detach()) / world_size() if world_size() > 1 else tensor.detach()


@torch.no_grad()
def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace each gradient by its mean over all processes; all must have gradients of the same parameters."""
    if world_size() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    for group in _groups(gradients):
        flat = torch.cat([gradient.flatten() for gradient in group])
        distributed.all_reduce(flat)
        flat /= world_size()
        for gradient, mean in zip(group, flat.split([gradient.numel() for gradient in group]), strict=True):
            gradient.copy_(mean.view(gradient.shape))


@torch.no_grad()
def share(tensors: Iterable[Tensor]) -> None:
    """Give all processes the first one's values of tensors, in place."""
    if world_size() == 1:
        return
    for tensor in tensors:
        content = tensor.contiguous()
        distributed.broadcast(content, 0)
        tensor.copy_(content)


def tell(message: Any) -> None:  # noqa: ANN401 - whatever can be pickled
    """Say something to all others, who `hear` it; the first process's."""
    if world_size() > 1:
        with connected():
            distributed.broadcast_object_list([message], 0, device=torch.device("cpu"))


def hear() -> Any:  # noqa: ANN401 - what was told
    """What the first process tells next; waits for it."""
    message = [None]
    with connected():
        distributed.broadcast_object_list(message, 0, device=torch.device("cpu"))
    return message[0]


def gather(words: str) -> list[str]:
    """What each process has to say, in the order of their ranks."""
    if world_size() == 1:
        return [words]
    said = [""] * world_size()
    with connected():
        distributed.all_gather_object(said, words)
    return said


@contextmanager
def connected() -> Iterator[None]:
    """Turn a connection that breaks off into a sentence.

    Raises:
        ProcessError: If another process has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if world_size() == 1 or not any(words in str(error).lower() for words in _LOST):
            raise
        raise ProcessError(
            f"Process {rank()} of {world_size()}: another one has ended, so that this one cannot go on. Look for its "
            f"error above; go on with the same number of processes, or any other, by pixelwise resume."
        ) from error


def _is_joined() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _groups(tensors: list[Tensor]) -> Iterator[list[Tensor]]:
    """Tensors of one kind and place, together up to a number of elements."""
    group: list[Tensor] = []
    elements = 0
    for tensor in tensors:
        is_alike = group and (group[0].dtype, group[0].device) == (tensor.dtype, tensor.device)
        if group and (not is_alike or elements > _CHUNK):
            yield group
            group, elements = [], 0
        group.append(tensor)
        elements += tensor.numel()
    if group:
        yield group


class _Sum(torch.autograd.Function):
    """All-reduce whose way back is an all-reduce."""

    @staticmethod
    def forward(context: Any, tensor: Tensor) -> Tensor:  # noqa: ANN401
        """The sum over all processes."""
        total = tensor.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401
        """The sum of the gradients that the processes have for it."""
        return _Sum.forward(context, gradient)
