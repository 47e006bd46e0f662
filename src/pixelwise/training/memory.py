"""What a training does where a step needs more memory than there is."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from pixelwise.data.wording import counted
from pixelwise.errors import SettingError
from pixelwise.planning import TrainingSettings

__all__ = ["Buffers", "divided", "is_shortage", "smaller_batches", "smaller_size", "until_it_fits"]

Result = TypeVar("Result")

_SHORTAGES = ("out of memory", "can't allocate memory", "not enough memory", "status_alloc_failed")  # cuBLAS's, cuDNN's


class Buffers:
    """What a network remembers beside its weights, as the statistics of batch norm: a step changes it on its way.

    A step may also put a tensor of another size in the place of one, as a pool of earlier pictures does that grows.

    Args:
        networks: Those whose buffers are kept.
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        modules = [module for network in networks for module in network.modules()]
        # Looking into the dictionary is a tenth of what `getattr` takes, and every step looks.
        self._places: list[tuple[dict[str, Any], str]] = [
            (module._buffers, name) for module in modules for name, _ in module.named_buffers(recurse=False)
        ]
        self._known = self._current()  # the tensors that were there when they were kept
        self._kept = _with_room(self._known)
        self.keep()

    @torch.no_grad()
    def keep(self) -> None:
        """Remember them as they are."""
        current = self._current()
        if any(map(operator.is_not, current, self._known)):
            self._known, self._kept = current, _with_room(current)
        for tensors, copies in self._kept:
            torch._foreach_copy_(copies, tensors)

    @torch.no_grad()
    def put_back(self) -> None:
        """Make them what they were when they were kept."""
        for (buffers, name), tensor in zip(self._places, self._known, strict=True):
            buffers[name] = tensor
        for tensors, copies in self._kept:
            torch._foreach_copy_(tensors, copies)

    def _current(self) -> list[Tensor]:
        return [buffers[name] for buffers, name in self._places]


def until_it_fits(step: Callable[[], Result], make_room: Callable[[], None]) -> Result:
    """Repeat a step for as long as memory runs out in it.

    Args:
        step: What is done; it must be repeatable.
        make_room: Called between two tries; raises where there is nothing to be gained any more.
    """
    while True:
        try:
            return step()
        except (RuntimeError, MemoryError) as error:
            if not is_shortage(error):
                raise
        make_room()  # out here, where the error no longer holds on to the tensors of the step
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def is_shortage(error: BaseException) -> bool:
    """Whether memory has run out, on whichever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error).lower() for words in _SHORTAGES)


def smaller_batches(
    settings: TrainingSettings, step: int, say: Callable[[str], None], *, can_divide: bool, kinds: int = 1
) -> TrainingSettings:
    """The same steps in smaller parts: half the batch, twice as many of them averaged into one step.

    A batch that cannot be halved is divided by its smallest divisor, so that a step sees the same examples.

    Args:
        settings: What was too much.
        step: In which memory ran out.
        say: Is told, in one line.
        can_divide: Whether this step can be taken in parts.
        kinds: How many kinds of examples share a batch, in turn; each part has as many of each.

    Raises:
        SettingError: If the batch cannot become smaller.
    """
    size, smaller = settings.batch_size, divided(settings, kinds) if can_divide else None
    if smaller is None and (less := smaller_size(settings, kinds)):
        what = f"{counted(size, 'view')} cannot be divided evenly" if can_divide else "this one cannot be divided"
        raise SettingError(
            f"Memory runs out in step {step}, and {what}. Take smaller batches "
            f"(--set training.batch_size={less}) or smaller views (--set training.stages=…)."
        )
    if smaller is None:
        last = settings.stages[-1]
        raise SettingError(
            f"Memory runs out in step {step} even with {counted(size, 'view')} of {last.height} × {last.width} in a "
            f"batch{_needs(settings, kinds)}. Train{_thriftier(settings)} smaller views (--set training.stages=…), a "
            f"smaller network or encoder (--model, --encoder), or on a device with more memory (--device)."
        )
    say(
        f"Memory runs out in step {step}: from here on {smaller.accumulate} batches of {smaller.batch_size} make a "
        f"step, which learns from the same images as one of {settings.views_per_step}."
    )
    return smaller


def divided(settings: TrainingSettings, kinds: int = 1, processes: int = 1) -> TrainingSettings | None:
    """The same steps in the fewest smaller batches that are all alike; None where there are none.

    Args:
        settings: Of the training.
        kinds: How many kinds of examples share a batch; each batch has as many of each.
        processes: How many share it; each has as many views as the others.
    """
    size, least = settings.batch_size, settings.least_batch(kinds)
    multiple = math.lcm(kinds, processes)
    for parts in range(2, size // least + 1):
        if size % parts == 0 and size // parts % multiple == 0:
            return settings.model_copy(update={"batch_size": size // parts, "accumulate": settings.accumulate * parts})
    return None


def smaller_size(settings: TrainingSettings, kinds: int = 1, processes: int = 1) -> int | None:
    """About half the batch, for other steps than these; None where it cannot become smaller. Arguments as `divided`."""
    multiple = math.lcm(kinds, processes)
    least = -(-settings.least_batch(kinds) // multiple) * multiple
    return None if settings.batch_size <= least else max(least, settings.batch_size // 2 // multiple * multiple)


def _thriftier(settings: TrainingSettings) -> str:
    """What saves memory and was not asked for yet."""
    ways = [] if settings.recompute else ["training.recompute=true"]
    ways += [] if settings.precision == "bf16" else ["training.precision=bf16"]
    return f" with {' or '.join(f'--set {way}' for way in ways)}," if ways else ""


def _with_room(tensors: Sequence[Tensor]) -> list[tuple[list[Tensor], list[Tensor]]]:
    """Tensors by their type, since those of one are copied all at once; each list beside room for copies."""
    groups: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.dtype, []).append(tensor)
    return [(group, [torch.empty_like(tensor) for tensor in group]) for group in groups.values()]


def _needs(settings: TrainingSettings, kinds: int) -> str:
    """Why a batch of so few views cannot be smaller, as a clause."""
    if settings.mix != "none":
        return f", and training.mix={settings.mix} takes two{' of each kind' if kinds > 1 else ''}"
    return ", one labelled and one pseudo-labelled" if kinds > 1 else ""
