from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pixelwise.errors import RunError, SettingError
from pixelwise.reports import rate_curve
from pixelwise.reports.rate_curve import RateCurve

RATES = 1e-7 * (10 / 1e-7) ** (np.arange(100) / 100)


def losses(seed: int = 0) -> NDArray[np.float64]:
    """Flat, then falling around 1e-3, then breaking; with noise."""
    place = np.log10(RATES)
    noise = np.random.default_rng(seed).normal(0, 0.01, len(RATES))
    found: NDArray[np.float64] = 2 - 1.2 / (1 + np.exp(-3 * (place + 3))) + np.exp(4 * (place - 0.2)) + noise
    return found


def test_suggestions_lie_where_the_loss_falls() -> None:
    curve = RateCurve(RATES.tolist(), losses().tolist(), 100)
    assert 1e-4 < curve.valley < 1e-2
    assert 1e-5 < curve.steep < 1e-1
    assert curve.minimum < RATES[losses()[:95].argmin()]
    assert curve.slide > 0
    assert repr(curve) == (
        f"RateCurve(valley={curve.valley:.2e}, slide={curve.slide:.2e}, minimum={curve.minimum:.2e}, "
        f"steep={curve.steep:.2e})"
    )
    first = RateCurve(RATES.tolist(), losses().tolist(), 100, ("steep",))
    assert repr(first).startswith(f"RateCurve(steep={curve.steep:.2e}, valley=")
    assert "slide=too few steps" in repr(RateCurve(RATES[:12].tolist(), losses()[:12].tolist(), 12))


def test_the_curve_is_drawn() -> None:
    curve = RateCurve(RATES.tolist(), losses().tolist(), 100, ("valley", "steep"))
    assert curve.plot().width > 300
    assert curve._repr_png_().startswith(b"\x89PNG")


def test_an_unknown_suggestion_is_refused() -> None:
    with pytest.raises(SettingError, match=r"no suggestion of a learning rate called 'valey'\. Did you mean 'valley'"):
        RateCurve([1.0], [1.0], 100, ("valey",))


def test_too_few_losses_are_refused() -> None:
    with pytest.raises(RunError, match="has 0 losses between its first tenth and its last five, but 'valley' needs 2"):
        _ = RateCurve(RATES[:12].tolist(), losses()[:12].tolist(), 100).valley


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["valley", "slide", "minimum", "steep"])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("breaks", [False, True])
def test_suggestions_are_those_of_fastai(name: str, seed: int, breaks: bool) -> None:
    import torch

    theirs = pytest.importorskip("fastai.callback.schedule")
    found = losses(seed)
    if breaks:
        found[90:] = np.nan
    curve = RateCurve(RATES.tolist(), found.tolist(), 100)
    end = 90 if breaks else 95
    rates, values = (torch.tensor(array.tolist())[10:end] for array in (RATES, found))
    assert getattr(curve, name) == pytest.approx(getattr(theirs, name)(rates, values, 100)[0], rel=1e-6)
    assert getattr(rate_curve, name)(rates.numpy(), values.numpy()) == pytest.approx(getattr(curve, name))
