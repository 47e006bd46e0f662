"""What decoders print, log and warn of, kept from those who asked for an image and get one, or a sentence.

Python's filters of warnings belong to the whole process, so that two threads that decode would change them for each
other and for everybody else. Here Pillow's modules get a stand-in for the module `warnings` that drops what is said
while `quiet` is open in the same thread, and hands everything else on. libtiff prints its errors to the terminal, which
Pillow raises as well; that is turned off once and for all.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from PIL import Image, PngImagePlugin, TiffImagePlugin, _imaging

__all__ = ["quiet", "silence_libtiff"]


class _Thread(threading.local):
    """Whether the running thread is inside `quiet`."""

    is_quiet = False


_thread = _Thread()


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what Pillow, and tifffile where it is there, warn of or log in this thread."""
    before = _thread.is_quiet
    _thread.is_quiet = True
    try:
        yield
    finally:
        _thread.is_quiet = before


@cache
def silence_libtiff() -> None:
    """Keep libtiff from printing; where it is built in so that it cannot be reached, nothing changes."""
    with suppress(OSError, AttributeError):
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
        set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
        set_handler(None)


class _Warnings:
    """Stands in for the module `warnings`."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return getattr(warnings, name)

    def warn(self, message: Any, category: Any = None, stacklevel: int = 1, source: Any = None) -> None:  # noqa: ANN401
        """Hand a warning on, unless the thread is quiet."""
        if not _thread.is_quiet:
            warnings.warn(message, category, stacklevel + 1, source)


def _is_heard(record: logging.LogRecord) -> bool:
    return not _thread.is_quiet


for _module in (Image, PngImagePlugin, TiffImagePlugin):
    setattr(_module, "warnings", _Warnings())  # noqa: B010 - no attribute that its types declare
for _name in ("PIL.TiffImagePlugin", "tifffile"):
    logging.getLogger(_name).addFilter(_is_heard)
