"""The names of the layers, by which every model file is read; a name that changes makes old files useless.

What is recorded are the names outside timm's backbones. A new network is recorded once it has been published:
`python -m tests.models.test_state_names` writes the file anew, with all that the catalog has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.models.cases import CASES, Case

RECORD = Path(__file__).with_name("state_names.json")
RECORDED: list[dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8"))


def names(case: Case) -> list[str]:
    return [name for name in case.build().state_dict() if not name.startswith("encoder.backbone.")]


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["model"])
def test_a_published_network_keeps_the_names_of_its_layers(recorded: dict[str, Any]) -> None:
    assert names(Case(recorded["model"], recorded["settings"])) == recorded["names"]


def record() -> None:
    rows = [
        json.dumps({"model": case.model, "settings": case.settings, "names": names(case)})
        for case in CASES
        if case.needs is None
    ]
    RECORD.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    record()
