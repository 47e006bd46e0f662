"""Plots of a history: what their axes show."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from pixelwise.reports import plots


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Those that are drawn."""
    drawn: list[Figure] = []
    monkeypatch.setattr(plots, "as_picture", drawn.append)
    return drawn


def test_a_single_epoch_stands_between_whole_numbers(figures: list[Figure]) -> None:
    plots.plot_history([{"fit": 0, "step": 1.0, "loss": 0.5}], ("loss",), place="epoch")
    (axes,) = figures[0].axes
    assert axes.get_xlim() == (0, 2)
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_several_epochs_begin_at_0_and_fill_the_plot(figures: list[Figure]) -> None:
    plots.plot_history([{"fit": 0, "step": float(n), "loss": 1 / n} for n in range(1, 5)], ("loss",), place="epoch")
    low, high = figures[0].axes[0].get_xlim()
    assert (low, high) == pytest.approx((0, 4.08))


def test_a_history_without_rows_is_an_empty_plot() -> None:
    assert plots.plot_history([], ("loss",)).width > 0
