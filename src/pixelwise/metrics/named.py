"""Scores by their names, as a line."""

from __future__ import annotations

__all__ = ["NamedScores", "score_text"]


class NamedScores(dict[str, float]):
    """Scores of pictures by name; they say in a line what they are.

    >>> NamedScores(psnr_rgb=25.911111, ssim_rgb=0.81234567)
    NamedScores(psnr_rgb 25.91, ssim_rgb 0.8123)
    """

    def __repr__(self) -> str:
        return f"NamedScores({', '.join(f'{name} {score_text(name, value)}' for name, value in self.items())})"


def score_text(name: str, value: float) -> str:
    """A score as it stands in a line: decibels with two decimals, any other with four digits.

    >>> score_text("psnr_rgb", 30.0), score_text("kid_lite0", 0.0123456)
    ('30.00', '0.01235')
    """
    return f"{value:{'.2f' if name.startswith('psnr') else '.4g'}}"
