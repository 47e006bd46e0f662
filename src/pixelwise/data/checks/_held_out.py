"""What to do about images that are held out: more of them, or others."""

from __future__ import annotations

from pixelwise.data.split import is_beginning

__all__ = ["FEW_TO_LEARN", "FEW_TO_SCORE", "hold_out_more"]

FEW_TO_LEARN = 8  # fewer images are known by heart
FEW_TO_SCORE = 3  # with fewer, the score hangs on single images
_SHARES = (0.3, 0.4, 0.5)


def hold_out_more(
    train: int,
    val: int,
    otherwise: str,
    *,
    is_drawn: bool,
    validation: float | str | None = None,
    enough: int = FEW_TO_SCORE,
) -> str:
    """How more images come to be scored: a share is named only if it holds out more, and enough.

    Args:
        train: How many images are trained on.
        val: How many are held out.
        otherwise: What else helps, as `label more images`.
        is_drawn: Whether pixelwise has held val out; otherwise a share would be one of train alone.
        validation: What somebody has said to hold out.
        enough: How many images are to be held out at least.

    >>> hold_out_more(18, 1, "label more images", is_drawn=False)
    'Hold out more (`--validation 0.3`, in Python validation=0.3), or label more images.'
    >>> hold_out_more(3, 1, "label more images", is_drawn=True)
    'Label more images.'
    """
    if is_beginning(validation):
        return f"Hold out more, by a beginning that more names have (`--validation`), or {otherwise}."
    total = train + val if is_drawn else train
    for share in _SHARES:
        if round(share * total) >= max(val + 1, enough):
            return f"Hold out more (`--validation {share}`, in Python validation={share}), or {otherwise}."
    return f"{otherwise[0].upper()}{otherwise[1:]}."
