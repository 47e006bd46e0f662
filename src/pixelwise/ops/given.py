"""What a call was given, refused by the name of its argument where it is of a type or size that it does not take."""

from __future__ import annotations

from numbers import Integral

from pixelwise.errors import SettingError

__all__ = ["refuse_no_count", "refuse_other_type"]


def refuse_other_type(given: object, name: str, kind: type, wanted: str) -> None:
    """Refuse what is of another type; true and false are no numbers.

    >>> refuse_other_type(["grey"], "degrade", str, "it is one text, such as 'blur:1+grey'")
    Traceback (most recent call last):
    pixelwise.errors.SettingError: degrade is ['grey'], but it is one text, such as 'blur:1+grey'.

    Args:
        given: As it was given.
        name: Of the argument.
        kind: What it has to be, such as `str`, or an abstract type such as `numbers.Integral`.
        wanted: What is expected, as a clause.

    Raises:
        SettingError: If it is.
    """
    if not isinstance(given, kind) or isinstance(given, bool):
        raise SettingError(f"{name} is {given!r:.60}, but {wanted}.")


def refuse_no_count(given: object, name: str, what: str) -> None:
    """Refuse what is no whole number from 1 on.

    >>> refuse_no_count(0, "count", "it is how many images are shown")
    Traceback (most recent call last):
    pixelwise.errors.SettingError: count is 0, but it is how many images are shown: give a whole number, 1 or more.

    Args:
        given: As it was given.
        name: Of the argument.
        what: What is counted, as a clause.

    Raises:
        SettingError: If it is none.
    """
    if not isinstance(given, Integral) or isinstance(given, bool) or given < 1:
        raise SettingError(f"{name} is {given!r:.60}, but {what}: give a whole number, 1 or more.")
