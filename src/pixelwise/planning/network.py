"""Which network is trained, from what was asked for and what can be had."""

from __future__ import annotations

from dataclasses import dataclass

from pixelwise.data.dataset import Decision
from pixelwise.encoders import DEFAULT_ENCODER, are_weights_at_hand
from pixelwise.errors import SettingError
from pixelwise.models import DEFAULT_MODEL, MODELS, ModelCard

__all__ = ["Network", "choose_network"]

_EQUIVALENT = {"segmentation": ("mask_classification",)}  # tasks that predict the same, and are trained in another way


@dataclass(frozen=True)
class Network:
    """A network of the catalog.

    Attributes:
        name: In the catalog.
        arguments: What follows from the choice: the encoder, and what stood behind a colon in the name.
        decision: The choice, and why.
        task: Name of the task that it is trained for.
        learning_rate: The peak rate that it is best trained with; None for the usual one.
    """

    name: str
    arguments: dict[str, str]
    decision: Decision
    task: str
    learning_rate: float | None


def choose_network(model: str | None, encoder: str | None, *, pretrained: bool, task: str) -> Network:
    """Choose a network for `task`.

    Args:
        model: Name in the catalog, which a variant may follow, as in `smp:Unet`; None takes the default.
        encoder: Name of a timm backbone; None takes the one that the network is best known with, if its weights are
            at hand, and else the one whose weights are installed.
        pretrained: Whether weights are wanted at all.
        task: Name of a task; a network that is trained for the same in another way gets that one instead.

    Raises:
        SettingError: If the name is not known, the network is not made for the task, or takes no encoder or variant.
    """
    name, _, variant = (model or DEFAULT_MODEL).partition(":")
    card = MODELS[name]
    served = next((known for known in (task, *_EQUIVALENT.get(task, ())) if known in card.tasks), None)
    if served is None:
        raise SettingError(f"The model '{name}' is made for {', '.join(sorted(card.tasks))}, not for {task}.")
    arguments = _variant(name, variant, card)
    if card.encoder is None:
        if encoder is not None:
            raise SettingError(
                f"The model '{name}' has layers of its own instead of an encoder, so '{encoder}' has no place in it. "
                f"Leave --encoder out, or take a model with one, such as '{DEFAULT_MODEL}'."
            )
        return Network(name, arguments, Decision(f"model {name}", "asked for"), served, card.learning_rate)
    chosen, why = (encoder, "asked for") if encoder else _usual_encoder(card, card.encoder, pretrained)
    if model is None and encoder is None:
        why = "the default, among the best of those measured at equal time"
    decision = Decision(f"model {name} with encoder {chosen}", why)
    return Network(name, {**arguments, "encoder": chosen}, decision, served, card.learning_rate)


def _variant(name: str, variant: str, card: ModelCard) -> dict[str, str]:
    if bool(variant) == (card.variant is not None):
        return {card.variant: variant} if card.variant else {}
    if variant:
        raise SettingError(f"The model '{name}' has no variants, so ':{variant}' has no meaning. Write --model {name}.")
    raise SettingError(f"The model '{name}' needs its {card.variant} behind a colon: {card.summary}.")


def _usual_encoder(card: ModelCard, usual: str, pretrained: bool) -> tuple[str, str]:
    """The encoder that a network is known with, or the one that needs no download, if that serves."""
    if usual == DEFAULT_ENCODER or not card.takes_default_encoder or not pretrained or are_weights_at_hand(usual):
        return usual, "the usual one for this model"
    return DEFAULT_ENCODER, f"the weights of {usual}, the usual one for this model, could not be reached"
