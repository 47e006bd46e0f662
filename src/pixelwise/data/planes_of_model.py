"""Masks of one class each against the classes of a model."""

from __future__ import annotations

from dataclasses import replace

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Decision
from pixelwise.data.layout import Layout
from pixelwise.data.names import is_rest
from pixelwise.data.pairs import Pair
from pixelwise.data.planes import refuse_missing
from pixelwise.data.renumbering import LEFT_OUT, Scanned, renumbered
from pixelwise.errors import DataError, some_of

__all__ = ["planes_of_model"]

Pairs = dict[str, tuple[Pair, ...]]


def planes_of_model(
    layout: Layout, pairs: Pairs, scanned: Scanned, classes: Classes
) -> tuple[Pairs, Scanned, Classes, list[Decision]]:
    """Bring masks of one class each and the classes of a model together, by their names.

    Masks that store one number per pixel are returned as they are.

    Args:
        layout: How the files lie.
        pairs: Per split.
        scanned: What each of them holds.
        classes: The classes of the model.

    Returns:
        The pairs, what they hold, the classes as the masks store them, and what was decided.

    Raises:
        DataError: If masks are missing, or there are not masks of the model's classes.
    """
    known = layout.found.names
    if known is None or not known.combined or known.values is None:
        if classes.multilabel:
            raise DataError(
                f"The model gives each pixel any of {classes.num_classes} classes "
                f"({some_of(classes.names, most=12)}), but the masks of {layout.root} store one number per pixel. "
                "Masks in one file per class, such as masks/CLASS/a.png, are expected."
            )
        return pairs, scanned, classes, []
    decided = refuse_missing(scanned, layout.root)
    if classes.any_positive:
        return pairs, scanned, classes, decided
    own = set(classes.names)
    is_open = is_rest(classes.names[0]) and classes.names[0] not in known.names
    wanted = own - {classes.names[0]} if is_open and not classes.multilabel else own
    if set(known.names) != wanted:
        raise DataError(
            f"{layout.root} holds masks of the classes {some_of(known.names, most=12)}, but the model knows "
            f"{some_of(classes.names, most=12)}. Masks of the model's classes, called like them, are expected."
        )
    if classes.multilabel:
        by_name = dict(zip(known.names, known.values, strict=True))
        values = tuple(by_name[name] for name in classes.names)
        about = Decision(f"The classes are the model's {classes.num_classes}", f"known by {known.source}")
        return pairs, scanned, replace(classes, values=values), [*decided, about]
    numbers = {name: number for number, name in enumerate(classes.names)}
    pairs, scanned = renumbered(pairs, scanned, numbers, 0 if is_open else LEFT_OUT)
    stored = tuple(range(classes.num_classes))
    plain = replace(classes, values=stored, ignore_values=(LEFT_OUT,), colored=False, nearest=False)
    return pairs, scanned, plain, decided
