"""The ways to fit, under fastai's names."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

from pixelwise.errors import SettingError
from pixelwise.learner._core import Core, Data
from pixelwise.learner._told import Length, Rate, refuse_length, refuse_rate
from pixelwise.ops.given import refuse_no_count, refuse_other_type
from pixelwise.ops.keywords import known_keywords
from pixelwise.planning import parse_duration
from pixelwise.reports.rate_curve import RateCurve
from pixelwise.training.fitting import Callbacks
from pixelwise.training.lr_find import sweep_rates
from pixelwise.training.optimizer import spread_rates
from pixelwise.workflow import settle_precision

__all__ = ["Fitting"]

_DIV_FINAL = 1e5  # fastai's


class Fitting(Core[Data]):
    """Everything of a learner that changes its weights; see `Learner`.

    A rate is one number, for everything but the encoder, which takes its share (`training.encoder_rate`); a slice,
    which is spread over the layer groups as in fastai; or None, for what the plan says. A length is a number of epochs
    or a wall time such as `7m`; a schedule ends when it does.
    """

    @known_keywords
    def fit_one_cycle(
        self,
        epochs: Length,
        lr_max: Rate = None,
        *,
        div: float = 25.0,
        div_final: float = _DIV_FINAL,
        pct_start: float | None = None,
        moms: tuple[float, float, float] | None = None,
        callbacks: Callbacks = (),
    ) -> None:
        """Train on one cycle of the learning rate: up on half a cosine, down on another.

        Args:
            epochs: How often each image is seen, or a wall time.
            lr_max: Peak rate.
            div: The peak over the rate at the beginning.
            div_final: The peak over the rate at the end.
            pct_start: Share of the training in which the rate rises; None takes the plan's.
            moms: Momentum at the beginning, at the peak and at the end; None takes the plan's, which is constant
                unless changed. fastai's is (0.95, 0.85, 0.95).
            callbacks: Are told of the fit, in this order; one, or several.

        Raises:
            SettingError: If a number is out of range.
            RunError: If the training diverges.
        """
        refuse_length(epochs, "epochs")
        refuse_rate(lr_max, "lr_max")
        settings = self.plan.training
        if moms is not None and (not isinstance(moms, Sequence) or len(moms) != 3):
            raise SettingError(
                f"moms is {moms}, but three momenta are expected: at the beginning, at the peak and at the end, such "
                f"as (0.95, 0.85, 0.95)."
            )
        self._fit(
            epochs,
            lr_max,
            callbacks,
            schedule="one_cycle",
            start_rate=_part(div, "div"),
            end_rate=_part(div_final, "div_final"),
            warmup=settings.warmup if pct_start is None else pct_start,
            momentum=settings.momentum if moms is None else moms,
        )

    @known_keywords
    def fit(self, epochs: Length, lr: Rate = None, *, callbacks: Callbacks = ()) -> None:
        """Train at a constant rate; raises what `fit_one_cycle` raises."""
        refuse_length(epochs, "epochs")
        refuse_rate(lr, "lr")
        self._fit(epochs, lr, callbacks, schedule="constant", momentum=None)

    @known_keywords
    def fit_as_planned(self, epochs: Length, *, callbacks: Callbacks = ()) -> None:
        """Train as `pixelwise train` does: at the plan's rate, on its schedule; raises what `fit_one_cycle` raises."""
        refuse_length(epochs, "epochs")
        self._fit(epochs, None, callbacks)

    @known_keywords
    def fit_flat_cos(
        self,
        epochs: Length,
        lr: Rate = None,
        *,
        div_final: float = _DIV_FINAL,
        pct_start: float = 0.75,
        callbacks: Callbacks = (),
    ) -> None:
        """Train at a constant rate for a share `pct_start` of the length, then down on half a cosine."""
        refuse_length(epochs, "epochs")
        refuse_rate(lr, "lr")
        changes = {"flat": pct_start, "end_rate": _part(div_final, "div_final"), "momentum": None}
        self._fit(epochs, lr, callbacks, schedule="flat_cos", **changes)

    @known_keywords
    def fit_sgdr(
        self,
        n_cycles: int,
        cycle_len: Length,
        lr_max: Rate = None,
        *,
        cycle_mult: float = 2.0,
        callbacks: Callbacks = (),
    ) -> None:
        """Train on cycles from the peak rate to 0, the first of `cycle_len`, each `cycle_mult` times longer."""
        refuse_no_count(n_cycles, "n_cycles", "it is how many cycles follow one another")
        refuse_length(cycle_len, "cycle_len")
        refuse_rate(lr_max, "lr_max")
        lengths = sum(cycle_mult**cycle for cycle in range(n_cycles))
        whole = f"{parse_duration(cycle_len) * lengths:f}s" if isinstance(cycle_len, str) else cycle_len * lengths
        changes = {"cycles": n_cycles, "cycle_growth": cycle_mult, "momentum": None}
        self._fit(whole, lr_max, callbacks, schedule="restarts", **changes)

    @known_keywords
    def fine_tune(
        self,
        epochs: Length,
        base_lr: Rate = None,
        freeze_epochs: Length = 1,
        *,
        lr_mult: float = 100.0,
        pct_start: float = 0.3,
        div: float = 5.0,
        callbacks: Callbacks = (),
    ) -> None:
        """Train the new layers alone first, then everything at half the rate, as fastai's method of this name.

        With `base_lr`, the rates are fastai's: `slice(base_lr)` for the first part, and from base_lr / 2 / `lr_mult`
        for the deepest layers to base_lr / 2 for the second. Without, they are the plan's, with its share for the
        encoder.

        Args:
            epochs: Epochs with all layers, or a wall time.
            base_lr: Peak rate of the first part. The higher end of a slice is this rate, and the lower one that of the
                deepest layers in place of base_lr / `lr_mult`.
            freeze_epochs: Epochs with a frozen encoder before them, or a wall time; 0 leaves this part out.
            lr_mult: The last layers' rate over that of the deepest, in the second part.
            pct_start: Share of the second part in which the rate rises.
            div: The peak over the rate at the beginning of the second part.
            callbacks: Are told of both parts.

        Raises:
            SettingError: If the network has no encoder, or a number is out of range.
            RunError: If the training diverges.
        """
        refuse_length(epochs, "epochs")
        if freeze_epochs != 0:
            refuse_length(freeze_epochs, "freeze_epochs")
        refuse_rate(base_lr, "base_lr")
        first: Rate = None
        second: Rate = self.plan.training.learning_rate / 2
        if isinstance(base_lr, slice):
            spread_rates(base_lr, 2)  # raises
            lr_mult = base_lr.stop / base_lr.start if base_lr.start else lr_mult
        peak: float | None = base_lr.stop if isinstance(base_lr, slice) else base_lr
        if peak is not None:
            first, second = slice(peak), slice(peak / 2 / lr_mult, peak / 2)
        try:
            if freeze_epochs != 0:
                self.freeze()
                self.fit_one_cycle(freeze_epochs, first, pct_start=0.99, callbacks=callbacks)
        finally:
            self.unfreeze()
        self.fit_one_cycle(epochs, second, pct_start=pct_start, div=div, callbacks=callbacks)

    @known_keywords
    def lr_find(
        self,
        start: float = 1e-7,
        end: float = 10.0,
        num_it: int = 100,
        stop_div: bool = True,
        suggestions: Sequence[str] = ("valley",),
    ) -> RateCurve:
        """Train a copy of the network at a growing rate, and suggest one; a notebook shows the plot.

        How far it is, is shown as in a fit. Nothing else is changed: not the network, nor its buffers, nor the state of
        a generator. Layer groups keep their shares of the rate, so that a suggestion can be given to `fit_one_cycle` as
        it is.

        Args:
            start: First rate.
            end: Last rate.
            num_it: Number of steps; 6 at least, since fewer show no curve.
            stop_div: Whether to end when the smoothed loss is four times its minimum.
            suggestions: Which rates to mark: `valley`, `slide`, `minimum`, `steep`.

        Returns:
            The curve, with all four suggestions as attributes.

        Raises:
            SettingError: If a rate is not above 0, the end is not above the start, there is no step, or several
                networks are trained against each other, whose losses say nothing of a rate.
        """
        refuse_no_count(num_it, "num_it", "it is how many steps are taken")
        if not 0 < start < end:
            raise SettingError(
                f"lr_find goes from {start:g} to {end:g}; the rates must be above 0, and the end higher."
            )
        if self._task.partners(self.model):
            raise SettingError(
                f"lr_find follows the loss of one network, and here several are trained against each other. Fit at the "
                f"plan's rate, {self.plan.training.learning_rate:g}, or a lower one."
            )
        self.plan = settle_precision(self.plan, self._display)
        rates, losses = sweep_rates(
            self.model,
            self._task,
            self._training_views(),
            self.plan.training,
            between=(start, end),
            num_it=num_it,
            stop_div=stop_div,
            tell=lambda moment: self._display.moment(moment, moment.seconds_left, None),
        )
        return RateCurve(rates, losses, num_it, suggestions)


def _part(divisor: float, name: str) -> float:
    """What a peak is divided by, as a share of it."""
    refuse_other_type(divisor, name, Real, "it is a number that the peak is divided by, such as 25")
    if divisor < 1:
        raise SettingError(f"{name} is {divisor:g}, but the peak is the highest rate: give 1 or more.")
    return 1 / divisor
