"""What is said of encoders without building them is what they are."""

from __future__ import annotations

import pytest
import timm
import torch

from pixelwise.encoders import DEFAULT_ENCODER, Encoder, list_encoders, listing


def test_every_name_of_timm_is_listed_at_once() -> None:
    assert [facts.name for facts in list_encoders()] == timm.list_models()


@pytest.mark.parametrize("name", [DEFAULT_ENCODER, "test_vit", "gmlp_ti16_224", "csatv2", "resnet34", "sedarknet21"])
@pytest.mark.parametrize("from_table", [True, False])
def test_what_is_listed_is_what_is_built(name: str, from_table: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not from_table:
        monkeypatch.setattr(listing, "_table", dict)
    (facts,) = list_encoders(name)
    with torch.device("meta"):
        encoder = Encoder(name)
    assert facts.parameters == sum(parameter.numel() for parameter in encoder.parameters())
    assert (facts.strides, facts.fixed_size) == (encoder.strides, encoder.fixed_size)


def test_what_a_newer_timm_has_and_cannot_serve_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str) -> Encoder:
        raise Encoder.refusal(name, "of another kind")

    monkeypatch.setattr(listing, "Encoder", refused)
    monkeypatch.setattr(timm, "list_models", lambda _: ["resnet34", "as_new_as_can_be"])
    assert [facts.name for facts in list_encoders()] == ["resnet34"]


def test_the_licence_of_the_weights_is_listed() -> None:
    (facts,) = list_encoders("convnextv2_tiny")
    assert facts.weights is not None
    assert facts.weights.licence == "cc-by-nc-4.0"
    assert list_encoders("resnetblur18")[0].weights is None
