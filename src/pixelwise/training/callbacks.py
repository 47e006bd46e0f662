"""What is told of a fit while it runs, and may end it or change what it leaves."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from pixelwise.data.wording import counted
from pixelwise.errors import SettingError, unknown_name
from pixelwise.metrics.sets import is_better_small
from pixelwise.models import ImageModel
from pixelwise.ops.files import writable_folder, write_atomically
from pixelwise.ops.given import refuse_no_count
from pixelwise.ops.keywords import known_keywords
from pixelwise.training.loop import Moment, Training

__all__ = ["LOSS", "CSVLogger", "Callback", "EarlyStopping", "Epoch", "Fit", "KeepBest", "ReduceLROnPlateau"]

LOSS = "loss"  # the metric that is there without validation images; like distances, it is better when smaller


@dataclass(frozen=True)
class Epoch:
    """What came of one epoch.

    Attributes:
        number: How often each image has been seen at its end; the last epoch of a fit may be a part of one.
        loss: Mean training loss of its steps.
        metrics: On the validation images, by name; empty where they were not looked at.
        learning_rate: Of the head, in its last step.
        seconds: Since the fit began.
    """

    number: float
    loss: float
    metrics: Mapping[str, float]
    learning_rate: float
    seconds: float

    def value(self, metric: str) -> float:
        """One metric, or `loss`.

        Raises:
            SettingError: If there is none of this name.
        """
        values = {LOSS: self.loss, **self.metrics}
        if metric not in values:
            raise unknown_name("metric of a fit", metric, values, advice="All but the loss need validation images.")
        return values[metric]


@dataclass(eq=False)
class Fit:
    """One fit, as callbacks see it.

    Attributes:
        training: What runs.
        epochs: Those that are done.
        stopped: Why a callback ended it before its time; None as long as none has.
    """

    training: Training
    epochs: list[Epoch] = field(default_factory=list)
    stopped: str | None = None

    @property
    def model(self) -> ImageModel:
        """The averaged network, which is what a fit leaves."""
        return self.training.average.model

    def stop(self, why: str) -> None:
        """End the fit after this moment."""
        self.stopped = why

    def set_rate(self, rate: float) -> None:
        """Change the learning rate from the next step on; of a schedule, its peak.

        Raises:
            SettingError: If it is not above 0.
        """
        if not 0 < rate < math.inf:
            raise SettingError(f"The learning rate is to be set to {rate:g}, but it has to be above 0, such as 1e-3.")
        self.training.settings = self.training.settings.model_copy(update={"learning_rate": rate})


class Callback:
    """Is told of a fit, and does nothing; a subclass overrides what it is interested in.

    Attributes:
        metric: What it has to know after every epoch; with a metric of validation images, these are all scored then.
    """

    metric: str | None = None

    def fit_begins(self, fit: Fit) -> None:
        """Before the first step."""

    def moment(self, fit: Fit, moment: Moment) -> None:
        """Every few steps, and after the last step of each epoch."""

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """After each epoch, a last one that is not whole included."""

    def fit_ends(self, fit: Fit) -> None:
        """After the last step, and after an interruption or an error, too."""


class _Watching(Callback):
    """Knows the best value of a metric so far."""

    def __init__(self, metric: str, min_delta: float = 0.0) -> None:
        self.metric: str = metric
        self.min_delta = min_delta
        self.best = math.nan

    def fit_begins(self, fit: Fit) -> None:
        """Forget the fit before."""
        self.best = math.nan

    def is_better(self, epoch: Epoch) -> bool:
        """Whether the epoch is the best so far, which it then is."""
        value = epoch.value(self.metric)
        is_small = self.metric == LOSS or is_better_small(self.metric)
        gain = self.best - value if is_small else value - self.best
        is_first = math.isnan(self.best) and not math.isnan(value)
        is_better = is_first or gain > self.min_delta
        self.best = value if is_better else self.best
        return is_better


class _Waiting(_Watching):
    """Counts the epochs without a better value."""

    def __init__(self, metric: str, patience: int, min_delta: float) -> None:
        refuse_no_count(patience, "patience", "it is a number of epochs to wait")
        super().__init__(metric, min_delta)
        self.patience = patience
        self._waited = 0

    def fit_begins(self, fit: Fit) -> None:
        """Begin to count anew."""
        super().fit_begins(fit)
        self._waited = 0

    def has_waited_enough(self, epoch: Epoch) -> bool:
        """Count one epoch; whether there have been as many without a better value as there is patience for."""
        self._waited = 0 if self.is_better(epoch) else self._waited + 1
        return self._waited >= self.patience


class EarlyStopping(_Waiting):
    """Ends a fit when a metric no longer becomes better.

    It suits a rate that is constant; a cycle that is cut short ends at a rate that is still high, so that a shorter
    cycle gives more.

    Args:
        metric: `loss` for the training loss, or a score of the task: `miou` of masks, `psnr_rgb` of pictures and so on.
        patience: Epochs to wait for a better value.
        min_delta: By how much a value has to be better to count.

    Raises:
        SettingError: If the patience is less than an epoch.
    """

    @known_keywords
    def __init__(self, metric: str = "miou", patience: int = 3, min_delta: float = 0.0) -> None:
        super().__init__(metric, patience, min_delta)

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """Count the epochs without a better value."""
        if self.has_waited_enough(epoch):
            fit.stop(f"{self.metric} has not been better than {self.best:.4g} for {counted(self._waited, 'epoch')}")


class ReduceLROnPlateau(_Waiting):
    """Divides the rate of a fit whenever a metric no longer becomes better, as fastai's callback of this name.

    It is for `fit`, whose rate is constant otherwise.

    Args:
        metric: `loss` for the training loss, or a score of the task: `miou` of masks, `psnr_rgb` of pictures and so on.
        patience: Epochs to wait for a better value.
        factor: What the rate is divided by.
        min_delta: By how much a value has to be better to count.
        min_lr: Below which the rate does not fall.

    Raises:
        SettingError: If the patience is less than an epoch, or the factor does not lower the rate.
    """

    @known_keywords
    def __init__(
        self, metric: str = "miou", patience: int = 1, factor: float = 10.0, min_delta: float = 0.0, min_lr: float = 0.0
    ) -> None:
        super().__init__(metric, patience, min_delta)
        if factor <= 1:
            raise SettingError(f"factor is {factor:g}, but the rate is divided by it: give more than 1, such as 10.")
        self.factor, self.min_lr = factor, min_lr

    def fit_begins(self, fit: Fit) -> None:
        """Begin to count anew.

        Raises:
            SettingError: If the fit follows a schedule.
        """
        super().fit_begins(fit)
        if (schedule := fit.training.settings.schedule) != "constant":
            raise SettingError(
                f"ReduceLROnPlateau lowers a rate that is constant, but this fit follows the schedule {schedule}, "
                f"which lowers it by itself. Leave the callback out, or train with learner.fit."
            )

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """Lower the rate after too many epochs without a better value, and wait again."""
        if self.has_waited_enough(epoch):
            rate = fit.training.settings.learning_rate
            fit.set_rate(min(rate, max(rate / self.factor, self.min_lr)))
            self._waited = 0


class KeepBest(_Watching):
    """Makes a fit leave the weights of its best epoch instead of those of its last.

    Args:
        metric: `loss` for the training loss, or a score of the task: `miou` of masks, `psnr_rgb` of pictures and so on.

    Attributes:
        best: The best value.
        epoch: The epoch that had it; None before the first.
    """

    @known_keywords
    def __init__(self, metric: str = "miou") -> None:
        super().__init__(metric)
        self.epoch: Epoch | None = None
        self._state: dict[str, Tensor] = {}

    def fit_begins(self, fit: Fit) -> None:
        """Forget the fit before."""
        super().fit_begins(fit)
        self.epoch, self._state = None, {}

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """Keep a copy of the weights, in ordinary memory, if they are the best so far."""
        if self.is_better(epoch):
            self.epoch = epoch
            self._state = {name: tensor.cpu().clone() for name, tensor in fit.model.state_dict().items()}

    def fit_ends(self, fit: Fit) -> None:
        """Bring the best weights back."""
        if self._state:
            fit.model.load_state_dict(self._state)
            self._state = {}


class CSVLogger(Callback):
    """Writes one line per epoch: fit, number, loss, learning rate, seconds, and the metrics that there are.

    A logger that is told of several fits, such as the two of `fine_tune`, writes the epochs of all.

    Args:
        path: File to write; it is replaced after each epoch, whole.
    """

    @known_keywords
    def __init__(self, path: str | Path = "history.csv") -> None:
        self.path = Path(path)
        self._fits: list[list[Epoch]] = []

    def fit_begins(self, fit: Fit) -> None:
        """Make sure that the file can be written.

        Raises:
            OutputError: If its folder cannot be written to.
        """
        writable_folder(self.path.parent)
        self._fits.append(fit.epochs)

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        """Write all epochs so far.

        Raises:
            OutputError: If the file cannot be written.
        """
        metrics = list(dict.fromkeys(name for epochs in self._fits for done in epochs for name in done.metrics))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["fit", "epoch", "loss", "learning_rate", "seconds", *metrics])
        lines = [(number, done) for number, epochs in enumerate(self._fits, start=1) for done in epochs]
        for number, done in lines:
            row = [f"{value:.6g}" for value in (number, done.number, done.loss, done.learning_rate, done.seconds)]
            writer.writerow(row + [f"{done.metrics[name]:.6g}" if name in done.metrics else "" for name in metrics])
        write_atomically(self.path, text.getvalue().encode())
