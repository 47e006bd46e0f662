"""The report is one file that says everything and asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pixelwise.data.classes import Classes
from pixelwise.data.dataset import Decision
from pixelwise.data.pairs import Pair
from pixelwise.inference import Predictor
from pixelwise.reports import Evaluation, Example, evaluate, pick_examples
from pixelwise.reports.curves import learning_curves
from pixelwise.reports.html import mask_content
from pixelwise.reports.page import Account, write_page

WritePair = Callable[..., Pair]
HISTORY = [
    {"step": i, "epoch": i / 10, "loss": 1 / (i + 1), "learning_rate": 1e-3, "miou": i / 50 if i % 10 == 0 else None}
    for i in range(50)
]


@pytest.fixture
def scored(predictor: Predictor, write_pair: WritePair, classes: Classes) -> tuple[Evaluation, tuple[Example, ...]]:
    pairs = [
        write_pair("good", [[0, 0, 1], [0, 1, 255]], [[0, 0, 1], [0, 1, 1]]),
        write_pair("bad", [[0, 0, 1], [0, 1, 1]], [[1, 1, 0], [0, 1, 1]]),
    ]
    evaluation = evaluate(predictor, pairs, classes, split="val")
    return evaluation, pick_examples(predictor, pairs, classes, evaluation)


class Page(HTMLParser):
    """Checks that tags close in the order in which they opened, and gathers ids and addresses."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href"):
                self.addresses.append(value or "")


def report(path: Path, scored: tuple[Evaluation, tuple[Example, ...]], title: str = "street") -> str:
    account = Account(
        title,
        history=HISTORY,
        decisions=[Decision("Value 11 is ignored", "It is named void.")],
        plan={"training": {"learning_rate": 2e-3, "stages": [{"until": 1.0}], "flip": True}, "decisions": [["x", "y"]]},
        environment={"torch": "2.15.0", "gpu": None},
    )
    write_page(path, account, mask_content(*scored))
    return path.read_text()


def test_the_report_says_scores_classes_decisions_and_settings(
    tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]
) -> None:
    evaluation, examples = scored
    with_interval = replace(evaluation, interval=(0.4, 0.7))  # which two images have none of
    words = Page(report(tmp_path / "report.html", (with_interval, examples))).words
    for part in (
        "street", "0.571", "interval 0.400 to 0.700", "val split, 2 × 3, void ignored", "tree", "left out of the mean",
        "road taken for sky", "Value 11 is ignored", "It is named void.", "training.learning rate", "0.002",
        "training.stages.1.until", "2.15.0", "Validation mIoU", "Worst", "Best",
    ):  # fmt: skip
        assert part in words, part


def test_all_scores_have_three_decimals(
    tmp_path: Path, predictor: Predictor, write_pair: WritePair, classes: Classes
) -> None:
    pairs = [write_pair("rare", [[2] + [0] * 399], [[2] * 250 + [0] * 150])]
    page = Page(report(tmp_path / "report.html", (evaluate(predictor, pairs, classes, split="val"), ())))
    assert "0.004" in page.words  # 1 of 250
    assert "0.376" in page.words  # 150 of 399
    assert "0.190" in page.words
    assert "4.0e-03" not in page.words


def test_the_report_refers_to_nothing_outside(tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]) -> None:
    text = report(tmp_path / "report.html", scored)
    page = Page(text)
    assert page.addresses
    assert all(address.startswith(("data:image/", "#")) for address in page.addresses)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_no_id_stands_twice(tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]) -> None:
    ids = Page(report(tmp_path / "report.html", scored)).ids
    assert len(ids) == len(set(ids)) > 0


def test_names_are_text_and_never_markup(tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]) -> None:
    text = report(tmp_path / "report.html", scored, title="<script>alert(1)</script>")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_same_scores_give_the_same_bytes(tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]) -> None:
    assert report(tmp_path / "a.html", scored) == report(tmp_path / "b.html", scored)


def test_the_calibration_error_is_said_in_words_and_drawn(
    tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]
) -> None:
    content = mask_content(*scored, temperature="Raw scores are divided by a temperature of 1.3.")
    write_page(tmp_path / "report.html", Account("street"), content)
    text = (tmp_path / "report.html").read_text()
    words = Page(text).words
    points = 100 * scored[0].calibration_error
    assert f"off by {points:.1f} points of 100 on average" in words
    assert "a temperature of 1.3." in words
    assert "how sure the model is" in words
    assert 'id="reliability-' in text


def test_a_score_without_probabilities_says_nothing_of_them(
    tmp_path: Path, scored: tuple[Evaluation, tuple[Example, ...]]
) -> None:
    words = Page(report(tmp_path / "report.html", (replace(scored[0], sample=None), ()))).words
    assert "points of 100" not in words


def test_a_report_without_scores_says_so(tmp_path: Path) -> None:
    write_page(tmp_path / "report.html", Account("street"), mask_content(None))
    assert "no split that was held out" in Page((tmp_path / "report.html").read_text()).words


def test_one_image_has_no_interval(
    tmp_path: Path, predictor: Predictor, write_pair: WritePair, classes: Classes
) -> None:
    evaluation = evaluate(predictor, [write_pair("one", [[0, 1]], [[0, 1]])], classes)
    write_page(tmp_path / "report.html", Account("street"), mask_content(evaluation))
    words = Page((tmp_path / "report.html").read_text()).words
    assert "1.000" in words
    assert "95 % interval" not in words


def test_each_of_several_networks_has_a_curve_of_its_own() -> None:
    history = [{"epoch": i, "loss": 3.0, "loss_critic_a": 1.0, "loss_model": 2.0} for i in range(30)]
    curves = learning_curves(history)
    assert [curve.title for curve in curves] == ["Training loss", "Loss of critic a", "Loss of model"]
    assert [curve.note for curve in curves] == ["at the end 3.000", "at the end 1.000", "at the end 2.000"]


def test_curves_are_drawn_of_what_there_is() -> None:
    curves = learning_curves(HISTORY)
    assert [curve.title for curve in curves] == ["Training loss", "Validation mIoU", "Learning rate"]
    assert [curve.note for curve in curves] == ["at the end 0.020", "at the end 0.800", "at most 0.001"]
    assert all(curve.svg.startswith("<svg") for curve in curves)
    assert [curve.title for curve in learning_curves([{"epoch": i, "loss": 1.0} for i in range(5)])] == [
        "Training loss"
    ]
    assert learning_curves([{"epoch": i, "loss": 1.0} for i in range(4)]) == []
    assert learning_curves([]) == []
    assert learning_curves([{"epoch": 1, "loss": float("nan")}] * 3) == []
