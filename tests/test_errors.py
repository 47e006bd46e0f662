"""What is suggested for a name that is not known."""

from __future__ import annotations

import pytest
import timm

from pixelwise.errors import nearest, unknown_name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("resnet35", "resnet34"),
        ("resnt34", "resnet34"),
        ("resnet49", "resnet50"),
        ("efficientnet-b0", "efficientnet_b0"),
    ],
)
def test_the_encoder_with_the_fewest_other_letters_and_the_nearest_number_is_meant(name: str, meant: str) -> None:
    assert nearest(name, timm.list_models()) == meant


def test_where_as_many_letters_differ_the_nearest_number_is_meant() -> None:
    assert nearest("rung5", ["rung1", "rung4", "rung9"]) == "rung4"


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    assert nearest("lr", ["rotation", "warmup"]) is None
    assert "Did you mean" not in str(unknown_name("setting", "lr", ["rotation", "warmup"]))
