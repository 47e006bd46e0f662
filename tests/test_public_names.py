"""What `import pixelwise as pw` offers, and what it does not import for that."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest

import pixelwise

HEAVY = ("torch", "lightning", "timm", "numpy", "matplotlib")


def loaded_after(statement: str) -> set[str]:
    """Which heavy packages a fresh Python has imported after a statement."""
    program = f"import sys\n{statement}\nprint('LOADED', *(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_names_are_sorted() -> None:
    assert pixelwise.__all__ == sorted(pixelwise.__all__)


@pytest.mark.parametrize("name", pixelwise.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(pixelwise, name) is not None
    assert name in dir(pixelwise)


def test_every_name_can_be_imported_at_once() -> None:
    names: dict[str, object] = {}
    exec("from pixelwise import *", names)
    assert set(pixelwise.__all__) <= names.keys()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pixelwise' has no attribute 'open_dat'"):
        getattr(pixelwise, "open_dat")  # noqa: B009 - mypy would see it


def test_the_package_imports_nothing_heavy() -> None:
    assert loaded_after("import pixelwise") == set()


def test_opening_data_does_not_import_torch() -> None:
    assert loaded_after("from pixelwise import open_data").isdisjoint({"torch", "lightning", "timm", "matplotlib"})


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    call = (
        f"from pixelwise.cli import app\ntry:\n    app({words!r})\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert loaded_after(call) == set()


def test_the_package_is_typed() -> None:
    assert (files("pixelwise") / "py.typed").is_file()
