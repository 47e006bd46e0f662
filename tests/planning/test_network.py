"""Which network and which encoder follow from what was asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from pixelwise.encoders import DEFAULT_ENCODER
from pixelwise.errors import SettingError
from pixelwise.models import DEFAULT_MODEL, MODELS, ModelCard
from pixelwise.planning import network
from pixelwise.planning.network import Network, build_component, check_network, choose_network
from tests.models.cases import CASES, Case


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


# A look before the data are read


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_network_can_be_looked_at_without_memory(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    if case.needs is not None:
        pytest.importorskip(case.needs)
    built: list[torch.nn.Module] = []
    build = network.build_component

    def remember(*arguments: Any) -> Any:
        built.append(build(*arguments))
        return built[-1]

    monkeypatch.setattr(network, "build_component", remember)
    check_network(case.model, case.settings, needs_weights=False)
    assert {parameter.device.type for parameter in built[0].parameters()} == {"meta"}


def test_looking_draws_no_random_number() -> None:
    before = torch.get_rng_state()
    check_network("lite_unet", {"encoder": "test_resnet"}, needs_weights=False)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("model", "arguments", "sentence"),
    [
        ("eomt", {"encoder": "resnet18"}, "The backbone 'resnet18' is no plain vision transformer"),
        ("lite_unet", {"encoder": "resnet43"}, "There is no encoder called 'resnet43'"),
        ("lite_unet", {"widths": (0, 8, 0)}, "only the finest scales can be left out"),
        ("bisenet", {"widht": 8}, "There is no argument of the model 'bisenet' called 'widht'. Did you mean 'width'"),
        ("fcn", {"encoder": "test_resnet", "width": 0.5}, "'width' of the model 'fcn' is 0.5, but a whole"),
    ],
)
def test_what_cannot_be_built_is_refused(model: str, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        check_network(model, arguments, needs_weights=False)


def test_what_has_no_shapes_alone_is_left_to_the_real_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    devices: list[str] = []

    def refuse(**_: Any) -> Any:
        devices.append(torch.empty(0).device.type)
        raise NotImplementedError("no meta kernel")

    monkeypatch.setattr(network, "MODELS", {"new": ModelCard(refuse, "a network", "https://", frozenset())})
    check_network("new", {}, needs_weights=True)  # refuses nothing
    assert devices == ["meta"]


@pytest.mark.parametrize(("model", "substitute"), [("lite_unet", DEFAULT_ENCODER), ("eomt", None)])
def test_weights_that_are_needed_are_asked_for_with_what_could_stand_in(
    model: str, substitute: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []
    monkeypatch.setattr(network, "check_weights", lambda name, *, substitute: asked.append((name, substitute)))
    check_network(model, {"encoder": "test_vit"}, needs_weights=True)
    check_network(model, {"encoder": "test_vit"}, needs_weights=False)
    assert asked == [("test_vit", substitute)]


@pytest.mark.parametrize("name", [name for name in MODELS if MODELS[name].encoder and not MODELS[name].variant])
def test_a_network_takes_the_installed_encoder_if_its_card_says_so(name: str) -> None:
    card = MODELS[name]
    if card.installed_encoder is None:
        with pytest.raises(SettingError):
            check_network(name, {"encoder": DEFAULT_ENCODER}, needs_weights=False)
    else:
        check_network(name, {"encoder": card.installed_encoder}, needs_weights=False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"width": "wide"},
            "The argument 'width' of the model 'unet' is 'wide', but a whole number is expected, such as 64.",
        ),
        ({"dropout": "half"}, "is 'half', but a number is expected, such as 0.5."),
        ({"depth": True}, "is True, but a whole number is expected"),
        ({"padding": 3}, "is 3, but a word is expected, such as 'reflect'."),
    ],
)
def test_an_argument_of_another_type_is_refused_in_plain_words(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingError, match=re.escape(sentence)):
        build_component("model", "unet", MODELS["unet"].build, {"out_channels": 2, **arguments})


def test_a_whole_number_serves_where_a_fraction_is_usual() -> None:
    assert build_component("model", "unet", MODELS["unet"].build, {"out_channels": 2, "dropout": 0, "width": 4})
