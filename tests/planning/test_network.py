"""Which network and which encoder follow from what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.errors import SettingError
from pixelwise.models import DEFAULT_MODEL, ModelCard
from pixelwise.planning import network
from pixelwise.planning.network import Network, choose_network


def never_built(**_: Any) -> Any:
    raise AssertionError("nothing is built to choose a network")


def card(**known: Any) -> ModelCard:
    tasks = known.pop("tasks", frozenset({"segmentation"}))
    return ModelCard(build=never_built, summary="a network of many kinds", paper="https://", tasks=tasks, **known)


CARDS = {
    "plain": card(),
    "known_with_resnet": card(encoder="resnet34"),
    "self_contained": card(encoder=None),
    "many": card(variant="architecture"),
    "many_self_contained": card(variant="size", encoder=None),
    "masks": card(
        tasks=frozenset({"mask_classification"}), encoder="vit", takes_default_encoder=False, learning_rate=1e-4
    ),
    "painter": card(tasks=frozenset({"translation", "colouring"})),
}


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MODELS", CARDS)


def choose(model: str | None = None, encoder: str | None = None, pretrained: bool = True) -> Network:
    return choose_network(model, encoder, pretrained=pretrained, task="segmentation")


def weights(monkeypatch: pytest.MonkeyPatch, at_hand: bool) -> list[str]:
    """Set whether weights can be had; the list fills with the names that were asked for."""
    asked: list[str] = []

    def answer(name: str) -> bool:
        asked.append(name)
        return at_hand

    monkeypatch.setattr(network, "are_weights_at_hand", answer)
    return asked


def test_asked_for_nothing_it_takes_the_default_of_both_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = weights(monkeypatch, at_hand=False)
    chosen = choose()
    assert (chosen.name, chosen.arguments) == (DEFAULT_MODEL, {"encoder": DEFAULT_ENCODER})
    assert chosen.decision.what == f"model {DEFAULT_MODEL} with encoder {DEFAULT_ENCODER}"
    assert chosen.decision.why == "the default, among the best of those measured at equal time"
    assert asked == []


def test_an_encoder_alone_goes_into_the_default_network() -> None:
    chosen = choose(encoder="resnet18")
    assert (chosen.name, chosen.arguments) == (DEFAULT_MODEL, {"encoder": "resnet18"})
    assert chosen.decision.why == "asked for"


def test_an_unknown_network_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingError, match=r"^There is no model called 'lite_unett'\. Did you mean 'lite_unet'\?"):
        choose("lite_unett")


@pytest.mark.usefixtures("cards")
def test_a_network_for_other_tasks_is_refused() -> None:
    with pytest.raises(SettingError) as caught:
        choose("painter")
    assert str(caught.value) == "The model 'painter' is made for colouring, translation, not for segmentation."


@pytest.mark.usefixtures("cards")
def test_a_network_that_learns_the_same_in_another_way_gets_its_own_task_and_rate() -> None:
    assert (choose("masks").task, choose("masks").learning_rate) == ("mask_classification", 1e-4)
    assert (choose("plain").task, choose("plain").learning_rate) == ("segmentation", None)


# The encoder


@pytest.mark.usefixtures("cards")
def test_a_network_that_the_default_encoder_does_not_serve_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    weights(monkeypatch, at_hand=False)
    assert choose("masks").arguments == {"encoder": "vit"}  # loading the weights says what to do


@pytest.mark.usefixtures("cards")
def test_a_network_gets_the_encoder_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = weights(monkeypatch, at_hand=False)
    chosen = choose("known_with_resnet", "convnext_tiny")
    assert chosen.arguments == {"encoder": "convnext_tiny"}
    assert (chosen.decision.what, chosen.decision.why) == (
        "model known_with_resnet with encoder convnext_tiny",
        "asked for",
    )
    assert asked == []  # loading the weights says it better


@pytest.mark.usefixtures("cards")
def test_a_network_gets_its_usual_encoder_if_the_weights_are_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = weights(monkeypatch, at_hand=True)
    chosen = choose("known_with_resnet")
    assert chosen.arguments == {"encoder": "resnet34"}
    assert chosen.decision.why == "the usual one for this model"
    assert asked == ["resnet34"]


@pytest.mark.usefixtures("cards")
def test_a_network_gets_the_default_encoder_if_the_weights_of_its_own_are_not_at_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights(monkeypatch, at_hand=False)
    chosen = choose("known_with_resnet")
    assert chosen.arguments == {"encoder": DEFAULT_ENCODER}
    assert chosen.decision.what == f"model known_with_resnet with encoder {DEFAULT_ENCODER}"
    assert chosen.decision.why == "the weights of resnet34, the usual one for this model, could not be reached"


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("name", "pretrained", "encoder"), [("known_with_resnet", False, "resnet34"), ("plain", True, DEFAULT_ENCODER)]
)
def test_nobody_is_asked_for_weights_that_are_not_wanted_or_are_installed(
    monkeypatch: pytest.MonkeyPatch, name: str, pretrained: bool, encoder: str
) -> None:
    asked = weights(monkeypatch, at_hand=False)
    assert choose(name, pretrained=pretrained).arguments == {"encoder": encoder}
    assert asked == []


@pytest.mark.usefixtures("cards")
def test_a_network_without_an_encoder_gets_none() -> None:
    chosen = choose("self_contained")
    assert chosen.arguments == {}
    assert (chosen.decision.what, chosen.decision.why) == ("model self_contained", "asked for")


@pytest.mark.usefixtures("cards")
def test_an_encoder_for_a_network_that_takes_none_is_refused() -> None:
    with pytest.raises(SettingError) as caught:
        choose("self_contained", "resnet34")
    assert str(caught.value) == (
        "The model 'self_contained' has layers of its own instead of an encoder, so 'resnet34' has no place in it. "
        f"Leave --encoder out, or take a model with one, such as '{DEFAULT_MODEL}'."
    )


# Variants


@pytest.mark.usefixtures("cards")
def test_what_stands_behind_the_colon_is_the_variant() -> None:
    assert choose("many:Unet", "resnet18").arguments == {"architecture": "Unet", "encoder": "resnet18"}
    assert choose("many_self_contained:large").arguments == {"size": "large"}


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("name", ["many", "many:"])
def test_a_missing_variant_is_refused(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        choose(name)
    assert str(caught.value) == "The model 'many' needs its architecture behind a colon: a network of many kinds."


@pytest.mark.usefixtures("cards")
def test_a_variant_of_a_network_that_has_none_is_refused() -> None:
    with pytest.raises(SettingError) as caught:
        choose("plain:large")
    assert str(caught.value) == ("The model 'plain' has no variants, so ':large' has no meaning. Write --model plain.")
