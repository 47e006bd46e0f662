"""What the report of a training on pictures shows: of pairs, and of two kinds that do not belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.pairs import Pair
from pixelwise.inference.predictor import Predictor
from pixelwise.ops.spread import evenly
from pixelwise.reports.choice import choose
from pixelwise.reports.page import GROUPS, Content, data_uri
from pixelwise.reports.picture_scores import PictureEvaluation, PictureScore, enlarged, given_image
from pixelwise.reports.set_scores import SetEvaluation
from pixelwise.tasks import PictureTask

__all__ = ["picture_content", "set_content"]

_PANEL = 360  # pixels: width to which pictures are cut, so that each pixel can be seen
_OF_EACH = 2  # pictures of a group
_OF_A_SET = 6  # pictures

_Shown = Sequence[tuple[str, NDArray[np.uint8]]]  # pictures `(H, W, 3)` beside each other, with what they are


def picture_content(predictor: Predictor, pairs: Sequence[Pair], evaluation: PictureEvaluation | None) -> Content:
    """Scores beside those of the images themselves, and what was given, made and wanted.

    Args:
        predictor: The model.
        pairs: Those that were evaluated, in the same order.
        evaluation: The scores; None where there was nothing to score.
    """
    task = predictor.task
    if evaluation is None or not isinstance(task, PictureTask):
        return _content(None)
    name = evaluation.metrics[0]
    gain = evaluation.values[name] - evaluation.baseline[name]
    return _content(
        evaluation,
        headline={
            "value": _number(name, evaluation.values[name]),
            "title": _title(name),
            "gain": f"{gain:+.2f} against {_compared(task)}" if gain else f"as good as {_compared(task)}",
        },
        rows=[_picture_row(evaluation, metric) for metric in evaluation.metrics],
        scored="Means over the pictures, of",
        wanted="Wanted",
        groups=_groups(predictor, task, pairs, evaluation),
        enlarges=task.scale > 1,
    )


def set_content(
    predictor: Predictor, pairs: Sequence[Pair], others: Sequence[Pair], evaluation: SetEvaluation | None
) -> Content:
    """Scores beside those of the pictures as they were given, and what was given and made beside real pictures.

    Args:
        predictor: The model.
        pairs: Pictures that were translated.
        others: Real pictures of the kind that comes out.
        evaluation: The scores; None where there was nothing to score.
    """
    if evaluation is None:
        return _content(None)
    first = evaluation.metrics[0]
    return _content(
        evaluation,
        headline={
            "value": f"{evaluation.values[first]:.4g}",
            "title": first.replace("_", " ").upper(),
            "gain": f"{evaluation.baseline[first]:.4g} for the pictures as they were given; smaller is better",
        },
        rows=[_set_row(evaluation, name) for name in evaluation.metrics],
        scored="Distances, as sets, from real pictures of that kind: of",
        wanted="One of that kind",
        groups=[{"heading": "Some of them", "examples": _set_examples(predictor, pairs, others)}],
    )


def _content(
    evaluation: PictureEvaluation | SetEvaluation | None,
    *,
    headline: dict[str, str] | None = None,
    rows: Sequence[dict[str, str]] = (),
    scored: str = "",
    wanted: str = "",
    groups: Sequence[dict[str, Any]] = (),
    enlarges: bool = False,
) -> Content:
    """The upper part of a page.

    Args:
        evaluation: The scores, if there are any.
        headline: The first of them.
        rows: All of them, as they are shown.
        scored: The beginning of the sentence that says what they are.
        wanted: What stands beside the picture that was given and the one that was made.
        groups: Examples under their headings.
        enlarges: Whether the model makes larger pictures.
    """
    values = {
        "evaluation": evaluation,
        "headline": headline,
        "rows": rows,
        "scored": scored,
        "heads": (_given(enlarges=enlarges), "Made", wanted),
        "groups": groups,
        "enlarges": enlarges,
    }
    return Content("pictures.html.j2", values)


def _picture_row(evaluation: PictureEvaluation, name: str) -> dict[str, str]:
    made, given = evaluation.values[name], evaluation.baseline[name]
    sign = "+" if made >= given else "−"
    return {
        "name": name,
        "made": _number(name, made),
        "given": _number(name, given),
        "gain": sign + _number(name, abs(made - given)),
    }


def _set_row(evaluation: SetEvaluation, name: str) -> dict[str, str]:
    made, given = evaluation.values[name], evaluation.baseline[name]
    return {"name": name, "made": f"{made:.4g}", "given": f"{given:.4g}", "gain": f"{given - made:+.4g}"}


def _given(*, enlarges: bool) -> str:
    """What stands above the pictures that were given."""
    return "Given, enlarged by bicubic interpolation" if enlarges else "Given"


def _compared(task: PictureTask) -> str:
    """What the scores of a model are compared with."""
    return "bicubic enlargement" if task.scale > 1 else "what was given"


def _title(name: str) -> str:
    return "dB PSNR" if name.startswith("psnr") else name.partition("_")[0].upper()


def _number(name: str, value: float) -> str:
    return f"{value:.2f}" if name.startswith("psnr") else f"{value:.4f}"


def _groups(
    predictor: Predictor, task: PictureTask, pairs: Sequence[Pair], evaluation: PictureEvaluation
) -> list[dict[str, Any]]:
    """The best, the middle and the worst pictures: what was given, made and wanted."""
    name = evaluation.metrics[0]
    scores = evaluation.images
    shown: set[int] = set()
    found: dict[str, list[dict[str, Any]]] = {}
    for group, chosen in choose([s.name for s in scores], [s.values[name] for s in scores], _OF_EACH):
        for index in chosen:
            if index not in shown:
                shown.add(index)
                example = _picture_example(predictor, task, pairs[index], index, scores[index], name)
                found.setdefault(group, []).append(example)
    return [
        {"heading": heading, "examples": found[group]}
        for group, heading in GROUPS.items()
        if group is not None and group in found
    ]


def _picture_example(
    predictor: Predictor, task: PictureTask, pair: Pair, index: int, score: PictureScore, name: str
) -> dict[str, Any]:
    image, target = given_image(pair, task.degradations, task.scale, index)
    made = predictor.picture(image).pixels
    figure, of_given = (_number(name, found[name]) for found in (score.values, score.baseline))
    given = (_given(enlarges=task.scale > 1), enlarged(image, task.scale))
    said = f"{figure} {_title(name)}, {_compared(task)} {of_given}"
    return _example(pair.name, said, (given, ("Made", made), ("Wanted", target)))


def _set_examples(predictor: Predictor, pairs: Sequence[Pair], others: Sequence[Pair]) -> list[dict[str, Any]]:
    """What was given and made, beside a real picture that has nothing to do with it."""
    examples = []
    for index, pair in enumerate(evenly(pairs, _OF_A_SET)):
        image, other = pair.read_image(), others[index % len(others)]
        made = predictor.picture(image).pixels
        real = (f"One of that kind, {other.name}", other.read_image())
        examples.append(_example(pair.name, "", (("Given", image), ("Made", made), real)))
    return examples


def _example(name: str, score: str, shown: _Shown) -> dict[str, Any]:
    return {"name": name, "score": score, "pictures": [(title, _middle_uri(picture)) for title, picture in shown]}


def _middle_uri(picture: NDArray[np.uint8]) -> str:
    """The middle of a picture `(H, W, 3)` uint8 for a page, no pixel of it resampled."""
    height, width = picture.shape[:2]
    top, left = max(0, (height - _PANEL) // 2), max(0, (width - _PANEL) // 2)
    return data_uri(Image.fromarray(picture[top : top + _PANEL, left : left + _PANEL]), "PNG")
