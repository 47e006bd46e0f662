"""How long `pixelwise check` takes for a large folder.

    python -m benchmarks.check_speed --images 10000 --scenes 200 [--folder FOLDER] [--profile]

The folder is made of photographs of 360 × 480 pixels (JPEG, quality 90, with the noise of a camera) and palette PNG
masks. A few hundred scenes are drawn once; each pair is a window of one, mirrored or not, of another brightness. No
scene lies in two splits, so that a healthy folder is looked at, as most are. `--folder` keeps the files for later
calls. The time is that of the whole command, in a process of its own; the folder lies in the memory of the system by
then, as it does after it was copied or unpacked.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelwise.data.doctor import examine
from pixelwise.data.scenes import SCENE_CLASSES, SCENE_COLORS, draw_scene

SIZE = (360, 480)
DRAWN = (264, 384)  # of a scene, which is drawn at half of its size
HELD_OUT = 0.1  # share of the scenes
NOISE = 6.0  # shades

Pixels = NDArray[np.uint8]


def main() -> None:
    """Make the folder where it is missing, check it, and print how long that took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", action="store_true", help="in this process, with the slowest functions")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = chosen.folder or Path(temporary) / "data"
        if not (folder / "classes.txt").exists():
            started = time.monotonic()
            write_folder(folder, chosen.images, chosen.scenes)
            print(f"made in {time.monotonic() - started:.0f} s")
        if chosen.profile:
            profile(folder)
        else:
            measure(folder)


def measure(folder: Path) -> None:
    """Run the command, and print its time and what it took of the processors."""
    count = sum(1 for _ in folder.glob("*/images/*"))
    started = time.monotonic()
    run = subprocess.run([sys.executable, "-m", "pixelwise", "check", str(folder)], check=False, capture_output=True)
    wall = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(run.stdout.decode()[-600:] + run.stderr.decode()[-600:])
    print(
        f"{count:,} images: {wall:.1f} s on {len(os.sched_getaffinity(0))} core(s), "
        f"{used.ru_utime + used.ru_stime:.1f} s of processor time, "
        f"{used.ru_maxrss / 1024:,.0f} MiB, exit code {run.returncode}"
    )


def profile(folder: Path) -> None:
    """Check within this process, and print where the time of the main thread goes."""
    recorder = cProfile.Profile()
    recorder.runcall(examine, folder)
    pstats.Stats(recorder).sort_stats("cumulative").print_stats(40)


def write_folder(folder: Path, images: int, scenes: int) -> None:
    """Write the pairs into `train` and `val`; `classes.txt` comes last."""
    random = np.random.default_rng(0)
    grain = random.normal(0, NOISE, (2 * SIZE[0], 2 * SIZE[1], 3)).astype(np.float32)
    palette = [channel for color in SCENE_COLORS for channel in color]
    for number in range(scenes):
        image, mask = enlarged_scene(number)
        split = "val" if number >= scenes * (1 - HELD_OUT) else "train"
        for kind in ("images", "masks"):
            (folder / split / kind).mkdir(parents=True, exist_ok=True)
        for place in range(number, images, scenes):
            photograph, labels = window(random, image, mask, grain)
            Image.fromarray(photograph).save(folder / split / "images" / f"{place:06d}.jpg", quality=90)
            picture = Image.fromarray(labels)
            picture.putpalette(palette)
            picture.save(folder / split / "masks" / f"{place:06d}.png", compress_level=3)
    (folder / "classes.txt").write_text("\n".join(SCENE_CLASSES) + "\n")


def enlarged_scene(number: int) -> tuple[Pixels, Pixels]:
    """A scene at twice the size at which it is drawn."""
    scene = draw_scene(number, *DRAWN)
    size = (2 * DRAWN[1], 2 * DRAWN[0])
    image = Image.fromarray(scene.image).resize(size, Image.Resampling.BICUBIC)
    return np.array(image), np.array(Image.fromarray(scene.mask).resize(size, Image.Resampling.NEAREST))


def window(
    random: np.random.Generator, image: Pixels, mask: Pixels, grain: NDArray[np.float32]
) -> tuple[Pixels, Pixels]:
    """A part of a scene, perhaps mirrored, of another brightness and with grain of its own."""
    height, width = SIZE
    top, left = (int(random.integers(side - part + 1)) for side, part in zip(mask.shape, SIZE, strict=True))
    down, right = int(random.integers(height)), int(random.integers(width))
    place = (slice(top, top + height), slice(left, left + width))
    lit = image[place] * np.float32(random.uniform(0.8, 1.15)) + grain[down : down + height, right : right + width]
    photograph, labels = np.clip(lit, 0, 255).astype(np.uint8), mask[place]
    return (photograph[:, ::-1], labels[:, ::-1]) if random.random() < 0.5 else (photograph, labels)


if __name__ == "__main__":
    main()
