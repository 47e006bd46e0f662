"""What `pixelwise check` prints: a hundred columns at most, and little where all is well."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pixelwise.cli.console import output_console, program
from pixelwise.data.checks import Finding, Severity
from pixelwise.data.overview import ClassRow, class_rows, fix_hint, overview, verdict
from pixelwise.data.pairs import shown
from pixelwise.data.pictures.overview import picture_overview
from pixelwise.data.wording import counted

if TYPE_CHECKING:
    from pathlib import Path

    from pixelwise.data.dataset import Decision
    from pixelwise.data.doctor import Diagnosis
    from pixelwise.data.fixes import Fixed
    from pixelwise.data.pictures.doctor import PictureDiagnosis
    from pixelwise.data.pictures.offers import Offers
    from pixelwise.planning.summary import Fact

__all__ = ["print_fixed", "print_offers", "print_pictures", "print_plan", "print_state", "warnings"]

_WIDTH = 100
_MOST_CLASSES = 24  # more are shortened to the commonest and the rarest
_COMMONEST, _RAREST = 12, 8
_MOST_FILES = 3
_STYLES = {Severity.RUINS: "bold red", Severity.HARMS: "bold yellow", Severity.NOTE: "bold blue"}
_HEADINGS = {Severity.RUINS: "Ruins training", Severity.HARMS: "Harms training", Severity.NOTE: "Worth knowing"}
_MOST_WARNINGS = 3


def print_state(diagnosis: Diagnosis) -> None:
    """What is there, and what is wrong."""
    survey = diagnosis.survey
    dataset = survey.usable or survey.dataset
    with _narrow():
        output_console.print(_text(str(survey.root), style="bold"))
        _print_rows([(title, text, "") for title, text in overview(survey)])
        if dataset is not None:
            output_console.print()
            _print_classes(class_rows(dataset), list(dataset.splits))
            _print_decisions(diagnosis.decisions)
        _print_findings(diagnosis.findings, survey.root)
        hint = fix_hint(survey, diagnosis.findings, program())
        if hint:
            output_console.print(_text(f"\n{hint}"))


def print_plan(plan: Sequence[Fact], refusal: str | None, *, is_whole: bool) -> None:
    """What training would decide, `is_whole` or once the data are mended; or why it would refuse them."""
    with _narrow():
        if refusal is not None:
            output_console.print(_text("\nTraining would refuse these data", style=_STYLES[Severity.RUINS]))
            _print_indented(_text(refusal), 2)
        if plan:
            heading = "What training would decide" + ("" if is_whole else ", once that is mended")
            output_console.print(_text(f"\n{heading}", style="bold"))
            _print_rows([(fact.title, fact.value, fact.why) for fact in plan])


def print_fixed(fixed: Fixed) -> None:
    """What was done to make a clean copy."""
    with _narrow():
        if fixed.folder is None:
            output_console.print(_text("\nNothing has to be mended by a copy, so none was written.", style="bold"))
            return
        output_console.print(_text(f"\n{fixed.folder}: a copy of {fixed.num_pairs} pairs", style="bold"))
        for fix in fixed.fixes:
            _print_indented(_text(_counted(len(fix.files), fix.what)).append(f" ({fix.why})", style="dim"), 2)
        if fixed.refusal is None:
            end = f"Training takes it: {program()} train {fixed.folder}. FIXED.md in it lists every file."
        else:
            end = f"Training would still refuse it: {fixed.refusal}"
        _print_indented(_text(end), 2)


def print_pictures(diagnosis: PictureDiagnosis) -> None:
    """What pictures are there for a task, and what is wrong with them."""
    survey = diagnosis.survey
    with _narrow():
        output_console.print(_text(str(survey.root), style="bold"))
        _print_rows([(title, text, "") for title, text in picture_overview(survey)])
        if survey.usable is not None:
            _print_decisions(survey.usable.decisions)
        _print_findings(diagnosis.findings, survey.root)


def print_offers(root: Path, offers: Offers, refusal: str | None, more: str = "") -> None:
    """Which tasks would take pictures that have no masks, or why none does.

    Args:
        root: The folder.
        offers: What was found in it.
        refusal: Why it is not taken for images with masks; None where that is not known.
        more: What was asked for besides, for the commands.
    """
    with _narrow():
        output_console.print(_text(str(root), style="bold"))
        joined = "but" if offers.offers else "and"
        _print_indented(_text(f"There are no masks in it, {joined} {offers.found}."), 2)
        if offers.offers:
            output_console.print(_text("\nWhat takes them" + (", and writes the page" if more else ""), style="bold"))
        for offer in offers.offers:
            command = f"  {program()} check {shlex.quote(str(root))} {offer.options}{more}"
            output_console.print(_text(command), soft_wrap=True)  # in one line, so that it can be copied
            _print_indented(_text(offer.what, style="dim"), 6)
        if refusal is not None:
            output_console.print(_text("\nIf masks are meant", style="bold"))
            reason, looked_for, _ = refusal.partition(" Without masks, ")[0].partition(" Looked for: ")
            where = " `pixelwise list formats` shows what was looked for." if looked_for else ""
            _print_indented(_text(reason + where), 2)


def warnings(findings: Sequence[Finding], root: Path, options: str = "") -> Iterator[str]:
    """What `pixelwise train` says of what harms, three lines at most, and where more is to be had.

    Args:
        findings: What was found.
        root: The folder.
        options: What has to follow the folder for `pixelwise check` to say the same.
    """
    harms = [finding for finding in findings if finding.severity is Severity.HARMS]
    yield from (f"Warning: {finding.what}" for finding in harms[:_MOST_WARNINGS])
    if harms:
        more = f" and {counted(len(harms) - _MOST_WARNINGS, 'further warning')}" if len(harms) > _MOST_WARNINGS else ""
        command = f"{program()} check {shlex.quote(str(root))} {options}".rstrip()
        yield f"What comes of it, and what to do{more}: {command}\n"


@contextmanager
def _narrow() -> Iterator[None]:
    """A hundred columns at most; into a file or a pipe without spaces at the ends of lines."""
    width = output_console.width
    is_watched = output_console.is_terminal
    output_console.width = min(width, _WIDTH) if is_watched else _WIDTH
    try:
        with nullcontext() if is_watched else output_console.capture() as captured:
            yield
        if captured is not None:
            output_console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    finally:
        output_console.width = width


def _counted(count: int, what: str) -> str:
    """`3 images left out`; of one, `1 image left out`."""
    if count != 1:
        return f"{count} {what}"
    noun, _, done = what.partition(" ")
    return f"1 {noun.removesuffix('s')} {done.replace(' their ', ' its ')}"


def _print_indented(what: Table | Text, indent: int) -> None:
    """Print something further to the right, without spaces behind it."""
    output_console.print(Padding(what, (0, 0, 0, indent), expand=False))


def _print_rows(rows: Sequence[tuple[str, str, str]]) -> None:
    """Title, text and, dim below it, the reason."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim", min_width=6)
    table.add_column(overflow="fold")
    for title, text, why in rows:
        cell = _text(text)
        if why:
            cell.append_text(_text(f"\n{why}", style="dim"))
        table.add_row(title, cell)
    _print_indented(table, 2)


def _print_classes(rows: Sequence[ClassRow], splits: Sequence[str]) -> None:
    """One line per class."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("value", justify="right")
    table.add_column("class", max_width=36, overflow="fold")
    for split in splits:
        table.add_column(split, justify="right", min_width=8, no_wrap=True)
    is_counted = any(row.count is not None for row in rows)
    if is_counted:
        table.add_column("masks", justify="right")
    is_measured = any(row.size is not None for row in rows)
    if is_measured:
        table.add_column("pixels across", justify="right")
    for row in _shortened(rows):
        if row is None:
            table.add_row("", _text(f"… {len(rows) - _COMMONEST - _RAREST} more", style="dim"))
            continue
        shares = (_percent(share) for share in row.shares)
        masks = ["" if row.count is None else str(row.count)] if is_counted else []
        style = "dim" if row.color is None or not any(row.shares) else ""
        sizes = ["" if row.size is None else f"{row.size:.0f}"] if is_measured else []
        table.add_row(row.value, _text(row.name), *shares, *masks, *sizes, style=style)
    _print_indented(table, 2)


def _shortened(rows: Sequence[ClassRow]) -> list[ClassRow | None]:
    """All rows; of very many the commonest and the rarest, with None between them."""
    if len(rows) <= _MOST_CLASSES:
        return list(rows)
    ordered = sorted(rows, key=lambda row: row.shares[0] if row.shares else 0, reverse=True)
    return [*ordered[:_COMMONEST], None, *ordered[-_RAREST:]]


def _print_decisions(decisions: Sequence[Decision]) -> None:
    """What was decided about the data, each with its reason."""
    if not decisions:
        return
    output_console.print(_text("\nDecided", style="bold"))
    for decision in decisions:
        _print_indented(_text(decision.what), 2)
        _print_indented(_text(decision.why, style="dim"), 6)


def _print_findings(findings: Sequence[Finding], root: Path) -> None:
    """What is wrong, the worst first."""
    worst = max((finding.severity for finding in findings), default=None)
    style = "bold green" if worst is None or worst is Severity.NOTE else _STYLES[worst]
    output_console.print(_text(f"\n{verdict(findings)}", style=style))
    for severity in sorted(_HEADINGS, reverse=True):
        several = [finding for finding in findings if finding.severity is severity]
        if several:
            output_console.print(_text(f"\n{_HEADINGS[severity]}", style=_STYLES[severity]))
        for i, finding in enumerate(several):
            if i and severity is not Severity.NOTE:
                output_console.print()
            _print_finding(finding, root)


def _print_finding(finding: Finding, root: Path) -> None:
    """What, so what, what to do, and where."""
    _print_indented(_text(finding.what), 2)
    rest = _text(finding.consequence, style="dim")
    _print_indented(rest, 6)
    cure = Table.grid(padding=(0, 1))
    cure.add_column(no_wrap=True)
    cure.add_column(overflow="fold")
    cure.add_row("→", _text(finding.cure))
    _print_indented(cure, 4)
    names = [shown(file, root) for file in finding.files[:_MOST_FILES]]
    if names and not all(name in finding.what for name in names):
        more = len(finding.files) - len(names)
        text = ", ".join(names) + (f" and {more} more" if more > 0 else "")
        _print_indented(_text(text, style="dim"), 6)


def _text(text: str, style: str = "") -> Text:
    """A text in which signs that a terminal would obey, as names of files may hold them, are spelt out."""
    return Text("".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text), style=style)


def _percent(share: float) -> str:
    """Two decimals; what is there at all is never 0.00."""
    if 0 < share < 0.0001:
        return "< 0.01 %"
    return f"{100 * share:.2f} %"
