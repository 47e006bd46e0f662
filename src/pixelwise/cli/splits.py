"""Which images a model is scored on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelwise.data.pairs import Pair

__all__ = ["choose_split"]


def choose_split(
    on_disk: Mapping[str, tuple[Pair, ...]],
    of_run: Mapping[str, tuple[Pair, ...]] | None,
    asked: str | None,
    say: Callable[[str], None],
) -> str:
    """Take test, else val, else train, or all images of a folder without splits, unless one was asked for.

    Images that a run does not know are in none of its splits.

    Args:
        on_disk: The splits as they lie in the folder.
        of_run: The splits as the run has made them that is scored; None where it is none, or knows other data.
        asked: What the user asked for.
        say: Is told that a split is not as on disk, that its score flatters, or that images are in no split.

    Raises:
        SettingError: If there is no such split.
    """
    from pixelwise.data.dataset import WHOLE
    from pixelwise.data.wording import agree, counted
    from pixelwise.errors import unknown_name

    splits = on_disk if of_run is None else of_run
    chosen = asked or next((name for name in ("test", "val", "train", WHOLE) if name in splits), "val")
    if chosen not in splits:
        raise unknown_name("split", chosen, splits)
    if of_run is not None and chosen == "val" and chosen not in on_disk:
        say("Scored on the images that this training held out; --split train scores the others.")
    if of_run is not None and chosen == "train":
        say("These images were trained on, so that the score flatters.")
    if of_run is not None and (unknown := sum(map(len, on_disk.values())) - sum(map(len, of_run.values()))):
        say(
            f"{counted(unknown, 'image')} in the folder {agree(unknown, 'is', 'are')} left out: "
            f"{agree(unknown, 'it was', 'they were')} added after the training, or not used by it."
        )
    return chosen
