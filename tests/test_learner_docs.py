"""What the documents show of Python runs as it is printed, on drawn scenes and with a small encoder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pixelwise
from pixelwise.data.scenes import write_scenes
from tests.test_docs import ROOT, blocks


@pytest.mark.parametrize(("document", "folder"), [("README.md", "camvid"), ("docs/learner.md", "street")])
def test_python_in_a_document_runs(document: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_scenes(tmp_path / folder, {"train": 6, "val": 3}, height=48, width=64)
    Image.fromarray(np.zeros((40, 50, 3), dtype=np.uint8)).save("street.jpg")
    small = partial(pixelwise.Learner, encoder="test_resnet", pretrained=False)
    monkeypatch.setattr(pixelwise, "Learner", small)
    names: dict[str, object] = {"__name__": "document"}
    for text in blocks(ROOT / document, "python"):
        exec(compile(text, document, "exec"), names)
    assert list(tmp_path.glob("*.safetensors"))
