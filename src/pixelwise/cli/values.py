"""Values of options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pixelwise.errors import SettingError, unknown_name

__all__ = ["DEVICE_HELP", "PRECISION_HELP", "ignored_values", "known_precision"]

DEVICE_HELP = "cpu, cuda or cuda:1; if not given, a GPU where there is one."
PRECISION_HELP = "fp32 or bf16; if not given, what is faster here."


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


def known_precision(text: str | None) -> Literal["fp32", "bf16"] | None:
    """The precision of `--precision`.

    Raises:
        SettingError: If there is no such precision.
    """
    match text:
        case None | "fp32" | "bf16":
            return text
        case _:
            raise unknown_name("precision", text, ("fp32", "bf16"))
