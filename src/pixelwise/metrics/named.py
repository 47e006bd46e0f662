"""Scores by their names, as a line."""

from __future__ import annotations

__all__ = ["NamedScores"]


class NamedScores(dict[str, float]):
    """Scores of pictures by name; they say in a line what they are.

    >>> NamedScores(psnr_rgb=25.911111, ssim_rgb=0.81234567)
    NamedScores(psnr_rgb 25.91, ssim_rgb 0.8123)
    """

    def __repr__(self) -> str:
        shown = (f"{name} {value:{'.2f' if name.startswith('psnr') else '.4g'}}" for name, value in self.items())
        return f"NamedScores({', '.join(shown)})"
