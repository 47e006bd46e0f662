"""What pixelwise and other libraries do with the same faulty folders.

    python -m benchmarks.planted_faults WORK --peer fastai=PYTHON --peer smp=PYTHON --peer ultralytics=PYTHON

The faults are those that the tests of `pixelwise check` plant (`tests/data/checks`), without what is only worth knowing
and without near repetitions. Each is planted into a folder of its own below WORK; `healthy_*` and `unusual_*` are
controls, with which nothing is wrong. pixelwise checks each folder, and looks at it as `pixelwise train` does before it
begins; `_peer_loops.py` trains the others for one epoch. Every PYTHON has the library of that name; what it did is kept
in WORK/NAME.jsonl, so that a run can be taken up again.

What came of it is judged by rule: "names" if whatever was printed holds the name of a file into which a fault was
planted (of which pixelwise must say what is wrong and what to do about it, too), "stops" if training ended in an error
without any such name, "silent" if it ran through without one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from pixelwise.data.checks import Severity
from pixelwise.data.doctor import examine
from pixelwise.data.scenes import SCENE_CLASSES, write_scenes
from tests.data.checks import test_binary_masks, test_files, test_images, test_masks
from tests.data.checks.conftest import SIZE, cell_picture
from tests.data.checks.folder import Folder, load, save
from tests.data.checks.planted import Fault

COUNTS = {"train": 18, "val": 6}
LEFT_OUT = frozenset(
    {
        "masks_that_nobody_labelled", "hardly_any_pixels_labelled",  # 255 stops the others in healthy folders too
        "image_and_mask_cut_short", "json_as_mask", "page_called_jpg", "two_images_of_one_colour", "masks_upside_down",
        "smaller_copy_in_val", "upended_copy_in_val", "grey_copy_in_val", "copies_called_flip", "copy_in_test",
        "frames_held_out_by_lot", "frames_without_val", "all_masks_are_images", "each_mask_of_one_value",
        "masks_shifted_down_and_left", "deep_grey_with_transparency",  # as others, or of no split that is trained on
    }
)  # fmt: skip
STREETS: Sequence[Fault] = [
    *(*test_files.UNREADABLE, *test_files.PARTNERS, *test_files.SIZES, *test_files.NAMES),
    *(*test_masks.STREETS, *test_images.COPIES, *test_images.VIDEOS, *test_images.SHOWN),
]
_ANY_FILE = re.compile(r"(scene_|train|val)\d+\.(png|jpg)")
_PLACE = re.compile(r"/\S*?/data(?=/|\b)|\x1b\[[0-9;]*[mK]")  # of the folder; and colours of the terminal
VERDICTS = ("names", "stops", "silent")


def chosen(faults: Sequence[Fault]) -> list[Fault]:
    """The faults that are compared."""
    return [fault for fault in faults if fault.severity > Severity.NOTE and fault.name not in LEFT_OUT]


def main() -> None:
    """Plant what is not planted yet, train what was not trained yet, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--output", type=Path, help="a JSONL file with one line per fault and library")
    options = parser.parse_args()
    folders = options.work / "folders"
    if not (options.work / "pixelwise.jsonl").exists():
        plant_all(folders, options.work / "pixelwise.jsonl")
    names = ["pixelwise"]
    for peer in options.peer:
        name, _, python = peer.partition("=")
        names.append(name)
        loops = Path(__file__).with_name("_peer_loops.py")
        subprocess.run([python, loops, name, folders, options.work / f"{name}.jsonl"], check=True)
    told = {path.parent.name: json.loads(path.read_text()) for path in sorted(folders.glob("*/told.json"))}
    lines = [json.loads(line) for name in names for line in (options.work / f"{name}.jsonl").read_text().splitlines()]
    judged = [judgement(line, told[line["fault"]]) for line in lines]
    if options.output:
        options.output.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in judged))
    print_tables(judged, names)


# The folders


def plant_all(folders: Path, results: Path) -> None:
    """Write every folder, and what pixelwise says of it."""
    lines = []
    with tempfile.TemporaryDirectory() as temporary:
        streets, cells = healthy_folders(Path(temporary))
        for healthy, faults in ((streets, chosen(STREETS)), (cells, chosen(test_binary_masks.CELLS))):
            for fault in faults:
                folder = copy_of(healthy, folders / fault.name)
                files = [file.name for file in fault.plant(folder)]
                tell(folder, of_255=healthy is cells, files=files)
                lines.append({"fault": fault.name, "by": "pixelwise", **what_pixelwise_says(folder.root, fault)})
        for name, of, change in CONTROLS:
            folder = copy_of(streets if of == "streets" else cells, folders / name)
            change(folder)
            tell(folder, of_255=of == "cells" and not name.startswith("unusual"), files=[])
            lines.append({"fault": name, "by": "pixelwise", **what_pixelwise_says(folder.root, None)})
    results.write_text("".join(json.dumps(line) + "\n" for line in lines))


def healthy_folders(place: Path) -> tuple[Path, Path]:
    """Streets of many classes, and cells of two, as in the tests."""
    streets, cells = place / "streets", Folder(place / "cells")
    write_scenes(streets, COUNTS, height=SIZE[0], width=SIZE[1])
    for (split, count), seed in zip(COUNTS.items(), (0, 100), strict=True):
        for number in range(count):
            for kind, array in zip(("images", "masks"), cell_picture(seed + number), strict=True):
                (cells.root / split / kind).mkdir(parents=True, exist_ok=True)
                save(cells.root / split / kind / f"{split}{number:02d}.png", array)
    return streets, cells.root


def copy_of(healthy: Path, place: Path) -> Folder:
    """A healthy folder to plant a fault into."""
    shutil.rmtree(place, ignore_errors=True)
    return Folder(Path(shutil.copytree(healthy, place / "data")))


def tell(folder: Folder, *, of_255: bool, files: Sequence[str]) -> None:
    """Note beside a folder what the loops and the judgement have to know."""
    names = folder.root / "classes.txt"
    streets = (folder.root / "train/images/scene_00000.png").exists() or any(folder.root.glob("train/images/scene*"))
    usual = list(SCENE_CLASSES) if streets else ["background", "object"]
    known = names.read_text().split() if names.exists() else usual
    told = {"names": known, "of_255": of_255, "files": list(files)}
    (folder.root.parent / "told.json").write_text(json.dumps(told))


def in_colours(folder: Folder) -> None:
    """Masks as red, green and blue, with a list of colours."""
    palette: list[int] = []
    for file in folder.all_masks():
        with Image.open(file) as image:
            palette = image.getpalette() or palette
            image.convert("RGB").save(file)
    names = (folder.root / "classes.txt").read_text().split()
    colors = [palette[3 * place : 3 * place + 3] for place in range(len(names))]
    (folder.root / "classes.txt").write_text("\n".join(names) + "\n")
    rows = [f"{name},{red},{green},{blue}" for name, (red, green, blue) in zip(names, colors, strict=True)]
    (folder.root / "class_dict.csv").write_text("\n".join(["name,r,g,b", *rows]) + "\n")
    (folder.root / "classes.txt").unlink()


def with_void(folder: Folder) -> None:
    """A strip of 255 in every mask: nobody said what it shows."""
    for file in folder.all_masks():
        array, palette = load(file)
        array = array.copy()
        array[:4] = 255
        save(file, array, palette)


CONTROLS: list[tuple[str, str, Callable[[Folder], object]]] = [
    ("healthy_streets", "streets", lambda _: None),
    ("healthy_cells", "cells", lambda _: None),
    ("unusual_masks_of_0_and_255", "cells", lambda _: None),
    ("unusual_masks_of_colours", "streets", in_colours),
    ("unusual_void_of_255", "streets", with_void),
]


def what_pixelwise_says(root: Path, fault: Fault | None) -> dict[str, Any]:
    """What the check finds, and whether training would begin."""
    full, quick = examine(root), examine(root, quick=True)
    fitting = [
        finding
        for finding in full.findings
        if fault and finding.check == fault.check and fault.what in finding.what and fault.cure in finding.cure
    ]
    said = [f"{one.what} {one.cure} {' '.join(file.name for file in one.files)}" for one in fitting or full.findings]
    warned = [one.what for one in quick.findings if one.severity > Severity.NOTE]
    refusal = quick.survey.refusal
    training = "refuses" if refusal else "warns" if warned else "begins"
    spoken = [refusal, *warned] if refusal else warned
    return {"code": int(bool(refusal)), "said": "\n".join(said), "found": bool(fitting), "training": training,
            "training_said": "\n".join(map(str, spoken))}  # fmt: skip


# The judgement


def judgement(line: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What came of a fault, by rule."""
    said = _PLACE.sub("", line["said"])
    named = any(Path(name).stem in said for name in told["files"]) or (
        not told["files"] and _ANY_FILE.search(said) is not None  # the fault is in all of them
    )
    if line["by"] == "pixelwise":
        verdict = "names" if line["found"] and (named or not told["files"]) else "stops" if line["code"] else "silent"
    else:
        verdict = "names" if named else "stops" if line["code"] else "silent"
    words: dict[str, Any] = {key: line[key] for key in ("training", "training_said", "seconds") if key in line}
    last = last_sentence(said) if line["by"] != "pixelwise" else said.splitlines()[0][:300] if said else ""
    return {"fault": line["fault"], "by": line["by"], "verdict": verdict, "code": line["code"], "last": last, **words}


def last_sentence(said: str) -> str:
    """The exception that a process ended with, or the last warning; without the place of the folder."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [
        line
        for line in lines
        if ("Error" in line or "ignoring image" in line or "ignoring corrupt" in line) and not line.startswith("File ")
    ]
    return errors[-1][:300] if errors else ""


def print_tables(judged: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    """The totals by library, and one row per fault."""
    faults = sorted({line["fault"] for line in judged if not line["fault"].startswith(("healthy", "unusual"))})
    controls = sorted({line["fault"] for line in judged} - set(faults))
    by = {(line["fault"], line["by"]): line for line in judged}
    print(f"{len(faults)} faults\n\n| | names the file | stops without | silent |\n| --- | ---: | ---: | ---: |")
    for name in names:
        count = Counter(by[fault, name]["verdict"] for fault in faults if (fault, name) in by)
        print(f"| {name} | " + " | ".join(str(count[verdict]) for verdict in VERDICTS) + " |")
    training = Counter(by[fault, "pixelwise"]["training"] for fault in faults)
    print(f"\npixelwise train: {dict(training)}\n\n| fault | {' | '.join(names)} |\n{'| --- ' * (1 + len(names))}|")
    for fault in [*faults, *controls]:
        cells = [
            f"{by[fault, name]['verdict']} {by[fault, name]['last'][:90]}" for name in names if (fault, name) in by
        ]
        print(f"| {fault} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
