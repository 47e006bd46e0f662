"""What a training does where a step needs more memory than there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from pixelwise.data.wording import counted
from pixelwise.errors import SettingError
from pixelwise.planning import TrainingSettings

__all__ = ["Buffers", "is_shortage", "smaller_batches", "until_it_fits"]

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
        self._places = [(module, name) for module in modules for name, _ in module.named_buffers(recurse=False)]
        self._kept = [buffer.clone() for buffer in self._current()]

    @torch.no_grad()
    def keep(self) -> None:
        """Remember them as they are."""
        current = self._current()
        pairs = zip(self._kept, current, strict=True)
        self._kept = [kept if kept.shape == now.shape else torch.empty_like(now) for kept, now in pairs]
        _copy(current, self._kept)

    @torch.no_grad()
    def put_back(self) -> None:
        """Make them what they were when they were kept."""
        for (module, name), kept, now in zip(self._places, self._kept, self._current(), strict=True):
            if kept.shape != now.shape:
                setattr(module, name, torch.empty_like(kept))
        _copy(self._kept, self._current())

    def _current(self) -> list[Tensor]:
        return [getattr(module, name) for module, name in self._places]


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
    size, least = settings.batch_size, kinds * _least_of_a_kind(settings)
    parts = _even_parts(settings, kinds) if can_divide else None
    if parts is None and size > least:
        what = f"{counted(size, 'view')} cannot be divided evenly" if can_divide else "this one cannot be divided"
        smaller_size = max(least, size // 2 // kinds * kinds)
        raise SettingError(
            f"Memory runs out in step {step}, and {what}. Take smaller batches "
            f"(--set training.batch_size={smaller_size}) or smaller views (--set training.stages=…)."
        )
    if parts is None:
        last = settings.stages[-1]
        raise SettingError(
            f"Memory runs out in step {step} even with {counted(size, 'view')} of {last.height} × {last.width} in a "
            f"batch{_needs(settings, kinds)}. Train{_thriftier(settings)} smaller views (--set training.stages=…), a "
            f"smaller network or encoder (--model, --encoder), or on a device with more memory (--device)."
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


def _copy(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    """Copy tensors into others of the same shapes, all of a type at once."""
    groups: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
    for source, target in zip(sources, targets, strict=True):
        of_targets, of_sources = groups.setdefault(source.dtype, ([], []))
        of_targets.append(target)
        of_sources.append(source)
    for of_targets, of_sources in groups.values():
        torch._foreach_copy_(of_targets, of_sources)


def _even_parts(settings: TrainingSettings, kinds: int) -> int | None:
    """In how few parts a batch can be divided that each hold as many views of each kind; None if in none."""
    size = settings.batch_size
    least = kinds * _least_of_a_kind(settings)
    parts = (n for n in range(2, size // least + 1) if size % n == 0 and size // n % kinds == 0)
    return next(parts, None)


def _least_of_a_kind(settings: TrainingSettings) -> int:
    """How many views of a kind a batch needs: what is pasted into a view comes from another."""
    return 1 if settings.mix == "none" else 2


def _needs(settings: TrainingSettings, kinds: int) -> str:
    """Why a batch of so few views cannot be smaller, as a clause."""
    if settings.mix != "none":
        return f", and training.mix={settings.mix} takes two{' of each kind' if kinds > 1 else ''}"
    return ", one labelled and one pseudo-labelled" if kinds > 1 else ""
