"""Grey, coloured and transparent images among each other."""

from __future__ import annotations

from collections.abc import Iterator

from pixelwise.data.checks._base import Check, Finding, Severity, Survey
from pixelwise.data.checks._words import agree, images_of, of_all, percent

__all__ = ["CHECK"]

_TRANSPARENT = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_COLORED = frozenset({"RGB", "RGBA", "P", "CMYK"})
_APART = 0.5  # by which the shares of grey images in two splits must differ


def run(survey: Survey) -> Iterator[Finding]:
    """One finding for grey among coloured, one for transparency, one for CMYK."""
    looks = survey.looks
    if not looks:
        return
    yield from _grey(survey)
    transparent = [pair for pair, look in looks.items() if look.mode in _TRANSPARENT]
    if transparent:
        yield Finding(
            Severity.NOTE,
            f"{of_all(len(transparent), len(looks), 'images')} {agree(len(transparent), 'has', 'have')} an alpha "
            "channel.",
            "Transparency is dropped: the colours that it hides are seen by the network.",
            "Save them without alpha, over the background that is meant, if the hidden colours are not.",
            images_of(transparent),
        )
    printed = [pair for pair, look in looks.items() if look.mode == "CMYK"]
    if printed:
        yield Finding(
            Severity.NOTE,
            f"{of_all(len(printed), len(looks), 'images')} {agree(len(printed), 'is', 'are')} CMYK, for print.",
            "They are turned into RGB without a colour profile, so that their colours may differ from the others'.",
            "Save them as RGB with an image editor.",
            images_of(printed),
        )


def _grey(survey: Survey) -> Iterator[Finding]:
    """Grey images: all of them, some of them, or those of one split."""
    looks = survey.looks
    grey = [pair for pair, look in looks.items() if look.is_grey]
    if len(grey) == len(looks):
        stored = sum(looks[pair].mode in _COLORED for pair in grey)
        if stored:
            yield Finding(
                Severity.NOTE,
                f"All {len(looks)} images are grey, {stored} of them stored with colour channels.",
                "Nothing suffers; three equal channels are read.",
                "Nothing needs to be done; as grey files they would be smaller.",
                count=len(grey),
            )
        return
    if not grey:
        return
    shares = {
        split: sum(looks[pair].is_grey for pair in pairs if pair in looks) / max(1, len(pairs))
        for split, pairs in survey.final_splits.items()
    }
    apart = max(shares.values()) - min(shares.values()) >= _APART and len(shares) > 1
    per_split = ", ".join(f"{split} {percent(share)}".strip() for split, share in shares.items())
    cure = "Nothing needs to be done, if such images will be met in use."
    if apart:
        mix = "Hold out others (`--validation`, `--seed`)" if survey.is_drawn else "Mix both kinds into every split"
        cure = f"{mix}, or convert all images to grey."
    yield Finding(
        Severity.HARMS if apart else Severity.NOTE,
        f"{of_all(len(grey), len(looks), 'images')} {agree(len(grey), 'is', 'are')} grey among coloured ones "
        f"({per_split}).",
        "The score is of another kind of picture than the training."
        if apart
        else "The network has to do without colour in some of them, and in all with it.",
        cure,
        images_of(grey),
    )


CHECK = Check(run, "grey, coloured and transparent images among each other", looks=True)
