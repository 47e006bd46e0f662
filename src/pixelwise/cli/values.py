"""Values of options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence

from pixelwise.errors import SettingError

__all__ = ["ignored_values"]


def ignored_values(given: Sequence[str] | None) -> tuple[int, ...] | None:
    """Mask values of `--ignore`; None if it was not given, nothing for `none`.

    Raises:
        SettingError: If a value is no whole number.
    """
    if not given:
        return None
    if list(given) == ["none"]:
        return ()
    wrong = [text for text in given if not text.isdecimal()]
    if wrong:
        raise SettingError(f"--ignore takes a mask value, a whole number such as 255, or none; got '{wrong[0]}'.")
    return tuple(int(text) for text in given)
