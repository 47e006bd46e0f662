"""Reading what `learn.save` wrote, without fastai and without running code from the file."""

from __future__ import annotations

import zipfile
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - torch.load raises it; nothing is unpickled here
from typing import Any, Self

import torch
from torch import Tensor

from pixelwise.errors import WeightsError, some_of

__all__ = ["read_state"]


class _Unread:
    """Stands for every object of fastcore and numpy beside the weights: it takes what the file says and drops it."""

    def __new__(cls, *_: object) -> Self:
        return super().__new__(cls)

    def __setstate__(self, _: object) -> None:
        """Forget the state."""


# What the optimiser's part of such a file is made of: fastcore's list, and numbers of numpy.
_BESIDE_THE_WEIGHTS = (
    "fastcore.foundation.L",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
)

_CURE = (
    "Write the weights alone, where fastai is installed: load_learner('export.pkl').save('weights') leaves "
    "models/weights.pth."
)


def read_state(path: Path) -> dict[str, Tensor]:
    """Read the weights of a network that fastai saved with `learn.save`, or a bare state dict, onto the CPU.

    The state of the optimiser, if the file has one, is left out.

    Raises:
        WeightsError: If there is no such file, nobody may read it, it is no file of PyTorch, or it holds more than
            weights.
    """
    if not path.is_file():
        raise WeightsError(f"There is no file {path}: expected what learn.save of fastai wrote, such as model.pth.")
    try:
        with torch.serialization.safe_globals([(_Unread, name) for name in _BESIDE_THE_WEIGHTS]):
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError as error:
        raise WeightsError(f"{path} cannot be read: permission is denied.") from error
    except Exception as error:  # PyTorch has a dozen kinds for a file that is damaged
        raise WeightsError(f"{path} {_what_it_is(path, error)}") from error
    state = content["model"] if isinstance(content, dict) and "model" in content else content
    if not isinstance(state, dict) or not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} holds no state dict, names with tensors. {_CURE}")
    return dict(state)


def _what_it_is(path: Path, error: Exception) -> str:
    """Why a file could not be read."""
    if not isinstance(error, UnpicklingError) or not zipfile.is_zipfile(path):
        return (
            "is no whole file of weights that torch.save wrote: it was cut short, damaged, or is of another kind. "
            f"Copy it again from where it came from. {_CURE}"
        )
    try:
        names = set(torch.serialization.get_unsafe_globals_in_checkpoint(path)) - set(_BESIDE_THE_WEIGHTS)
    except Exception:
        names = set()  # of a kind that PyTorch does not even list
    listed = f" ({some_of(sorted(names))})" if names else ""
    return (
        f"holds Python objects{listed}, as learn.export writes them: to read them is to run code, which pixelwise does "
        f"not do. {_CURE}"
    )
