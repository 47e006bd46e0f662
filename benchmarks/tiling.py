"""A large picture tile by tile beside the same picture in one piece: how far they differ, and whether one sees it.

    python -m benchmarks.tiling SHEET MODEL… [--tile 96] [--image PHOTO]

MODELs are model files or runs that make pictures. Each is applied to a photograph (scikit-image's "motorcycle" unless
one is given) twice: whole, and in tiles of `--tile` squared pixels, far smaller than any that prediction would choose,
so that there are many seams. Differences are those of the pictures in [0, 1], before anything is clipped or rounded.

What a tile cannot know is the rest of the picture. A network of a few convolutions differs only where its field of view
ends outside of a tile; instance norm and pooled context look at the whole tile, so theirs differ everywhere.

SHEET is a PNG: for each model a row of the part with the largest difference: whole, in tiles, and their difference, of
which white stands for 10 grey values of 255.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import skimage
import torch
from torch import Tensor

from benchmarks._translation import Pixels, write_sheet
from pixelwise.artifact import load
from pixelwise.inference import Predictor
from pixelwise.inference.predictor import as_tensor
from pixelwise.inference.tiling import tile_size, tile_starts
from pixelwise.ops.image_io import read_image

SIDE = 192  # of the parts that are shown
WHITE = 10 / 255


def main() -> None:
    """Apply each model both ways, print the table and write the sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sheet", type=Path)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--tile", type=int, default=96)
    parser.add_argument("--image", type=Path)
    arguments = parser.parse_args()
    photo = read_image(arguments.image or Path(skimage.__file__).parent / "data" / "motorcycle_left.png")
    print(f"{photo.shape[0]}×{photo.shape[1]} in tiles of {arguments.tile}²\n")
    print("| model | tiles | largest difference | mean | scores up to |\n| --- | --- | --- | --- | --- |")
    rows = []
    for file in arguments.models:
        whole, tiled = (scores(file, photo, pixels) for pixels in (photo.shape[0] * photo.shape[1], arguments.tile**2))
        difference = (whole - tiled).abs()
        sides = photo.shape[:2]
        height, width = tile_size(sides[0], sides[1], arguments.tile**2)
        count = len(tile_starts(sides[0], height)) * len(tile_starts(sides[1], width))
        name = load(file)[1].model.name
        print(f"| {name} | {count} | {difference.max():.1e} | {difference.mean():.1e} | {whole.abs().max():.2f} |")
        rows.append(shown(whole, tiled, difference))
    write_sheet(arguments.sheet, rows)


def scores(file: Path, photo: Pixels, pixels: int) -> Tensor:
    """What a model makes of a photograph in tiles of at most so many pixels, `(C, S H, S W)`."""
    predictor = Predictor(*load(file), max_pixels=pixels, precision="fp32")
    with torch.inference_mode():
        return predictor.scores(as_tensor(photo))[0]


def shown(whole: Tensor, tiled: Tensor, difference: Tensor) -> list[Pixels]:
    """The part around the largest difference: whole, tiled, and what is between them."""
    place = int(difference.amax(dim=0).flatten().argmax())
    top, left = (max(0, at - SIDE // 2) for at in divmod(place, difference.shape[-1]))
    top, left = (min(at, length - SIDE) for at, length in zip((top, left), difference.shape[-2:], strict=True))
    parts = [each[:, top : top + SIDE, left : left + SIDE] for each in (whole, tiled, difference / WHITE)]
    return [part.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy().astype(np.uint8) for part in parts]


if __name__ == "__main__":
    main()
