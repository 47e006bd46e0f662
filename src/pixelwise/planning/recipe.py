"""Recipes: files of settings that differ from the plan, for `pixelwise train FOLDER --config FILE`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError

from pixelwise.data.settings_file import read_keys
from pixelwise.errors import SettingError, WeightsError, some_of
from pixelwise.planning.length import is_end
from pixelwise.planning.overrides import apply_settings, unknown_setting
from pixelwise.planning.plan import Plan
from pixelwise.planning.training import Frozen
from pixelwise.planning.wording import readable

__all__ = ["Recipe", "read_recipe"]

_OWN = {"file", "settings", "by_option", "dropped"}  # attributes that no file gives by these names
_GROUPS = ("model", "model.arguments", "task", "task.arguments", "training")


class Recipe(Frozen):
    """What is asked for of a plan: by a file, and by the options beside it.

    Attributes:
        file: Where it was read; None where there is no file.
        model: Name of a network; None takes the default, and so do all that follow.
        encoder: Name of a timm backbone.
        pretrained: Whether the encoder begins with pretrained weights.
        loss: A sum of losses.
        epochs: How often each image is seen.
        budget_seconds: Wall time of the whole command.
        seed: Of everything that is drawn but the images that are held out.
        progressive: Progressive resizing, as `FACTOR:SHARE`.
        settings: All other values by their places in a plan, such as `training.rotation`.
        by_option: Names of the attributes that options beside the file decide.
        dropped: What the file gives that an option replaces or, being the other end of the training, does away with,
            and that option, in words; empty where there is none.
    """

    file: Path | None = None
    model: str | None = Field(default=None, alias="model.name")
    encoder: str | None = Field(default=None, alias="model.arguments.encoder")
    pretrained: bool | None = Field(default=None, alias="model.pretrained")
    loss: str | None = Field(default=None, alias="task.arguments.loss")
    epochs: float | None = Field(default=None, gt=0, alias="training.epochs")
    budget_seconds: float | None = Field(default=None, gt=0, alias="training.budget_seconds")
    seed: int | None = Field(default=None, ge=0, alias="training.seed")
    progressive: str | None = Field(default=None, coerce_numbers_to_str=True)
    settings: dict[str, Any] = Field(default_factory=dict)
    by_option: frozenset[str] = frozenset()
    dropped: str = ""

    def completed(self, **options: str | float | bool | None) -> Self:
        """The recipe with what was asked for beside it, by the names of its attributes; None asks for nothing.

        An option overrules the recipe, and either end of the training (`epochs`, `budget_seconds`) both of them.
        """
        given = {name: value for name, value in options.items() if value is not None}
        ends = ("epochs", "budget_seconds") if given.keys() & {"epochs", "budget_seconds"} else ()
        changed = (name for name in dict.fromkeys((*ends, *given)) if self.gives(name))
        dropped = [self._dropped(name, given) for name in changed if given.get(name) != getattr(self, name)]
        update = {
            **dict.fromkeys(ends),
            **given,
            "by_option": frozenset({*self.by_option, *given, *ends}),
            "dropped": "; ".join(filter(None, (self.dropped, *dropped))),
        }
        return self.model_copy(update=update)

    def _dropped(self, name: str, given: Mapping[str, object]) -> str:
        """That a value of the file gives way to an option, in words."""
        value = getattr(self, name)
        value = f"{value:g}" if isinstance(value, float) else value
        place = Recipe.model_fields[name].alias or name
        what = {
            "epochs": f"the {value} epochs do not count",
            "budget_seconds": f"the budget of {value} s does not count",
        }.get(name, f"its {place} = {value} does not count")
        by = name if name in given else next(end for end in ("epochs", "budget_seconds") if end in given)
        option = "--no-pretrained" if given[by] is False else f"--{by.removesuffix('_seconds')}"
        return f"{what}, since {option} was given"

    def gives(self, name: str) -> bool:
        """Whether the value of an attribute is that of the file."""
        return self.file is not None and getattr(self, name) is not None and name not in self.by_option

    @contextmanager
    def named_in_refusals(self, *names: str) -> Iterator[None]:
        """Let a refusal of what these attributes ask for begin with the file, if it gives one and no option another.

        Raises:
            SettingError: As it comes, or with the file.
            WeightsError: Likewise.
        """
        try:
            yield
        except (SettingError, WeightsError) as error:
            if self.by_option & set(names) or not any(map(self.gives, names)):
                raise
            raise type(error)(f"{self.file}: {error}") from error

    def applied(self, plan: Plan) -> Plan:
        """A copy of the plan with the settings of the recipe, and the recipe among its decisions.

        Raises:
            SettingError: If a setting is not known, does not fit or has no effect; the file is named.
        """
        if self.file is None:
            return plan
        why = f"asked for ({self.file})"
        told = (f"recipe {self.file}", "asked for (--config)" + (f"; {self.dropped}" if self.dropped else ""))
        try:
            changed = apply_settings(plan, self.settings, why)
        except SettingError as error:
            raise SettingError(f"{self.file}: {error}") from error
        decisions = changed.decisions
        if self.gives("epochs") or self.gives("budget_seconds"):
            decisions = tuple(
                (what, reason.replace("asked for", why, 1) if is_end(what) else reason) for what, reason in decisions
            )
        return changed.model_copy(update={"decisions": (told, *decisions)})


def read_recipe(file: Path) -> Recipe:
    """Read a recipe: YAML with the names and groups of a plan, as in a run's `config.yaml`, and `progressive`.

    Whether the settings are known and fit is found out when it is applied to a plan.

    Raises:
        SettingError: If the file is not there or cannot be read, or what decides other settings (network, loss, end)
            does not fit.
    """
    if not file.exists():
        raise SettingError(f"There is no file {file}, which --config names. Give the path of a recipe, a YAML file.")
    values = read_keys(file)
    if {"data", "plan"} <= values.keys():
        raise SettingError(
            f"{file} is the record of a run, which pixelwise resume goes on with. A recipe holds only what differs "
            f"from the plan, such as training: {{rotation: 0}}."
        )
    known = {"progressive", *Plan.model_fields} - {"decisions"}
    for name in values:
        if str(name).partition(".")[0] not in known:
            raise SettingError(f"{file}: {unknown_setting(str(name), known)}")
    leaves = list(_leaves(values))
    settings = dict(leaves)
    if len(settings) < len(leaves):
        named = [place for place, _ in leaves]
        twice = some_of(sorted({place for place in named if named.count(place) > 1}))
        raise SettingError(f"{file}: {twice} stands twice, in its group and by its whole name. Give it once.")
    places = {str(field.alias or name) for name, field in Recipe.model_fields.items()} - _OWN
    asked = {place: settings.pop(place) for place in places & settings.keys()}
    try:
        return Recipe.model_validate({**asked, "file": file, "settings": settings})
    except ValidationError as error:
        raise SettingError(f"{file}: {readable(error)}") from error


def _leaves(values: Mapping[Any, Any], group: str = "") -> Iterator[tuple[str, object]]:
    """Each setting with its place."""
    for name, value in values.items():
        place = f"{group}{name}"
        if place in _GROUPS and isinstance(value, dict):
            yield from _leaves(value, f"{place}.")
        else:
            yield place, value
