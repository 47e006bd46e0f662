"""A catalog is a package in which the component called `x` is the file `x.py`.

Each such file ends in one constant (`MODEL`, `TASK`, `LOSS`, `FORMAT`). There is no registration, and no second list
that could be forgotten: adding a component is adding a file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Generic, TypeVar

from pixelwise.errors import unknown_name

__all__ = ["Catalog"]

Component = TypeVar("Component")


class Catalog(Generic[Component]):
    """The components of one package, by file name; a file is imported when its component is asked for.

    Args:
        package: Full name of the package, such as `pixelwise.models`.
        kind: What a component is called in messages, such as `model`. The constant that each file ends in is the
            same word in upper case.
    """

    def __init__(self, package: str, kind: str) -> None:
        self._package = package
        self._kind = kind

    def names(self) -> list[str]:
        """All names in alphabetical order; imports the package only, none of its files."""
        path = importlib.import_module(self._package).__path__
        return sorted(module.name for module in pkgutil.iter_modules(path) if not module.name.startswith("_"))

    def __getitem__(self, name: str) -> Component:
        """The component called `name`.

        Raises:
            SettingError: If there is none of that name.
        """
        if name not in self.names():
            raise unknown_name(self._kind, name, self.names())
        module = importlib.import_module(f"{self._package}.{name}")
        component: Component = getattr(module, self._kind.upper())
        return component

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
