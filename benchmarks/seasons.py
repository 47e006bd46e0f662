"""Summer into winter without pairs, on drawn streets, of which the true winter is known.

    python -m benchmarks.seasons OUT --budget 20m [--method cyclegan --method cut] [--height 128 --width 160]

Streets are drawn in summer and, other ones, in winter (`data.scenes.write_seasons`), and a network is trained to turn
the one into the other for the same time by each method. It is scored on streets that were drawn in both seasons:

- PSNR to the true winter picture; the picture as it was given is what to beat. How far colours alone can lead is shown
  by the best affine change of them, found with the truth at hand: one for all pictures, and one for each class;
- KID in the features of the default encoder, of made and true winter pictures;
- mIoU of a segmenter that was trained on winter pictures of train alone, for that long: on the summer pictures as they
  are, on what was made of them, and on the true winter pictures;
- for CycleGAN, how near the way there and back leads to where it began: PSNR.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import pixelwise as pw
from benchmarks._translation import (
    Pixels,
    class_scores,
    make_kid,
    psnr,
    segment,
    settings,
    train,
    translate,
    write_sheet,
)
from pixelwise.data.scenes import SCENE_CLASSES, write_seasons
from pixelwise.inference import Predictor
from pixelwise.ops.image_io import read_image, read_labels
from pixelwise.training.checkpoint import load_checkpoint
from pixelwise.training.run import Run
from pixelwise.workflow import build


def main() -> None:
    """Draw the streets, train what is not trained yet, and print the table."""
    parser = argparse.ArgumentParser(description="Summer into winter")
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="20m", help="of each training")
    parser.add_argument("--method", action="append", choices=("cyclegan", "cut"), help="both if not given")
    parser.add_argument("--scenes", type=int, default=400, help="of each season, to learn from")
    parser.add_argument("--tests", type=int, default=60, help="in both seasons, to be scored on")
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--model", help="the network that translates; CycleGAN's own if not given")
    parser.add_argument("--set", action="append", default=[], help="settings of the translations, NAME=VALUE")
    parser.add_argument("--tta", action="store_true", help="translate with test-time augmentation")
    arguments = parser.parse_args()
    data, winter_data = arguments.out / "data", arguments.out / "winter"
    if not (winter_data / "classes.txt").is_file():
        counts = {"train": arguments.scenes, "test": arguments.tests}
        write_seasons(data, counts, height=arguments.height, width=arguments.width)
        write_winter(data, winter_data)
    budget = ("--budget", arguments.budget)
    segmenter = pw.load(train(arguments.out / "segmenter", winter_data, *budget))
    summer, winter = (read_pictures(data / kind) for kind in ("testA", "testB"))
    masks = [read_labels(file).astype("uint8") for file in sorted((data / "masks" / "test").glob("*.png"))]
    kid = make_kid(winter)

    def row(name: str, pictures: list[Pixels], back: list[Pixels] | None = None) -> None:
        found = zip(segment(segmenter, pictures), masks, strict=True)
        miou = class_scores(SCENE_CLASSES, found).miou
        is_truth = pictures is winter
        beside = " | |" if is_truth else f"{psnr(pictures, winter):.2f} | {kid(pictures):.4g} |"
        cycle = "" if back is None else f"{psnr(back, summer):.2f}"
        print(f"| {name} | {beside} {miou:.3f} | {cycle} |", flush=True)

    print(f"{len(summer)} streets, {arguments.budget} each\n")
    print("| | PSNR to winter (dB) | KID | mIoU of the segmenter | there and back (dB) |")
    print("| --- | --- | --- | --- | --- |")
    row("summer as it is", summer)
    row("best colours for all", recolored(summer, winter, [np.zeros_like(mask) for mask in masks]))
    row("best colours of a class", recolored(summer, winter, masks))
    shown = [summer]
    for method in arguments.method or ("cyclegan", "cut"):
        chosen = ["--model", arguments.model] if arguments.model else []
        chosen += settings([f"task.arguments.method={method}", *arguments.set])
        run = train(arguments.out / method, data, *budget, "--task", "unpaired_translation", *chosen)
        made = translate(pw.load(run), summer, arguments.tta)
        back = translate(way_back(run), made) if method == "cyclegan" else None
        row(method, made, back)
        shown.append(made)
    row("true winter", winter)
    write_sheet(arguments.out / "sheet.png", [list(each) for each in list(zip(*shown, winter, strict=True))[:6]])


def write_winter(data: Path, folder: Path) -> None:
    """The winter pictures of train as images with masks, for the segmenter."""
    for kind, source in (("images", data / "trainB"), ("masks", data / "masks" / "trainB")):
        shutil.copytree(source, folder / kind, dirs_exist_ok=True)
    shutil.copy(data / "masks" / "classes.txt", folder / "classes.txt")


def recolored(given: Sequence[Pixels], wanted: Sequence[Pixels], masks: Sequence[Pixels]) -> list[Pixels]:
    """The pictures after that affine change of the colours of each class which leads nearest to what is wanted."""
    made = [np.zeros_like(picture) for picture in given]
    for value in np.unique(np.concatenate([mask.ravel() for mask in masks])):
        parts = [mask == value for mask in masks]
        colours, goal = (
            np.concatenate([picture[part] for picture, part in zip(pictures, parts, strict=True)]).astype(float)
            for pictures in (given, wanted)
        )
        change = np.linalg.lstsq(_with_one(colours), goal, rcond=None)[0]
        for picture, source, part in zip(made, given, parts, strict=True):
            picture[part] = (_with_one(source[part].astype(float)) @ change).round().clip(0, 255)
    return made


def _with_one(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([colours, np.ones((len(colours), 1))], axis=1)


def read_pictures(folder: Path) -> list[Pixels]:
    """All pictures of a folder."""
    return [read_image(file) for file in sorted(folder.glob("*.png"))]


def way_back(run: Path) -> Predictor:
    """The network from winter to summer, which only the checkpoint holds; its last weights, not their average."""
    checkpoint = load_checkpoint(Run(run).checkpoints, say=lambda line: print(line, file=sys.stderr))
    if checkpoint is None:
        raise SystemExit(f"{run} has no checkpoint.")
    model = build(Run(run).plan, load_weights=False).model
    weights: dict[str, torch.Tensor] = {
        name.removeprefix("partner.back."): tensor
        for name, tensor in checkpoint[0].items()
        if name.startswith("partner.back.")
    }
    model.load_state_dict(weights)
    return Predictor(model, pw.load(run).description)


if __name__ == "__main__":
    main()
