"""How a network is trained: every setting of it, with its default and its limits."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pixelwise.data.mixing import Mix
from pixelwise.errors import SettingError

__all__ = ["Frozen", "Schedule", "Stage", "TrainingSettings", "refuse_batch", "refuse_parts", "refuse_uneven_batch"]

Schedule = Literal["one_cycle", "flat_cos", "constant", "linear_decay", "restarts"]
"""How the learning rate goes over a training; see `training.schedule`."""

_Share = Annotated[float, Field(ge=0, lt=1)]


class Frozen(BaseModel):
    """Settings that are replaced, never changed; an unknown name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Stage(Frozen):
    """A part of the training with views of one size.

    Attributes:
        until: Share of the training at which the stage ends, (0, 1].
        height: Pixels of a view.
        width: Pixels of a view.
        min_scale: Smallest view pixels per image pixel.
        max_scale: Largest.
    """

    until: float = Field(gt=0, le=1)
    height: int = Field(ge=8)
    width: int = Field(ge=8)
    min_scale: float = Field(gt=0)
    max_scale: float = Field(gt=0)

    @model_validator(mode="after")
    def _scales_in_order(self) -> Self:
        if self.min_scale > self.max_scale:
            raise ValueError(f"min_scale {self.min_scale:g} is above max_scale {self.max_scale:g}")
        return self


class TrainingSettings(Frozen):
    """How the weights are found.

    Attributes:
        epochs: How often each image is seen; None if a budget is given.
        budget_seconds: Wall time of the whole command; None if epochs are given.
        batch_size: Views per batch.
        accumulate: Batches whose gradients are averaged into one step.
        learning_rate: Peak rate of everything but the encoder.
        encoder_rate: The encoder's rate as a share of it.
        group_rates: Share of the learning rate of each layer group, from the deepest to the head, instead of
            `encoder_rate`; None leaves it to that.
        schedule: How the rate goes over the training.
        warmup: Share of the training in which the rate of `one_cycle` rises.
        start_rate: Where `one_cycle` begins, as a share of the peak.
        end_rate: Where `one_cycle` and `flat_cos` end, as a share of the peak.
        flat: Share of the training before the rate of `flat_cos` (None: 0.75) or `linear_decay` (None: 0.5) falls.
        cycles: Number of cycles of `restarts`.
        cycle_growth: How much longer each of them is than the one before.
        betas: Decay of AdamW's averages of the gradient and of its square.
        momentum: The first beta at the beginning, at the peak and at the end of `one_cycle`; None keeps it.
        epsilon: What AdamW adds to the root of the average square.
        weight_decay: Decoupled, of matrices only (no norm, no bias).
        gradient_clip: Largest norm of a network's whole gradient; a longer one is shortened. None clips nothing.
        train_bn: Whether batch norms in frozen layers go on being trained; otherwise they keep their statistics too.
        ema_decay: Decay of the moving average of the weights, per step.
        stages: Sizes of the views, in order.
        rotation: Largest rotation of a view in degrees.
        color: Strength of colour changes.
        flip: Whether views are mirrored.
        elastic: Standard deviation in pixels of the displacements of an elastic deformation of the views.
        mix: What of other views is pasted into a view; see `data.mixing`.
        mix_probability: Share of the views into which something is pasted.
        recompute: Whether the way back computes again what blocks of the network computed, instead of having it in
            memory: for larger views or batches, at about a fifth more time.
        precision: `auto` measures on this machine; `fp32`; `bf16`.
        seed: Of everything that is drawn.
        checkpoint_seconds: Time between checkpoints.
    """

    epochs: float | None = Field(default=None, gt=0)
    budget_seconds: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=4, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=3e-3, gt=0)
    encoder_rate: float = Field(default=0.3, ge=0)
    group_rates: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    schedule: Schedule = "one_cycle"
    warmup: float = Field(default=0.25, ge=0, lt=1)
    start_rate: float = Field(default=0.04, ge=0, le=1)
    end_rate: float = Field(default=1e-5, ge=0, le=1)
    flat: float | None = Field(default=None, ge=0, lt=1)
    cycles: int = Field(default=1, ge=1)
    cycle_growth: float = Field(default=2.0, gt=0)
    betas: tuple[_Share, _Share] = (0.9, 0.99)
    momentum: tuple[_Share, _Share, _Share] | None = None
    epsilon: float = Field(default=1e-5, gt=0)
    weight_decay: float = Field(default=0.02, ge=0)
    gradient_clip: float | None = Field(default=None, gt=0)
    train_bn: bool = True
    ema_decay: float = Field(default=0.98, ge=0, lt=1)
    stages: tuple[Stage, ...] = Field(min_length=1)
    rotation: float = Field(default=5.0, ge=0, le=180)
    color: float = Field(default=0.25, ge=0)
    flip: bool = True
    elastic: float = Field(default=0.0, ge=0)
    mix: Mix = "none"
    mix_probability: float = Field(default=0.5, ge=0, le=1)
    recompute: bool = False
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    seed: int = Field(default=0, ge=0)
    checkpoint_seconds: float = Field(default=60.0, ge=0)

    @property
    def views_per_step(self) -> int:
        """How many views one step of the optimiser learns from."""
        return self.batch_size * self.accumulate

    def least_batch(self, kinds: int = 1) -> int:
        """How few views a batch may have: one of each of `kinds`, or two where they are mixed with others of a kind."""
        return kinds * (1 if self.mix == "none" else 2)

    def stage_at(self, progress: float) -> Stage:
        """The stage at `progress` of a training, [0, 1]."""
        return next((stage for stage in self.stages if progress < stage.until), self.stages[-1])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ends = [stage.until for stage in self.stages]
        if ends != sorted(set(ends)) or ends[-1] != 1.0:
            raise ValueError(f"the stages end at {ends}, but each must end after the one before, and the last at 1.0")
        if self.epochs is not None and self.budget_seconds is not None:
            raise ValueError("both epochs and budget_seconds are given; either ends the training, so set one to null")
        if self.epochs is None and self.budget_seconds is None:
            raise ValueError("neither epochs nor budget_seconds is given, so the training would never end; give one")
        if self.batch_size < self.least_batch():
            raise ValueError(f"mix is {self.mix}, which takes two views in a batch, but batch_size is 1")
        if self.momentum is not None and self.schedule != "one_cycle":
            raise ValueError(f"momentum goes through the cycle of one_cycle, but the schedule is {self.schedule}")
        return self


def refuse_uneven_batch(settings: TrainingSettings, processes: int) -> None:
    """Refuse a batch that several processes cannot share out evenly.

    Raises:
        SettingError: If they cannot.
    """
    size = settings.batch_size
    if size % processes:
        raise SettingError(
            f"training.batch_size is {size}, but {processes} processes share each batch, evenly. Take a multiple of "
            f"{processes}: --set training.batch_size={size + -size % processes}"
        )


def refuse_batch(settings: TrainingSettings, processes: int, *, unlabelled: bool = False) -> None:
    """Refuse a batch that cannot be shared out: among processes, or between labelled and unlabelled images.

    Args:
        settings: Of the training.
        processes: How many share each batch.
        unlabelled: Whether images without masks are learnt from, too.

    Raises:
        SettingError: If it cannot.
    """
    refuse_uneven_batch(settings, processes)
    size, mix = settings.batch_size, settings.mix
    if unlabelled and size < (least := settings.least_batch(kinds=2)):
        what = "an image with a mask and one without"
        if mix != "none":
            what = f"with training.mix={mix} two images with masks and two without"
        raise SettingError(
            f"training.batch_size is {size}, but --unlabelled takes {what} into each batch. Set it to {least} or more."
        )


def refuse_parts(settings: TrainingSettings, networks: int) -> None:
    """Refuse steps in parts where a task trains several networks in turn.

    Raises:
        SettingError: If that is asked for.
    """
    if settings.accumulate > 1 and networks > 1:
        raise SettingError(
            f"training.accumulate is {settings.accumulate}, but this task trains {networks} networks in turn, each on "
            f"what the others have just learnt. Set it to 1, or take a larger batch_size."
        )
