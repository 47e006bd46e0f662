"""What every learner tells of its network and its fits, and the file that it is kept in."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from pixelwise.artifact import Component, Description
from pixelwise.artifact import load as load_artifact
from pixelwise.artifact import save as save_artifact
from pixelwise.data.wording import counted
from pixelwise.errors import ArtifactError, SettingError, some_of
from pixelwise.inference import Predictor
from pixelwise.learner._core import Core, Data
from pixelwise.ops.keywords import known_keywords
from pixelwise.reports.network_table import network_table
from pixelwise.reports.plots import plot_history

__all__ = ["Kept"]

_OTHER_FORMATS = (".pkl", ".pt", ".pth", ".ckpt", ".bin", ".h5", ".onnx")


class Kept(Core[Data]):
    """What a learner tells of its network and its fits, and the file that it is kept in; see `Learner`."""

    def __repr__(self) -> str:
        encoder = self.plan.model.arguments.get("encoder")
        network = self.plan.model.name if encoder is None else f"{self.plan.model.name} on {encoder}"
        is_frozen = [any(not one.requires_grad for one in group) for group in self.model.layer_groups()]
        frozen = "" if not any(is_frozen) else ", encoder frozen" if is_frozen == [True, False] else ", partly frozen"
        reached = {row["fit"]: row["epoch"] for row in self.history}
        epochs = f"{sum(reached.values()):.3g}"
        fits = f"{epochs} {'epoch' if epochs == '1' else 'epochs'} in {counted(len(reached), 'fit')}"
        fits = fits if reached else "not fitted yet"
        return f"{type(self).__name__}({network}{frozen}; {self._subject.data!r}; {fits})"

    def plot_loss(self) -> Image.Image:
        """Training loss, and the first validation score where there is one, over the steps of all fits."""
        return plot_history(self.history, ("loss", self._metrics[0]))

    def plot_schedule(self) -> Image.Image:
        """Learning rate of the head, and momentum, over the steps of all fits, as their schedules say."""
        rows = [row for schedule in self._schedules for row in schedule.rows()]
        return plot_history(rows, ("learning_rate", "momentum"))

    def summary(self) -> str:
        """The layers as a table: name, output shape for a batch of views, parameters, and whether they are trained."""
        settings = self.plan.training
        last = settings.stages[-1]
        return network_table(self.model, (settings.batch_size, self.model.in_channels, last.height, last.width))

    @known_keywords
    def save(self, path: str | Path) -> None:
        """Write the model as it is to one file, which `load` and `pw.load` read; the same as `export`.

        Raises:
            OutputError: If the file cannot be written.
            SettingError: If its name is that of another format.
        """
        save_artifact(_named_for_model(path), self.model, self._described())

    @known_keywords
    def load(self, path: str | Path) -> None:
        """Take over the weights of a model file, of the same network for the same classes, and its temperature.

        What its raw scores are divided by counts for probabilities, and is written by `save` and `export`, until the
        next fit.

        Raises:
            ArtifactError: If the file is damaged, or holds another network, task or other classes.
        """
        model, description = load_artifact(path)
        own = self._described()
        for name, ours, theirs in (
            ("another network", own.model, description.model),
            ("another task", own.task.name, description.task.name),
            ("other classes", _names(own), _names(description)),
            ("images of another number of channels", own.in_channels, description.in_channels),
            ("another number of channels of the output", self.model.out_channels, model.out_channels),
        ):
            if ours != theirs:
                raise ArtifactError(
                    f"{path} was made for {name} than this learner's: {_in_words(theirs, ours)} instead of "
                    f"{_in_words(ours, theirs)}. Make a learner like the one that saved it, or use the file alone with "
                    f"pixelwise.load."
                )
        self.model.load_state_dict(model.state_dict())
        self._temperature = description.temperature

    def _exported(self, path: str | Path, description: Description) -> Predictor:
        """The model, written to a file and loaded from there, in the learner's precision.

        Raises:
            OutputError: If the file cannot be written.
            SettingError: If its name is that of another format.
        """
        save_artifact(_named_for_model(path), self.model, description)
        return self._predictor_of(*load_artifact(path))


def _named_for_model(path: str | Path) -> str | Path:
    """The path of a model file, which must not promise another format."""
    if Path(path).suffix.lower() in _OTHER_FORMATS:
        raise SettingError(
            f"{path} would be written as safetensors, which its name denies; call it "
            f"{Path(path).with_suffix('.safetensors').name}."
        )
    return path


def _in_words(one: object, other: object) -> str:
    """What one of two different things is, as far as it differs from the other, in a few words."""
    if isinstance(one, Component) and isinstance(other, Component):
        differing = [f"{name}={value}" for name, value in one.arguments.items() if other.arguments.get(name) != value]
        return f"{one.name}({some_of(differing)})" if one.name == other.name else one.name
    if isinstance(one, list) and isinstance(other, list):
        differing = [name for place, name in enumerate(one) if other[place : place + 1] != [name]]
        return f"{counted(len(one), 'name')} ({some_of(differing)})" if differing else counted(len(one), "name")
    return str(one)


def _names(description: Description) -> list[str]:
    """Names of the classes that a model knows."""
    return [] if description.classes is None else list(description.classes.names)
