"""Lengths, rates and further arguments, as a user has told them, refused under the names that the user gave."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TypeAlias, TypeGuard

from pixelwise.errors import SettingError
from pixelwise.ops.given import refuse_other_type

__all__ = ["Length", "Rate", "refuse_length", "refuse_no_arguments", "refuse_rate"]

Length: TypeAlias = float | str
"""Of a fit: epochs, or a wall time such as `7m`."""
Rate: TypeAlias = float | slice | None
"""Of learning: one number, `slice(first, last)` over the layer groups, or what the plan says."""


def refuse_length(length: object, name: str) -> None:
    """Refuse what is neither a number above 0 nor a text, which is read as a time later.

    Args:
        length: As it was given.
        name: Of the argument.

    Raises:
        SettingError: If it is something else.
    """
    if not isinstance(length, str) and not (_is_number(length) and length > 0):
        raise SettingError(
            f"{name} is {length!r:.60}, but a fit lasts a number of epochs above 0, or a wall time such as '7m'."
        )


def refuse_rate(rate: object, name: str) -> None:
    """Refuse what is neither a number above 0, nor a slice, nor None.

    Args:
        rate: As it was given.
        name: Of the argument.

    Raises:
        SettingError: If it is something else.
    """
    if rate is not None and not isinstance(rate, slice) and not (_is_number(rate) and rate > 0):
        raise SettingError(
            f"{name} is {rate!r:.60}, but a learning rate is a number above 0, such as 1e-3 or the .valley of what "
            f"lr_find returns, or a slice of two."
        )


def refuse_no_arguments(given: object, name: str, example: str) -> None:
    """Refuse further arguments of a task or a network that are not given by name.

    Args:
        given: As they were given; None where there are none.
        name: Of the argument that holds them.
        example: As it could be given.

    Raises:
        SettingError: If they are something else.
    """
    if given is not None:
        refuse_other_type(given, name, Mapping, f"further arguments are given by their names, such as {example}")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool)
