"""Networks, or settings of one, trained for the same time on the same data: score, size, work and speed.

    python benchmarks/networks.py CAMVID OUT --budget 4m [--validation 0001TP] [--networks NAME ...] [--write FILE]

Each is `model`, `model@encoder` or either with arguments: `lite_unet@resnet18?widths=[0,64,64,64,64]`; more than one
argument is separated by `&`, and `pretrained=false` begins with random weights. Each is trained by
`pixelwise train` in a process of its own and scored on what was held out and on the split `val`. A run that is there
already is not repeated, so the benchmark can be cut and gone on with.

Work is in GMAC (multiplications with an addition) for one image of the size of the data; milliseconds are of the
network alone with folded norms, fp32, the shortest of twelve. `--write src/pixelwise/models/measured.json` makes the
figures those that `pixelwise list models` prints.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

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
    parser.add_argument("--write", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    rows = []
    for network in arguments.networks:
        run = arguments.out / "".join(letter if letter.isalnum() or letter in "_." else "-" for letter in network)
        if not (run / "report.html").is_file():
            pixelwise(*train_command(network, arguments.data, run, arguments.budget, arguments.validation))
        rows.append(measure(network, run, arguments.data))
        print(line(rows[-1]), file=sys.stderr)
    print(f"| after {arguments.budget} | encoder | {arguments.validation} | val | parameters, M | GMAC | ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in sorted(rows, key=lambda row: -row.held_out):
        print(line(row))
    if arguments.write is not None:
        protocol = f"{arguments.data.name}, {arguments.budget} on two CPU cores, {arguments.validation} held out"
        content = {"protocol": protocol, "networks": [asdict(row) for row in rows]}
        arguments.write.write_text(json.dumps(content, indent=1) + "\n")


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


def pixelwise(*arguments: str, capture: bool = False) -> str:
    """Run a command of pixelwise; a failure ends the benchmark."""
    output = subprocess.PIPE if capture else None
    done = subprocess.run([sys.executable, "-m", "pixelwise", *arguments], check=True, text=True, stdout=output)
    return done.stdout or ""


if __name__ == "__main__":
    main()
