"""Losses of pictures as they are written: `l1`, `perceptual`, `perceptual:vgg16.pth`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pixelwise.encoders.vgg_file import is_weights_file, refuse_missing
from pixelwise.errors import SettingError
from pixelwise.ops.given import refuse_other_type
from pixelwise.picture_losses._base import PICTURE_LOSSES, PictureLoss

__all__ = ["parse_picture_loss", "refuse_missing_file", "with_whole_path"]


def parse_picture_loss(text: str) -> Callable[[], PictureLoss]:
    """What builds the loss of a name, and of what stands behind a colon; nothing is read yet.

    Raises:
        SettingError: If there is no such loss, or nothing can stand behind its name.
    """
    refuse_other_type(text, "loss", str, "a loss is given by its name, such as 'l1'")
    name, colon, variant = text.partition(":")
    card = PICTURE_LOSSES[name]
    if not colon:
        return card.build
    if card.variant is None:
        raise SettingError(f"The loss '{name}' has no variants, so ':{variant}' has no meaning. Write {name}.")
    if not variant:
        raise SettingError(f"Nothing stands behind the colon of the loss '{text}', where its {card.variant} belongs.")
    return partial(card.build, **{card.variant: variant})


def with_whole_path(text: str) -> str:
    """The loss with the path of its file from the root on, if it names one: a resume may begin in another folder.

    Raises:
        SettingError: If the loss is not known.
    """
    parse_picture_loss(text)
    name, _, variant = text.partition(":")
    return f"{name}:{Path(variant).expanduser().resolve()}" if is_weights_file(variant) else text


def refuse_missing_file(text: str) -> None:
    """Refuse a loss that names a file of weights which is not there; nothing is read.

    Raises:
        WeightsError: If it does.
    """
    variant = text.partition(":")[2]
    if is_weights_file(variant):
        refuse_missing(Path(variant).expanduser())
