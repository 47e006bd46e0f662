"""Noise, JPEG's traces and lost colours: what restoration makes of photographs that no training has seen.

    python -m benchmarks.restoring PHOTOS OUT --budget 8m [--color-photos FOLDER --color-tests FOLDER] [--only noise]

One model each is trained on PHOTOS for Gaussian noise of sigma 25, for JPEG of quality 30, and, if --color-photos names
photographs of what is to be coloured, for colours. They are scored on the photographs in colour that come with
scikit-image (or, for colours, on those of --color-tests), degraded as pixelwise degrades held-out pictures.

Beside the model stand the photograph as it was given, and scikit-image's non-local means and wavelets (BayesShrink).
They are told the sigma of the noise. JPEG's traces have none: of those from 2 to 6, and of the strengths of non-local
means (`h` from 0.4 to 1 of sigma), the one is taken that is best over all photographs, though that needs the truth.

"shift" is the difference of the mean of a channel from the truth, in 255ths, the largest of the three: over all
photographs, and of the photograph where it is worst. A model that darkens or tints shows there. Colours are scored by
the distance in a and b of CIELAB and by `feature_distance_lite0`, smaller being better; noise and JPEG by `psnr_rgb`.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import skimage
import torch
from numpy.typing import NDArray
from skimage.restoration import denoise_nl_means, denoise_wavelet

import pixelwise as pw
from benchmarks._translation import Pixels, psnr, settings, train, translate, write_sheet
from pixelwise.data.degradations import parse_degradations
from pixelwise.data.degrade import degrade_held_out
from pixelwise.metrics.feature_distance import FeatureDistance
from pixelwise.ops.color import rgb_to_lab
from pixelwise.ops.image_io import read_image

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
DEGRADATIONS = {"noise": "noise:25", "jpeg": "jpeg:30", "color": "grey"}
STRENGTHS = (0.4, 0.7, 1.0)
SIGMAS = {"noise": (25,), "jpeg": (2, 4, 6)}  # that scikit-image's denoisers are told; JPEG's traces have none
SIDE = 256  # of the parts that the sheet shows

Floats = NDArray[np.float64]


def main() -> None:
    """Train what is not trained yet, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="8m", help="of each training")
    parser.add_argument("--color-photos", type=Path)
    parser.add_argument("--color-tests", type=Path)
    parser.add_argument("--only", nargs="+", choices=DEGRADATIONS, default=list(DEGRADATIONS))
    parser.add_argument("--set", action="append", default=[], help="settings of the trainings, NAME=VALUE")
    arguments = parser.parse_args()
    for name in arguments.only:
        folder = arguments.color_photos if name == "color" else arguments.photos
        if folder is None:
            continue
        tests = arguments.color_tests if name == "color" else None
        truth = read_photographs(tests)
        options = ["--task", "restoration", "--degrade", DEGRADATIONS[name], "--budget", arguments.budget]
        model = pw.load(train(arguments.out / name, folder, *options, *settings(arguments.set)))
        given = degraded(truth, DEGRADATIONS[name])
        made = {"as given": given} if name == "color" else {"as given": given, **classics(given, truth, name)}
        made["pixelwise"] = translate(model, given)
        (print_colors if name == "color" else print_fidelity)(name, made, truth)
        rows = [[part(pictures[i]) for pictures in (*made.values(), truth)] for i in range(min(6, len(truth)))]
        write_sheet(arguments.out / f"{name}.png", rows)


def read_photographs(folder: Path | None) -> list[Pixels]:
    """Those of a folder, or of scikit-image."""
    own = [Path(skimage.__file__).parent / "data" / name for name in PHOTOGRAPHS]
    return [read_image(file) for file in (own if folder is None else sorted(folder.iterdir()))]


def degraded(pictures: Sequence[Pixels], how: str) -> list[Pixels]:
    """What is given to a model: the pictures as held-out ones are degraded."""
    kinds = parse_degradations(how)
    tensors = [degrade_held_out(as_tensor(picture), kinds, index=index) for index, picture in enumerate(pictures)]
    return [np.ascontiguousarray(tensor.mul(255).round().byte().permute(1, 2, 0).numpy()) for tensor in tensors]


def classics(given: Sequence[Pixels], truth: Sequence[Pixels], name: str) -> dict[str, list[Pixels]]:
    """What scikit-image's denoisers make of the pictures, with the strength that suits best."""

    def nl_means(strength: float, sigma: float, picture: Floats) -> Floats:
        found: Floats = denoise_nl_means(
            picture, patch_size=5, patch_distance=6, h=strength * sigma, sigma=sigma, channel_axis=-1
        )
        return found

    def wavelets(sigma: float, picture: Floats) -> Floats:
        found: Floats = denoise_wavelet(picture, sigma=sigma, convert2ycbcr=True, channel_axis=-1, rescale_sigma=True)
        return found

    def best(ways: Iterable[Callable[[Floats], Floats]]) -> list[Pixels]:
        return max(([in_bytes(way, one) for one in given] for way in ways), key=lambda made: psnr(made, truth))

    sigmas = [sigma / 255 for sigma in SIGMAS[name]]
    return {
        "non-local means": best(partial(nl_means, *both) for both in itertools.product(STRENGTHS, sigmas)),
        "wavelets": best(partial(wavelets, sigma) for sigma in sigmas),
    }


def in_bytes(denoise: Callable[[Floats], Floats], picture: Pixels) -> Pixels:
    """Denoise a uint8 picture by a function of pictures in [0, 1]."""
    return (denoise(picture / 255).clip(0, 1) * 255).round().astype(np.uint8)


def print_fidelity(name: str, made: dict[str, list[Pixels]], truth: Sequence[Pixels]) -> None:
    """PSNR and the shift of the mean."""
    given = psnr(made["as given"], truth)
    print(f"\n{DEGRADATIONS[name]}, {len(truth)} photographs\n")
    print("| | PSNR (dB) | gain (dB) | shift | worst shift |\n| --- | --- | --- | --- | --- |")
    for way, pictures in made.items():
        found = psnr(pictures, truth)
        mean, worst = shifts(pictures, truth)
        print(f"| {way} | {found:.2f} | {found - given:+.2f} | {mean:.2f} | {worst:.2f} |")


def print_colors(name: str, made: dict[str, list[Pixels]], truth: Sequence[Pixels]) -> None:
    """The error of a and b, and the distance of features."""
    distance = FeatureDistance()
    print(f"\n{DEGRADATIONS[name]}, {len(truth)} photographs\n")
    print(f"| | error of a and b | {distance.name} |\n| --- | --- | --- |")
    for way, pictures in made.items():
        pairs = [(as_tensor(one)[None], as_tensor(other)[None]) for one, other in zip(pictures, truth, strict=True)]
        of_colors = np.mean([color_error(*pair) for pair in pairs])
        print(f"| {way} | {of_colors:.2f} | {np.mean([distance(*pair).item() for pair in pairs]):.4f} |")


def color_error(picture: torch.Tensor, target: torch.Tensor) -> float:
    """The mean distance in the plane of a and b of CIELAB."""
    difference = rgb_to_lab(picture)[:, 1:] - rgb_to_lab(target)[:, 1:]
    return difference.square().sum(dim=1).sqrt().mean().item()


def shifts(pictures: Sequence[Pixels], truth: Sequence[Pixels]) -> tuple[float, float]:
    """The largest difference of the mean of a channel, in 255ths: over all pictures, and of the worst one."""
    means = np.array([one.mean((0, 1)) - other.mean((0, 1)) for one, other in zip(pictures, truth, strict=True)])
    return float(np.abs(means.mean(axis=0)).max()), float(np.abs(means).max())


def part(picture: Pixels) -> Pixels:
    """The middle of a picture."""
    top, left = (picture.shape[0] - SIDE) // 2, (picture.shape[1] - SIDE) // 2
    return picture[top : top + SIDE, left : left + SIDE]


def as_tensor(picture: Pixels) -> torch.Tensor:
    """`(H, W, 3)` uint8 to `(3, H, W)` in [0, 1]."""
    return torch.from_numpy(picture.copy()).permute(2, 0, 1).float() / 255


if __name__ == "__main__":
    main()
