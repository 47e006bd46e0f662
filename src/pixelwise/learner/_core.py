"""What all of a learner's methods stand on: data, a plan, a network, and one fit of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pixelwise.artifact import Description, MeasuredScores
from pixelwise.data.dataset import Dataset
from pixelwise.data.pairs import Pair
from pixelwise.errors import DataError, RunError, SettingError, unknown_name
from pixelwise.inference import Predictor
from pixelwise.learner._looks import METRICS, Looks
from pixelwise.learner._recorder import Recorder, Schedule
from pixelwise.learner._told import Length, Rate
from pixelwise.learner.pictures import TaskPictures
from pixelwise.models import ImageModel
from pixelwise.ops.device import default_device
from pixelwise.ops.keywords import known_keywords
from pixelwise.planning import (
    Plan,
    Progressive,
    TrainingSettings,
    change_training,
    parse_duration,
    resize_progressively,
)
from pixelwise.planning.pictures import refuse_setting
from pixelwise.planning.progressive import DEFAULT_FACTOR, DEFAULT_SHARE
from pixelwise.tasks import PictureTask
from pixelwise.training.callbacks import LOSS, Callback, Fit, KeepBest
from pixelwise.training.display import Display, Lines
from pixelwise.training.fitting import Callbacks, made_callbacks, run_fit
from pixelwise.training.loop import Training
from pixelwise.training.optimizer import freeze_to, spread_rates
from pixelwise.training.views import Views
from pixelwise.training.watch import DivergedError
from pixelwise.workflow import Subject, announce_weights, build, describe, settle_precision

__all__ = ["Core", "Data"]

Data = TypeVar("Data", bound=Dataset | TaskPictures)
"""What was opened: images with masks, or pictures and what is to be learnt from them."""

_SEEDS_APART = 1000  # between two fits of a learner, so that the second does not repeat the first of another seed


class Core(Generic[Data]):
    """Data, a plan and a network; see `Learner`.

    Args:
        data: What was opened.
        subject: What was found there, as its task sees it.
        plan: All settings.
        arguments: Further arguments of the network.
        display: Is told what happens; None prints lines.
    """

    def __init__(
        self,
        data: Data,
        subject: Subject[Any],
        plan: Plan,
        arguments: dict[str, Any] | None,
        display: Display | None,
    ) -> None:
        self.data = data
        settings = plan.model.model_copy(update={"arguments": {**plan.model.arguments, **(arguments or {})}})
        self._plan: Plan = change_training(plan.model_copy(update={"model": settings}))  # as files hold it, lists too
        parts = build(self._plan, in_channels=subject.data.channels)
        self.model: ImageModel = parts.model
        self.history: list[dict[str, float]] = []
        self._task = parts.task
        self._metrics = parts.task.metrics if isinstance(parts.task, PictureTask) else METRICS
        self._weights = parts.weights
        self._temperature = 1.0  # of the file that was loaded, as long as its weights are there
        self._display: Display = display or Lines()
        self._subject = subject
        self._views: Views | None = None
        self._schedules: list[Schedule] = []
        announce_weights(parts.weights, self._display)

    @property
    def plan(self) -> Plan:
        """All settings, with reasons."""
        return self._plan

    @plan.setter
    def plan(self, plan: Plan) -> None:
        for name in ("model", "task", "image_scale"):
            if getattr(plan, name) != getattr(self._plan, name):
                raise SettingError(
                    f"The learner's network and data are made as its plan said, so {name} cannot be changed any more; "
                    f"only training can. Make another Learner."
                )
        self._plan = plan

    def change_training(self, **changes: object) -> None:
        """Change settings of the plan's training by name, such as `rotation=0.0` or `accumulate=4`.

        Raises:
            SettingError: If one is not known, does not fit, or is for masks where pictures are learnt.
        """
        for name in changes:
            refuse_setting(f"training.{name}", self.plan.task)
        self.plan = change_training(self.plan, **changes)

    def resize_progressively(self, factor: float = DEFAULT_FACTOR, share: float = DEFAULT_SHARE) -> None:
        """Begin each fit with small views, which are fast, and end it with those that are planned.

        Args:
            factor: Sides of the first views as a share of the planned ones.
            share: Part of a fit that sees them.

        Raises:
            SettingError: If a number is not between 0 and 1, the views cannot be made smaller by that factor, or
                several stages were set, or pictures are learnt, whose detail small views would not show.
        """
        if isinstance(self._task, PictureTask):
            raise SettingError(f"Progressive resizing is for masks; the task {self.plan.task.name} learns pictures.")
        self.plan = resize_progressively(self.plan, Progressive(factor, share))
        self._display.say(": ".join(self.plan.decisions[-1]))

    @known_keywords
    def freeze_to(self, first: int) -> None:
        """Train the layer groups from number `first` on (negative: from the end), and keep those before as they are.

        The encoder is the first group, all other layers are the second. Batch norms of frozen groups go on being
        trained, as in fastai, unless `plan.training.train_bn` is false: then they keep their statistics, too.

        Raises:
            SettingError: If no group would be left to train.
        """
        freeze_to(self.model, first, train_bn=self.plan.training.train_bn)

    def freeze(self) -> None:
        """Train the last layer group alone, `freeze_to(-1)`: the encoder's weights stay as they are.

        Raises:
            SettingError: If the network has no encoder.
        """
        if len(self.model.layer_groups()) < 2:
            raise SettingError(f"The model '{self.plan.model.name}' has no encoder that could be frozen.")
        self.freeze_to(-1)

    def unfreeze(self) -> None:
        """Train all weights."""
        self.freeze_to(0)

    def predictor(self) -> Predictor:
        """The model as it is now, made ready for use."""
        return self._predictor_of(self.model)

    def _fit(self, length: Length, rate: Rate, callbacks: Callbacks, **changes: object) -> Fit:
        """One fit; the model holds the moving average of the weights after it, after an interrupted one too.

        Where the training diverges, or numbers that are none have broken the average, the model is what it was before,
        unless a callback keeps the best of the epochs that were fitted.

        Raises:
            SettingError: If a setting or a callback does not fit.
            RunError: If the training diverges.
        """
        told = made_callbacks(callbacks)
        budget = parse_duration(length) if isinstance(length, str) else None
        changes |= {"epochs": None if budget else length, "budget_seconds": budget, **self._rates(rate)}
        changes["seed"] = self.plan.training.seed + _SEEDS_APART * len(self._schedules)
        settings = change_training(self.plan, **changes).training
        if settings.precision == "auto":
            self.plan = settle_precision(self.plan, self._display)
            settings = settings.model_copy(update={"precision": self.plan.training.precision})
        looks = Looks(self._subject, self._predictor_of, always=self._watches(told))
        views = self._training_views()
        before = {name: tensor.cpu().clone() for name, tensor in self.model.state_dict().items()}
        training = Training(self.model, self._task, views, settings, seconds=budget, say=self._display.say)
        self._schedules.append(Schedule(len(self._schedules) + 1, settings))
        recorder = Recorder(self.history, self._schedules[-1], self._display, looks)
        has_diverged = False
        try:
            fit = run_fit(training, [recorder, *told], looks)
        except DivergedError as error:
            has_diverged = not any(isinstance(one, KeepBest) and one.epoch is not None for one in told)
            left = "what it was before this fit" if has_diverged else "that of the best epoch"
            raise RunError(f"{error.what} The network is {left}. {self._cure(settings)}") from error
        finally:
            if training.step == 0:
                self._schedules.pop()  # a callback has refused the fit, say: the next one is drawn as this one was
            average = training.average.model.state_dict()
            is_whole = not has_diverged and all(tensor.isfinite().all() for tensor in average.values())
            self.model.load_state_dict(average if is_whole else before)
            if is_whole and training.step:
                self._temperature = 1.0  # that of the weights before is none of these
        if not is_whole:
            raise RunError(
                f"The last steps have broken the weights, which are no finite numbers any more; the network is what it "
                f"was before this fit. {self._cure(settings)}"
            )
        if fit.stopped is not None:
            epochs = f"{training.epoch:.3g}"
            self._display.say(f"Stopped after {epochs} {'epoch' if epochs == '1' else 'epochs'}: {fit.stopped}.")
        return fit

    def _cure(self, settings: TrainingSettings) -> str:
        """What helps against a fit that diverges: a lower rate, at most the plan's, or more exact numbers."""
        rate = min(float(f"{settings.learning_rate / 3:.1g}"), self.plan.training.learning_rate)
        exact = "" if settings.precision == "fp32" else ", or in fp32: change_training(precision='fp32')"
        return f"Fit at a lower rate, such as {rate:g}{exact}."

    def _watches(self, callbacks: Sequence[Callback]) -> bool:
        """Whether a callback has to know a score of the validation images.

        Raises:
            SettingError: If there is no such score.
            DataError: If there are no validation images, or too few to be scored.
        """
        watched = {callback.metric for callback in callbacks} - {None, LOSS}
        for metric in watched - set(self._metrics):
            raise unknown_name("metric of a fit", str(metric), (LOSS, *self._metrics))
        if watched and not self._subject.validation:
            self._pairs("val")  # raises where there is no such split
            raise DataError(
                f"The split 'val' of {self._subject.data.root} holds too few pictures to be scored after an epoch: two "
                f"of each kind are needed. Hold out more, such as validation=0.3, or let the callback watch the loss."
            )
        return bool(watched)

    def _rates(self, rate: Rate) -> dict[str, object]:
        if rate is None:
            return {}
        if not isinstance(rate, slice):
            return {"learning_rate": rate}
        rates = spread_rates(rate, len(self.model.layer_groups()))
        return {"learning_rate": rates[-1], "group_rates": tuple(each / rates[-1] for each in rates)}

    def _predictor_of(self, model: ImageModel, description: Description | None = None) -> Predictor:
        precision = self.plan.training.precision
        return Predictor(
            model,
            description or self._described(),
            device=default_device(),
            precision=None if precision == "auto" else precision,
        )

    def _described(self, scores: MeasuredScores | None = None, temperature: float = 1.0) -> Description:
        """What a file says of the model as it is now.

        Args:
            scores: What it was measured at.
            temperature: What its raw scores are divided by, beside the temperature that it was loaded with.
        """
        return describe(self.plan, self._subject.data, self._weights, scores, self._temperature * temperature)

    def _training_views(self) -> Views:
        if self._views is None:
            self._pairs("train")
            self._views = self._subject.views(self.plan, self._display)
        return self._views

    def _pairs(self, split: str) -> Sequence[Pair]:
        data = self._subject.data
        if split not in data.splits:
            raise DataError(f"{data.root} has no split '{split}'; there are: {', '.join(data.splits)}.")
        return data.splits[split]
