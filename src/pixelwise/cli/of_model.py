"""Commands that use a trained model: what only a training is told is refused, since the model remembers it."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from pixelwise.errors import SettingError

__all__ = ["OfModel"]

_OF_TRAINING = {
    "--binary", "--no-binary", "--multilabel", "--no-multilabel", "--separate", "--classes", "--task", "--model",
    "--encoder", "--loss",
}  # fmt: skip


class OfModel(TyperCommand):
    """A command on a model file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - of click, or of the copy in typer
        """Read the words of the command line.

        Raises:
            SettingError: If one is an option of trainings.
        """
        options = args[: args.index("--")] if "--" in args else args
        for word in options:
            name = word.partition("=")[0]
            if name in _OF_TRAINING:
                raise SettingError(
                    f"pixelwise {ctx.info_name} takes no {name}: the model knows what it was trained with. Leave "
                    f"{name} out."
                )
        return super().parse_args(ctx, args)
