"""What a planted fault is, and how it is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixelwise.data.checks import Finding, Severity
from pixelwise.data.doctor import examine
from tests.data.checks.folder import Folder

__all__ = ["Fault", "assert_found"]


@dataclass(frozen=True)
class Fault:
    """A fault and how the doctor speaks of it.

    Attributes:
        plant: Puts it into a healthy folder; gives the files that are to be named.
        check: Which check speaks; `folder`: the refusal of training, which no check says.
        severity: How bad it is said to be.
        what: Words of what was found.
        cure: Words of the cure.
    """

    plant: Callable[[Folder], Sequence[Path]]
    check: str
    severity: Severity
    what: str
    cure: str

    @property
    def name(self) -> str:
        """What a test is called by."""
        return self.plant.__name__


def assert_found(fault: Fault, folder: Folder) -> None:
    """Plant a fault, and see that it is found, named, and comes with its cure."""
    files = fault.plant(folder)
    diagnosis = examine(folder.root)
    spoken = [finding for finding in diagnosis.findings if finding.check == fault.check]
    assert spoken, [(finding.check, finding.what) for finding in diagnosis.findings]
    fitting = [finding for finding in spoken if fault.what in finding.what]
    assert fitting, [finding.what for finding in spoken]
    finding = fitting[0]
    assert finding.severity is fault.severity
    assert fault.cure in finding.cure, finding.cure
    assert set(files) <= set(finding.files), (finding.files, files)
    _assert_calm(diagnosis.findings)
    ruins = {one.check for one in diagnosis.findings if one.severity is Severity.RUINS}
    assert bool(ruins - _HARMFUL) <= (diagnosis.survey.refusal is not None) <= bool(ruins), diagnosis.survey.refusal


_HARMFUL = {"flat_images", "copied_images"}  # nothing can be learnt from them, but training would begin


def _assert_calm(findings: Sequence[Finding]) -> None:
    """Every finding has whole sentences and numbers, and the worst come first."""
    assert [finding.severity for finding in findings] == sorted((one.severity for one in findings), reverse=True)
    for finding in findings:
        for sentence in (finding.what, finding.consequence, finding.cure):
            assert sentence.endswith((".", ")", "…")), sentence
            assert "!" not in sentence
        assert any(sign.isdigit() for sign in finding.what) or finding.check == "folder", finding.what
