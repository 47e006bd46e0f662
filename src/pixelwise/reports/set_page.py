"""The report of a training whose pictures have no targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import Pair
from pixelwise.inference.predictor import Predictor
from pixelwise.ops.spread import evenly
from pixelwise.reports.page import write_page
from pixelwise.reports.picture_page import middle_uri
from pixelwise.reports.set_scores import SetEvaluation

__all__ = ["write_set_report"]

_SHOWN = 6  # pictures


def write_set_report(  # noqa: PLR0913 - what a page shows
    path: str | Path,
    *,
    title: str,
    predictor: Predictor,
    pairs: Sequence[Pair],
    others: Sequence[Pair],
    evaluation: SetEvaluation | None,
    history: Sequence[Mapping[str, Any]] = (),
    decisions: Sequence[Decision] = (),
    plan: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
) -> None:
    """Write a report as one html file: scores, what was given and made beside real pictures, curves, settings.

    Args:
        path: File to write.
        title: Heading, such as the name of the data.
        predictor: The model.
        pairs: Pictures that were translated.
        others: Real pictures of the kind that comes out.
        evaluation: The scores; None where there was nothing to score.
        history: Rows of `metrics.jsonl`.
        decisions: What was decided, and why.
        plan: The settings, nested.
        environment: Versions and machine.

    Raises:
        OutputError: If the file cannot be written.
    """
    results: dict[str, Any] = {"evaluation": evaluation}
    if evaluation is not None:
        first = evaluation.metrics[0]
        results |= {
            "headline": {
                "value": f"{evaluation.values[first]:.4g}",
                "title": first.replace("_", " ").upper(),
                "gain": f"{evaluation.baseline[first]:.4g} for the pictures as they were given; smaller is better",
            },
            "rows": [_row(evaluation, name) for name in evaluation.metrics],
            "heads": ("Given", "Made", "One of that kind"),
            "groups": [{"heading": "Some of them", "examples": _examples(predictor, pairs, others)}],
            "enlarges": False,
        }
    write_page(
        path,
        "pictures.html.j2",
        title=title,
        results=results,
        history=history,
        decisions=decisions,
        plan=plan,
        environment=environment,
    )


def _row(evaluation: SetEvaluation, name: str) -> dict[str, str]:
    made, given = evaluation.values[name], evaluation.baseline[name]
    return {"name": name, "made": f"{made:.4g}", "given": f"{given:.4g}", "gain": f"{given - made:+.4g}"}


def _examples(predictor: Predictor, pairs: Sequence[Pair], others: Sequence[Pair]) -> list[dict[str, Any]]:
    """What was given and made, beside a real picture that has nothing to do with it."""
    examples = []
    for index, pair in enumerate(evenly(pairs, _SHOWN)):
        image, other = pair.read_image(), others[index % len(others)]
        shown = (
            ("Given", image),
            ("Made", predictor.picture(image).pixels),
            (f"One of that kind, {other.name}", other.read_image()),
        )
        pictures = [(title, middle_uri(picture)) for title, picture in shown]
        examples.append({"name": pair.name, "score": "", "pictures": pictures})
    return examples
