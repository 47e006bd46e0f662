"""What a training does where a step needs more memory than there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

from pixelwise.data.wording import counted
from pixelwise.errors import SettingError
from pixelwise.planning import TrainingSettings

__all__ = ["Buffers", "is_shortage", "smaller_batches", "until_it_fits"]

Result = TypeVar("Result")

_SHORTAGES = ("out of memory", "can't allocate memory", "not enough memory", "cublas_status_alloc_failed")


class Buffers:
    """What a network remembers beside its weights, as the statistics of batch norm: a step changes it on its way.

    Args:
        networks: Those whose buffers are kept.
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        self._groups: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
        for buffer in (buffer for network in networks for buffer in network.buffers()):
            kept, current = self._groups.setdefault(buffer.dtype, ([], []))
            kept.append(buffer.clone())
            current.append(buffer)

    @torch.no_grad()
    def keep(self) -> None:
        """Remember them as they are."""
        for kept, current in self._groups.values():
            torch._foreach_copy_(kept, current)

    @torch.no_grad()
    def put_back(self) -> None:
        """Make them what they were when they were kept."""
        for kept, current in self._groups.values():
            torch._foreach_copy_(current, kept)


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
    settings: TrainingSettings, step: int, say: Callable[[str], None], *, can_divide: bool
) -> TrainingSettings:
    """The same steps in smaller parts: half the batch, twice as many of them averaged into one step.

    A batch that cannot be halved is divided by its smallest divisor, so that a step sees the same examples.

    Args:
        settings: What was too much.
        step: In which memory ran out.
        say: Is told, in one line.
        can_divide: Whether this step can be taken in parts.

    Raises:
        SettingError: If the batch cannot become smaller.
    """
    size = settings.batch_size
    if not can_divide:
        raise SettingError(
            f"Memory runs out in step {step}, and this one cannot be divided. Take smaller batches "
            f"(--set training.batch_size={max(1, size // 2)}) or smaller views (--set training.stages=…)."
        )
    parts = next((divisor for divisor in range(2, size + 1) if size % divisor == 0), 1)
    least = 1 if settings.mix == "none" else 2
    if size // parts < least or parts == 1:
        last = settings.stages[-1]
        mixing = "" if settings.mix == "none" else f", and training.mix={settings.mix} takes two"
        raise SettingError(
            f"Memory runs out in step {step} even with {counted(size, 'view')} of {last.height} × {last.width} in a "
            f"batch{mixing}. Train{_thriftier(settings)} smaller views (--set training.stages=…), a smaller network or "
            f"encoder (--model, --encoder), or on a device with more memory (--device)."
        )
    smaller = settings.model_copy(update={"batch_size": size // parts, "accumulate": settings.accumulate * parts})
    say(
        f"Memory runs out in step {step}: from here on {smaller.accumulate} batches of {smaller.batch_size} make a "
        f"step, which learns from the same images as one of {settings.views_per_step}."
    )
    return smaller


def _thriftier(settings: TrainingSettings) -> str:
    """What saves memory and was not asked for yet."""
    ways = [] if settings.recompute else ["training.recompute=true"]
    ways += [] if settings.precision == "bf16" else ["training.precision=bf16"]
    return f" with {' or '.join(f'--set {way}' for way in ways)}," if ways else ""
