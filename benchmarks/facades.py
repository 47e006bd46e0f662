"""Photographs of facades into label pictures and back, with and without a critic, beside simpler ways.

    python -m benchmarks.facades DATA OUT --budget 10m [--side 128] [--direction labels]

DATA is the facades data of pix2pix (CMP facades): `train` and `val` with files whose left half is a photograph and
whose right half shows its labels in colours. All networks are trained for the same time from the same seed on train,
and scored on val.

- Photograph to labels: a made picture is read by taking each pixel for the class of the nearest colour. Beside it stand
  a segmenter (`pixelwise train` on masks), the plain L1 network (the same without a critic), and the mean of all label
  pictures, whatever is given.
- Labels to photograph: made photographs are given to that segmenter, and what it finds is compared with the labels that
  they were made of: the FCN-score of the paper, with another network. Beside it stand the real photographs, the L1
  network and the mean photograph; PSNR to the one real photograph, which favours blurred pictures; and KID in the
  features of the default encoder, which does not.

The segmenter has seen the photographs of train, with these labels, and no made ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import pixelwise as pw
from benchmarks._translation import (
    Pixels,
    class_scores,
    in_words,
    make_kid,
    psnr,
    segment,
    settings,
    train,
    translate,
    write_sheet,
)
from pixelwise.inference import Predictor
from pixelwise.metrics.confusion import SegmentationScores
from pixelwise.ops.files import write_atomically
from pixelwise.ops.image_io import read_image, write_png

CLASSES = {
    "background": (0, 0, 222), "facade": (0, 51, 255), "window": (0, 127, 255), "door": (0, 207, 255),
    "cornice": (32, 255, 224), "sill": (116, 255, 146), "balcony": (196, 255, 64), "blind": (255, 245, 0),
    "deco": (255, 159, 0), "molding": (255, 81, 0), "pillar": (255, 0, 0), "shop": (172, 0, 0),
}  # fmt: skip
COLOURS = np.asarray(list(CLASSES.values()), dtype=np.int32)
SPLITS = ("train", "val")
ALONE = ("task.arguments.adversarial_weight=0", "task.arguments.adversarial_from=0")
HEAD = "pixel accuracy | class accuracy | mIoU"


def main() -> None:
    """Prepare the data, train what is not trained yet, and print the tables."""
    parser = argparse.ArgumentParser(description="Facades, to labels and back")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="10m", help="of each training")
    parser.add_argument("--side", type=int, default=256, help="pixels to which the pictures are resized")
    parser.add_argument("--pictures", type=int, help="how many of each split are used; all of them if not given")
    parser.add_argument("--direction", action="append", choices=("labels", "photos"), help="both if not given")
    parser.add_argument("--model", help="the network that translates; pix2pix's own if not given")
    parser.add_argument("--set", action="append", default=[], help="settings of the translations, NAME=VALUE")
    arguments = parser.parse_args()
    halves, masks = arguments.out / "halves", arguments.out / "masks"
    if not (masks / "classes.txt").is_file():
        prepare(arguments.data, halves, masks, arguments.side, arguments.pictures)
    segmenter = pw.load(train(arguments.out / "segmenter", masks, "--budget", arguments.budget))
    photos, labels = ({split: read(halves / split, side) for split in SPLITS} for side in (0, 1))
    truth = [as_classes(picture) for picture in labels["val"]]
    columns = [photos["val"]]
    for direction in arguments.direction or ("labels", "photos"):
        given, wanted = (photos, labels) if direction == "labels" else (labels, photos)
        made = {f"mean of the {direction}": [mean_picture(wanted["train"])] * len(truth)}
        for way, choice in (("L1 alone", ALONE), ("pix2pix", ())):
            options = ["--budget", arguments.budget, "--task", "paired_translation"]
            options += ["--reverse"] if direction == "photos" else []
            options += ["--model", arguments.model] if arguments.model else []
            options += settings([*arguments.set, *choice])
            run = train(arguments.out / f"{direction}-{way.split()[0].lower()}", halves, *options)
            made[way] = translate(pw.load(run), given["val"])
        (print_labels if direction == "labels" else print_photos)(made, photos["val"], labels["val"], segmenter)
        columns += [*made.values(), wanted["val"]]
    write_sheet(arguments.out / "sheet.png", [[column[i] for column in columns] for i in range(min(6, len(truth)))])


Made = dict[str, list[Pixels]]


def print_labels(made: Made, photos: Sequence[Pixels], labels: Sequence[Pixels], segmenter: Predictor) -> None:
    """Photographs to labels: the classes of the nearest colours, beside a segmenter."""
    truth = [as_classes(picture) for picture in labels]
    print(f"\nPhotograph to labels, {len(truth)} pictures of val\n")
    print(f"| | {HEAD} | PSNR (dB) |\n| --- | --- | --- | --- | --- |")
    for name, pictures in made.items():
        found = [as_classes(picture) for picture in pictures]
        print(f"| {name} | {in_words(of_classes(found, truth))} | {psnr(pictures, labels):.2f} |")
    print(f"| segmenter | {in_words(of_classes(segment(segmenter, photos), truth))} | |")


def print_photos(made: Made, photos: Sequence[Pixels], labels: Sequence[Pixels], segmenter: Predictor) -> None:
    """Labels to photographs: what the segmenter finds in them, beside real photographs."""
    truth = [as_classes(picture) for picture in labels]
    print(f"\nLabels to photograph, {len(truth)} pictures of val; {HEAD} are the segmenter's\n")
    print(f"| | {HEAD} | PSNR (dB) | KID |\n| --- | --- | --- | --- | --- | --- |")
    kid = make_kid(photos)
    for name, pictures in made.items():
        scores = in_words(of_classes(segment(segmenter, pictures), truth))
        print(f"| {name} | {scores} | {psnr(pictures, photos):.2f} | {kid(pictures):.4g} |")
    print(f"| real photographs | {in_words(of_classes(segment(segmenter, photos), truth))} | | |")


def prepare(data: Path, halves: Path, masks: Path, side: int, most: int | None) -> None:
    """Write the pictures in their size, as halves and as images with masks."""
    for split in SPLITS:
        for file in sorted((data / split).glob("*.jpg"), key=lambda path: int(path.stem))[:most]:
            both = read_image(file)
            middle = both.shape[1] // 2
            photo = np.asarray(Image.fromarray(both[:, :middle]).resize((side, side), Image.Resampling.BICUBIC))
            label = Image.fromarray(as_classes(both[:, middle:])).resize((side, side), Image.Resampling.NEAREST)
            mask = np.asarray(label)
            for folder in (halves / split, masks / split / "images", masks / split / "masks"):
                folder.mkdir(parents=True, exist_ok=True)
            name = f"{file.stem}.png"
            write_png(halves / split / name, np.concatenate([photo, COLOURS[mask].astype(np.uint8)], axis=1))
            write_png(masks / split / "images" / name, photo)
            write_png(masks / split / "masks" / name, mask, list(CLASSES.values()))
    write_atomically(masks / "classes.txt", ("\n".join(CLASSES) + "\n").encode())


def read(folder: Path, side: int) -> list[Pixels]:
    """The left (0) or right (1) halves of all pictures of a folder."""
    pictures = [read_image(file) for file in sorted(folder.glob("*.png"), key=lambda path: int(path.stem))]
    return [np.ascontiguousarray(np.split(picture, 2, axis=1)[side]) for picture in pictures]


def as_classes(picture: Pixels) -> Pixels:
    """The class of the nearest colour for each pixel, `(H, W)`."""
    distance = ((picture[:, :, None].astype(np.int32) - COLOURS) ** 2).sum(axis=-1)
    return distance.argmin(axis=-1).astype(np.uint8)


def of_classes(found: Sequence[Pixels], truth: Sequence[Pixels]) -> SegmentationScores:
    """Scores over all pictures."""
    return class_scores(list(CLASSES), zip(found, truth, strict=True))


def mean_picture(pictures: Sequence[Pixels]) -> Pixels:
    """The mean of pictures of one size, rounded."""
    return np.mean(pictures, axis=0).round().astype(np.uint8)


if __name__ == "__main__":
    main()
