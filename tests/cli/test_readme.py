"""What README.md shows of `pixelwise check` is what it prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from PIL import Image

from pixelwise.data.scenes import write_scenes
from tests.cli.conftest import Command

README = Path(__file__).parents[2] / "README.md"


def excerpt() -> str:
    """The lines under `$ pixelwise check street`."""
    found = re.search(r"```console\n\$ pixelwise check street\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def draw_spoilt(root: Path) -> None:
    """Scenes of which one is cut short, one has a small mask, and three of val are in train too."""
    write_scenes(root, {"train": 40, "val": 10}, height=192, width=256)
    for i in range(3):
        for kind in ("images", "masks"):
            name = f"scene_{i:05}.png"
            shutil.copy(root / "val" / kind / name, root / "train" / kind / f"again_{name}")
    cut = root / "train" / "images" / "scene_00003.png"
    cut.write_bytes(cut.read_bytes()[:3000])
    mask = root / "train" / "masks" / "scene_00004.png"
    Image.open(mask).resize((128, 96), Image.Resampling.NEAREST).save(mask)


def test_the_excerpt_of_check_is_what_it_prints(tmp_path: Path, pixelwise: Command) -> None:
    draw_spoilt(tmp_path / "street")
    printed = pixelwise("check", tmp_path / "street")
    place = 0
    for passage in excerpt().split("…\n"):
        assert passage in printed.out[place:]
        place = printed.out.index(passage, place) + len(passage)
