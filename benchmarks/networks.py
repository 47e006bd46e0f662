"""Networks, or settings of one, trained for the same time on the same data: score, size, work and speed.

    python benchmarks/networks.py CAMVID OUT --budget 4m [--validation 0001TP] [--networks NAME ...] [--at-once 2]
                                  [--write FILE] [--plot FILE]

Each is `model`, `model@encoder` or either with arguments: `lite_unet@resnet18?widths=[0,64,64,64,64]`; more than one
argument is separated by `&`, and `pretrained=false` begins with random weights. Each is trained by
`pixelwise train` in a process of its own and scored on what was held out and on the split `val`. A run that is there
already is not repeated, so the benchmark can be cut and gone on with. With `--at-once 2` two are trained at a time,
each with an equal share of the cores.

Work is in GMAC (multiplications with an addition) for one image of the size of the data; milliseconds are of the
network alone with folded norms, fp32, the shortest of twelve. `--write src/pixelwise/models/measured.json` makes the
figures those that `pixelwise list models` prints.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch
from torch.utils.flop_counter import FlopCounterMode

from pixelwise import artifact
from pixelwise.inference.folding import fold_batch_norms
from pixelwise.models import Measured

NETWORKS = ("lite_unet", "fcn", "unet", "dynamic_unet", "bisenet", "bisenet_v2", "segformer", "upernet")


def main() -> None:
    """Train what has not been trained, and print the table."""
    parser = argparse.ArgumentParser(description="Networks at equal training time")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="4m")
    parser.add_argument("--validation", default="0001TP")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--at-once", type=int, default=1, help="how many are trained at a time")
    parser.add_argument("--write", type=Path, help="JSON file for the figures")
    parser.add_argument("--plot", type=Path, help="image file for a plot of score against speed")
    arguments = parser.parse_args()
    runs = {network: arguments.out / file_name(network) for network in arguments.networks}
    with ThreadPoolExecutor(arguments.at_once) as threads:
        for network in threads.map(lambda network: train(network, runs[network], arguments), runs):
            print(f"{network}: trained", file=sys.stderr)
    rows = []
    for network, run in runs.items():
        rows.append(measure(network, run, arguments.data))
        print(line(rows[-1]), file=sys.stderr)
    print(f"| after {arguments.budget} | encoder | {arguments.validation} | val | parameters, M | GMAC | ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in sorted(rows, key=lambda row: -row.held_out):
        print(line(row))
    cores = (os.cpu_count() or 1) // arguments.at_once
    words = f"{arguments.budget} on {cores} CPU core{'s' if cores > 1 else ''}"
    if arguments.plot is not None:
        plot(rows, arguments.plot, words)
    if arguments.write is not None:
        protocol = f"{arguments.data.name}, {words}, {arguments.validation} held out"
        content = {"protocol": protocol, "networks": [asdict(row) for row in rows]}
        arguments.write.write_text(json.dumps(content, indent=1) + "\n")


def file_name(network: str) -> str:
    """A network's name as that of a folder."""
    return "".join(letter if letter.isalnum() or letter in "_." else "-" for letter in network)


def train(network: str, run: Path, arguments: argparse.Namespace) -> str:
    """Train one network, unless that has been done."""
    if not (run / "report.html").is_file():
        threads = max(1, (os.cpu_count() or 1) // arguments.at_once)
        command = train_command(network, arguments.data, run, arguments.budget, arguments.validation)
        pixelwise(*command, threads=threads)
    return network


def plot(rows: list[Measured], file: Path, words: str) -> None:
    """Score on the split `val` against milliseconds; a line joins those that nothing beats in both."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

    points = sorted(
        ((row.milliseconds, row.val, row) for row in rows if row.val is not None), key=lambda point: point[:2]
    )
    figure, axes = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    best: list[tuple[float, float]] = []
    for milliseconds, val, _ in points:
        if not best or val > best[-1][1]:
            best.append((milliseconds, val))
    axes.plot([x for x, _ in best], [y for _, y in best], color="#c8c8c8", zorder=1)
    for milliseconds, val, row in points:
        color = "#0b6e99" if (milliseconds, val) in best else "#9aa5ab"
        axes.scatter(milliseconds, val, s=14 + 6 * row.parameters / 1e6, color=color)
        is_crowded = any(1 < x / milliseconds < 1.6 and abs(y - val) < 0.02 for x, y, _ in points)
        side: Literal["left", "right"] = "right" if is_crowded else "left"
        offset = -7 if is_crowded else 7
        axes.annotate(
            row.name,
            (milliseconds, val),
            (offset, -3),
            textcoords="offset points",
            horizontalalignment=side,
            fontsize=8,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(points[0][0] / 2.2, points[-1][0] * 1.6)
    axes.set_xlabel("milliseconds for one image of the data's size, two cores")
    axes.set_ylabel(f"mIoU on val after {words}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Networks: score against speed (area: parameters)", fontsize=10, loc="left")
    figure.savefig(file, dpi=150)


def line(row: Measured) -> str:
    """A line of the table."""
    val = "" if row.val is None else f"{row.val:.3f}"
    size = f"{row.parameters / 1e6:.1f} | {row.gmac:.1f} | {row.milliseconds:.0f}"
    return f"| `{row.name}` | {row.encoder or ''} | {row.held_out:.3f} | {val} | {size} |"


def train_command(network: str, data: Path, run: Path, budget: str, validation: str) -> list[str]:
    """The arguments of `pixelwise` for one training."""
    name, _, arguments = network.partition("?")
    model, _, encoder = name.partition("@")
    command = ["train", str(data), "--model", model, "--budget", budget, "--validation", validation, "-o", str(run)]
    if encoder:
        command += ["--encoder", encoder]
    for argument in filter(None, arguments.split("&")):
        command += ["--no-pretrained"] if argument == "pretrained=false" else ["--set", f"model.arguments.{argument}"]
    return command


def measure(network: str, run: Path, data: Path) -> Measured:
    """Score a run on the split `val`, and time its network."""
    model, description = artifact.load(run)
    if description.scores is None:
        raise SystemExit(f"{run} has no score: it was not finished")
    fingerprint: Any = description.fingerprint
    usual = max(fingerprint["sizes"], key=lambda size: size["images"])
    image = torch.rand(1, description.in_channels, usual["height"], usual["width"])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            model(image)
        fold_batch_norms(model, image)
        model, image = model.to(memory_format=torch.channels_last), image.to(memory_format=torch.channels_last)
        seconds = []
        for _ in range(12):
            start = time.perf_counter()
            model(image)
            seconds.append(time.perf_counter() - start)
    val = json.loads(pixelwise("evaluate", str(run), str(data), "--split", "val", "--json", capture=True))
    held_out = description.scores.values["miou"]
    return Measured(
        network,
        encoder=None if model.encoder is None else model.encoder.name,
        held_out=float("nan") if held_out is None else round(held_out, 4),
        val=round(val["miou"], 4),
        parameters=parameters,
        gmac=round(counter.get_total_flops() / 2e9, 2),
        milliseconds=round(1000 * min(seconds), 1),
    )


def pixelwise(*arguments: str, capture: bool = False, threads: int | None = None) -> str:
    """Run a command of pixelwise; a failure ends the benchmark."""
    output = subprocess.PIPE if capture else None
    environment = dict(os.environ) if threads is None else {**os.environ, "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "pixelwise", *arguments]
    done = subprocess.run(command, check=True, text=True, stdout=output, env=environment)
    return done.stdout or ""


if __name__ == "__main__":
    main()
