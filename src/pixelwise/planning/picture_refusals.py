"""What a training on pictures cannot be asked for: losses of masks, and methods that do not fit the network."""

from __future__ import annotations

from pixelwise.errors import SettingError
from pixelwise.losses import parse_loss
from pixelwise.picture_losses import PICTURE_LOSSES, with_whole_path
from pixelwise.planning.plan import Plan

__all__ = ["loss_of_pictures", "refuse_method"]

_OF_CUT = "resnet_generator"


def loss_of_pictures(text: str) -> str:
    """The loss of pictures, with the path of its file from the root on if it names one.

    Raises:
        SettingError: If it is not known, or is one for masks.
    """
    try:
        return with_whole_path(text)
    except SettingError:
        if _is_of_masks(text):
            raise SettingError(
                f"The loss '{text}' is for masks, and this task learns pictures, whose losses are: "
                f"{', '.join(PICTURE_LOSSES)}."
            ) from None
        raise


def refuse_method(plan: Plan) -> None:
    """Refuse to learn without pairs by a method that looks into the network, where that lets nobody in.

    Raises:
        SettingError: If it does.
    """
    if plan.task.arguments.get("method") == "cut" and plan.model.name != _OF_CUT:
        raise SettingError(
            f"The method cut compares features within the network, which {plan.model.name} does not give. Take --model "
            f"{_OF_CUT}, or the method cyclegan."
        )


def _is_of_masks(text: str) -> bool:
    try:
        parse_loss(text)
    except SettingError:
        return False
    return True
