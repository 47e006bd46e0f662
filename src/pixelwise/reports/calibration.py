"""What a report says of how far probabilities are from how often they are right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pixelwise.metrics.calibration import Bin, PixelSample
from pixelwise.reports.curves import ACCENT, INK, Curve, svg_of

__all__ = ["calibration_in_words", "reliability_curve"]

_CLOSE, _ROUGH = 0.02, 0.05  # calibration errors: up to which probabilities are close, and above which they are rough
_FEWEST = 0.001  # share of the pixels that a bin needs to be drawn; fewer tell little
_DOT = 8.0, 160.0  # area of the dot of an empty bin and, beyond it, of one that has all pixels


def calibration_in_words(sample: PixelSample) -> str:
    """What the calibration error means, in a sentence; nothing where there is none.

    Args:
        sample: Of pixels that were held out, with the scores that the model gives.
    """
    error = sample.error()
    if math.isnan(error):
        return ""
    surplus = sum(one.share * (one.confidence - one.right) for one in sample.reliability())
    side = "" if abs(surplus) < error / 2 else ", mostly too high" if surplus > 0 else ", mostly too low"
    told = f"Probabilities are off by {100 * error:.1f} points of 100 on average{side}: "
    if error <= _CLOSE:
        return told + "close to how often they are right."
    if error <= _ROUGH:
        return told + "near how often they are right, though not exact."
    return told + "rough. They tell surer pixels from less sure ones, but 90 % does not mean right in 9 of 10."


def reliability_curve(bins: Sequence[Bin]) -> Curve | None:
    """Draw how often pixels are right over how sure the model is; None where there is nothing to draw.

    Args:
        bins: As `PixelSample.reliability` returns them; those of very few pixels are left out.
    """
    shown = [one for one in bins if one.share >= _FEWEST]
    if not shown:
        return None
    from matplotlib.figure import Figure  # here, because it takes a second and only reports need it

    figure = Figure(figsize=(3.2, 2.9), layout="constrained")
    axes = figure.add_subplot()
    confidence, right = [one.confidence for one in shown], [one.right for one in shown]
    least = math.floor(10 * min(*confidence, *right, 0.9)) / 10
    axes.plot([least, 1], [least, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.plot(confidence, right, color=ACCENT, linewidth=1.4)
    axes.scatter(confidence, right, s=[_DOT[0] + _DOT[1] * one.share for one in shown], color=ACCENT, linewidths=0)
    axes.set_xlabel("how sure the model is", color=INK)
    axes.set_ylabel("share that is right", color=INK)
    axes.set_xlim(least, 1.02)
    axes.set_ylim(least, 1.02)
    title = "Reliability"
    note = "On the dashed line, probabilities are what they say; a larger dot has more pixels."
    return Curve(title, note, svg_of(figure, title))
