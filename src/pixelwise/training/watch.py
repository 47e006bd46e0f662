"""Trainings that lead nowhere: a loss that is no number, pictures of a single colour, a critic that is never wrong."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pixelwise.errors import RunError, some_of
from pixelwise.tasks import Step

__all__ = ["DivergedError", "Watch", "diverged"]

_SMALLEST_SPREAD = 1e-3  # of the pixels of a batch, in the channel where they differ most
_SMALLEST_LOSS = 1e-3  # of a critic
_FLAT_STEPS = 100  # in which all pictures have to be flat
_IDLE_STEPS = 500  # in which the loss of a critic has to be that small
_CRITIC = "critic"  # how the names of critics begin


class DivergedError(RunError):
    """A training has come to numbers that are none.

    Attributes:
        what: What happened, without advice.
    """

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what


class Watch:
    """Looks at the steps of a training and says, once for each, what has gone wrong for long.

    Reading a number waits for the device, so what `see` is given is only read by `judge`, now and then.
    """

    def __init__(self) -> None:
        self._seen: dict[str, list[Tensor]] = {}
        self._losses: dict[str, list[Tensor]] = {}
        self._since: dict[str, int] = {}  # the step at which something began to be wrong
        self._news: list[str] = []
        self._told: set[str] = set()

    def see(self, step: Step) -> None:
        """Remember what a step of a task says: the loss of its networks, and the pictures that were made."""
        self._losses.setdefault(step.networks[0], []).append(step.loss.detach())
        if step.made is not None and step.made.numel() > step.made.shape[1]:
            spread = step.made.detach().float().std(dim=(0, 2, 3)).max()
            self._seen.setdefault("model", []).append(spread)
        for name in step.networks:
            if name.startswith(_CRITIC):
                self._seen.setdefault(name, []).append(step.loss.detach())

    def judge(self, step: int) -> dict[str, float]:
        """Look at what was seen since the last time.

        Args:
            step: The number of steps that are done.

        Returns:
            The mean loss of each network, where several learnt by losses of their own; of those that step together, by
            the name of the first.
        """
        for name, values in self._seen.items():
            is_model = name == "model"
            if torch.stack(values).max().item() >= (_SMALLEST_SPREAD if is_model else _SMALLEST_LOSS):
                self._since.pop(name, None)
                continue
            begun = self._since.setdefault(name, step - len(values))
            if name not in self._told and step - begun >= (_FLAT_STEPS if is_model else _IDLE_STEPS):
                self._told.add(name)
                self._news.append(_flat(step) if is_model else _idle(name, begun, step))
        losses = {name: torch.stack(values) for name, values in self._losses.items() if len(self._losses) > 1}
        self._seen.clear()
        self._losses.clear()
        return {name: values.mean().item() for name, values in losses.items()}

    def news(self) -> list[str]:
        """The lines that have not been said yet."""
        news, self._news = self._news, []
        return news


def diverged(step: int, what: str, images: Sequence[str], rate: float) -> DivergedError:
    """The error for numbers that are none.

    Args:
        step: In which they were found.
        what: Such as `the loss is nan`.
        images: Of its batch, as far as they are known.
        rate: The peak rate by now.
    """
    names = f" in a batch of {some_of(images, 8)}" if images else ""
    return DivergedError(
        f"At step {step} {what}{names}: the training has diverged.",
        f"Resume with a lower rate, such as --set training.learning_rate={rate / 3:.1g}, or in fp32 (--set "
        f"training.precision=fp32).",
    )


def _flat(step: int) -> str:
    return (
        f"Warning: at step {step} the network makes pictures of a single colour, whatever it is given. It has "
        f"collapsed; train anew with a lower rate (--set training.learning_rate=1e-4) or from another seed (--seed)."
    )


def _idle(name: str, begun: int, step: int) -> str:
    return (
        f"Warning: from step {begun} to step {step} the loss of the network '{name}' was nearly 0: it tells every made "
        f"picture from real ones, and the model learns little from it. Train anew with a smaller critic "
        f"(--set task.arguments.critic_width=32), or with more pictures."
    )
