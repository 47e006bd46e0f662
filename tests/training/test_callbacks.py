from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

from pixelwise.errors import OutputError, SettingError
from pixelwise.learner import live_curves
from pixelwise.learner.live_curves import LiveCurves
from pixelwise.training.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    Epoch,
    Fit,
    KeepBest,
    ReduceLROnPlateau,
)
from pixelwise.training.fitting import run_fit
from pixelwise.training.loop import Moment
from tests.training.drawn import new_training


def fitted(callbacks: Sequence[Callback], scores: Sequence[float], epochs: float = 3) -> Fit:
    """A fit of six images in steps of two, whose validation images get these scores."""
    given = iter(scores)
    return run_fit(new_training(epochs=epochs), callbacks, lambda fit: {"miou": next(given)})


class Notes(Callback):
    def __init__(self) -> None:
        self.told: list[str] = []

    def fit_begins(self, fit: Fit) -> None:
        self.told.append("begin")

    def moment(self, fit: Fit, moment: Moment) -> None:
        self.told.append(f"step {moment.step}")

    def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
        self.told.append(f"epoch {epoch.number:g}: {epoch.metrics['miou']:g}")

    def fit_ends(self, fit: Fit) -> None:
        self.told.append("end")


def test_callbacks_are_told_in_order() -> None:
    notes = Notes()
    fitted([notes], [0.1, 0.2, 0.3], epochs=7 / 3)
    steps = ["step 3", "epoch 1: 0.1", "step 6", "epoch 2: 0.2", "step 7", "epoch 2.33333: 0.3"]
    assert notes.told == ["begin", *steps, "end"]


def test_a_callback_hears_of_the_end_after_an_error() -> None:
    notes = Notes()
    with pytest.raises(StopIteration):
        fitted([notes], [])
    assert notes.told[-1] == "end"


def test_a_distance_of_sets_is_better_when_it_is_smaller() -> None:
    keep, given = KeepBest("kid_lite0"), iter([0.3, 0.1, 0.2])
    run_fit(new_training(epochs=3), [keep], lambda fit: {"kid_lite0": next(given)})
    assert keep.best == 0.1


class Torn(Callback):
    def fit_ends(self, fit: Fit) -> None:
        raise OSError("the disk is full")


def test_each_callback_hears_of_the_end_even_if_one_before_it_fails() -> None:
    notes = Notes()
    with pytest.raises(OSError, match="the disk is full"):
        fitted([Torn(), notes], [0.1, 0.2, 0.3])
    assert notes.told[-1] == "end"


def test_a_fit_is_stopped_when_the_score_no_longer_rises() -> None:
    fit = fitted([EarlyStopping(patience=2)], [0.3, 0.5, 0.4, 0.5, 0.9], epochs=5)
    assert [epoch.metrics["miou"] for epoch in fit.epochs] == [0.3, 0.5, 0.4, 0.5]
    assert fit.stopped == "miou has not been better than 0.5 for 2 epochs"
    assert fit.training.step == 12


def test_the_loss_is_better_when_it_is_smaller_and_nan_is_never_better() -> None:
    fit = fitted([EarlyStopping("loss", patience=1, min_delta=100)], [0.1] * 5, epochs=5)
    assert len(fit.epochs) == 2
    keep = KeepBest()
    fitted([keep], [math.nan, 0.2, math.nan])
    assert keep.best == 0.2


def test_the_rate_is_divided_whenever_the_score_has_not_risen_down_to_the_smallest_one() -> None:
    given = iter([0.3, 0.2, 0.4, 0.4, 0.1, 0.1])
    training = new_training(epochs=6, schedule="constant", learning_rate=0.01)
    plateau = ReduceLROnPlateau(patience=1, factor=10, min_lr=5e-4)
    fit = run_fit(training, plateau, lambda fit: {"miou": next(given)})
    assert [epoch.learning_rate for epoch in fit.epochs] == pytest.approx([0.01, 0.01, 1e-3, 1e-3, 5e-4, 5e-4])
    assert next(iter(training._optimizers.values())).param_groups[-1]["lr"] == pytest.approx(5e-4)


def test_a_rate_that_a_schedule_lowers_is_not_lowered_once_more() -> None:
    with pytest.raises(SettingError, match=r"follows the schedule one_cycle, which lowers it .* with learner\.fit"):
        fitted([ReduceLROnPlateau()], [0.1])


def test_patience_and_factors_that_make_no_sense_are_refused() -> None:
    for patience, said in ((0, "0"), ("3", "'3'"), (1.5, r"1\.5"), (True, "True")):
        words = f"^patience is {said}, but it is a number of epochs to wait: give a whole number, 1 or more"
        with pytest.raises(SettingError, match=words):
            EarlyStopping(patience=patience)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"factor is 0\.1, but the rate is divided by it"):
        ReduceLROnPlateau(factor=0.1)
    with pytest.raises(SettingError, match="learning rate is to be set to -1, but it has to be above 0"):
        Fit(new_training()).set_rate(-1)


def test_the_best_weights_are_kept() -> None:
    seen: list[torch.Tensor] = []

    class Copies(Callback):
        def epoch_ends(self, fit: Fit, epoch: Epoch) -> None:
            seen.append(next(fit.model.parameters()).clone())

    keep = KeepBest()
    fit = fitted([Copies(), keep], [0.1, 0.8, 0.3])
    assert torch.equal(next(fit.model.parameters()), seen[1])
    assert not torch.equal(seen[1], seen[2])
    assert (keep.best, keep.epoch) == (0.8, fit.epochs[1])


def test_a_metric_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingError, match=r"no metric of a fit called 'mioo'\. Did you mean 'miou'"):
        fitted([KeepBest("mioo")], [0.1])


def test_epochs_are_written_as_a_table(tmp_path: Path) -> None:
    fit = fitted([CSVLogger(tmp_path / "log.csv")], [0.1, 0.2, 0.3])
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [row["miou"] for row in rows] == ["0.1", "0.2", "0.3"]
    assert [float(row["loss"]) for row in rows] == pytest.approx([epoch.loss for epoch in fit.epochs], rel=1e-5)


def test_curves_grow_in_a_file(tmp_path: Path) -> None:
    fitted([LiveCurves(tmp_path / "curves.png")], [0.1, 0.2, 0.3])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_in_a_notebook_the_plot_of_a_fit_is_shown_once_and_then_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Handle:
        def update(self, picture: Image.Image) -> None:
            told.append("update")

    def display(picture: Image.Image, display_id: bool) -> Handle:
        assert display_id
        told.append("display")
        return Handle()

    notebook = ModuleType("IPython.display")
    vars(notebook)["display"] = display
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    monkeypatch.setattr(live_curves, "_is_notebook", lambda: True)
    monkeypatch.chdir(tmp_path)
    curves = LiveCurves()
    for _ in range(2):
        fitted([curves], [0.1, 0.2, 0.3])
    assert told == ["display", "update", "update"] * 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [CSVLogger, LiveCurves])
def test_a_file_that_cannot_be_written_is_refused_before_training(
    kind: type[CSVLogger | LiveCurves], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    notes = Notes()
    with pytest.raises(OutputError, match="cannot be made"):
        fitted([kind(tmp_path / "file" / "history"), notes], [0.1, 0.2, 0.3])
    assert notes.told == []


def test_a_class_instead_of_a_callback_is_refused_before_training() -> None:
    with pytest.raises(SettingError, match=r"holds the class KeepBest instead of an object; write KeepBest\(\)"):
        fitted([KeepBest], [0.1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("name", "hook"),
    [
        ("epoch_end", "the hook is called epoch_ends here"),
        ("fit_begin", "the hook is called fit_begins here"),
        ("before_fit", "the hook is called fit_begins here"),
        ("after_epoch", "the hook is called epoch_ends here"),
        ("after_batch", "the hook is called moment here"),
        ("before_epoch", "the hooks here are fit_begins, moment, epoch_ends, fit_ends"),
    ],
)
def test_a_misspelt_hook_is_refused_before_training(name: str, hook: str) -> None:
    kind = type("Loud", (Callback,), {name: lambda self, fit: None, "show": lambda self: None})
    with pytest.raises(SettingError, match=f"Loud.{name} would never be called; {hook}"):
        fitted([kind()], [0.1])


def test_a_method_of_its_own_is_left_to_a_callback() -> None:
    kind = type("Loud", (Callback,), {"show": lambda self: None, "scores": list})
    assert len(fitted([kind()], [0.1, 0.2, 0.3]).epochs) == 3


def test_one_epoch_is_one_epoch() -> None:
    fit = fitted([EarlyStopping(patience=1)], [0.5, 0.4], epochs=5)
    assert fit.stopped == "miou has not been better than 0.5 for 1 epoch"
