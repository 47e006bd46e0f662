from __future__ import annotations

import pytest

from pixelwise.errors import SettingError
from pixelwise.models import DEFAULT_MODEL, MODELS


def test_names_are_the_files_of_the_package() -> None:
    assert "dynamic_unet" in MODELS.names()
    assert not [name for name in MODELS.names() if name.startswith("_")]


def test_the_default_is_in_the_catalog() -> None:
    assert DEFAULT_MODEL in MODELS.names()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"There is no model called 'dynamic_unt'\. Did you mean 'dynamic_unet'"):
        MODELS["dynamic_unt"]


def test_every_component_has_a_summary() -> None:
    assert [name for name in MODELS if not MODELS[name].summary] == []
