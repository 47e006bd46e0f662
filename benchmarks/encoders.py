"""Does every backbone of timm work as an encoder? Built on the meta device; forward and backward at 97 × 131 pixels.

    python benchmarks/encoders.py --build                 # all names, no weights in memory
    python benchmarks/encoders.py                         # those below 60 million parameters, trained for one step
    python benchmarks/encoders.py --shard 3/8             # every eighth of them, beginning with the third
    python benchmarks/encoders.py --peers                 # the same names in segmentation_models_pytorch and fastai
    python benchmarks/encoders.py --table                 # write what --build found into the package

A line of JSON is appended for each backbone, so that a run that was cut goes on where it stopped. Random weights, a
batch of two, training mode, then evaluation. Right means: a map at each stride, of the size and the channels that the
encoder promises, finite, and a finite gradient at every parameter that is used.

The peers are given 97 × 131 and, if they refuse that, 96 × 128: first on the meta device, which knows shapes alone and
is quick, and with numbers where they fail there. fastai is held for right only if its U-Net has three skip connections
or more: with fewer it runs, but is no U-Net.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import logging
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

SIZE, EASY_SIZE = (97, 131), (96, 128)
LARGEST = 60e6  # parameters
TABLE = Path(__file__).parents[1] / "src" / "pixelwise" / "encoders" / "table.json"
Result = dict[str, Any]


def main() -> int:
    """Run what is not yet in the results; the exit code is 1 if a backbone fails."""
    arguments = parse()
    warnings.simplefilter("ignore")
    logging.getLogger("timm").setLevel(logging.ERROR)
    kind = "build" if arguments.build or arguments.table else "peers" if arguments.peers else "run"
    path = Path(f"{arguments.output}-{kind}.jsonl")
    results = read(path)
    if arguments.table:
        write_table(results)
        return 0
    check = {"build": build, "peers": run_peers, "run": run}[kind]
    started = time.monotonic()
    for name in selected(arguments, kind):
        if name in results:
            continue
        if time.monotonic() - started > arguments.minutes * 60:
            break
        result = {"name": name, **within(arguments.timeout, partial(check, name))}
        results[name] = result
        with path.open("a") as file:
            file.write(json.dumps(result) + "\n")
    return summarise(results, kind)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", action="store_true", help="build on the meta device only, whatever the size")
    parser.add_argument("--peers", action="store_true", help="run segmentation_models_pytorch and fastai instead")
    parser.add_argument("--table", action="store_true", help="write the package's table from the results of --build")
    parser.add_argument("--names", default="*", help="patterns for names, separated by commas")
    parser.add_argument("--shard", default="1/1", help="i/n: every n-th name, beginning with the i-th")
    parser.add_argument("--output", default="encoders", help="beginning of the paths of results")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one backbone")
    parser.add_argument("--minutes", type=float, default=1e9, help="no further backbone is begun after that")
    return parser.parse_args()


def selected(arguments: argparse.Namespace, kind: str) -> list[str]:
    """The names that are asked for, without those that are too large to be run here."""
    patterns = arguments.names.split(",")
    names = [name for name in timm.list_models() if any(fnmatch(name, pattern) for pattern in patterns)]
    if kind != "build" and TABLE.exists():
        table = json.loads(TABLE.read_text())
        names = [name for name in names if table.get(name, {}).get("parameters", 0) < LARGEST]
    index, number = (int(part) for part in arguments.shard.split("/"))
    return names[index - 1 :: number]


def within(seconds: float, check: Callable[[], Result]) -> Result:
    """What `check` finds, or the reason why it failed; every failure of a backbone is one line of the results."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {seconds:.0f} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    started = time.monotonic()
    try:
        result = check()
    except Exception as error:  # whatever timm or a peer raises is the result
        reason = (str(error).strip() or "no message").splitlines()[0]
        result = {"right": False, "reason": f"{type(error).__name__}: {reason[:200]}"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return result | {"seconds": round(time.monotonic() - started, 2)}


def build(name: str) -> Result:
    """Build on the meta device: parameters, strides, and whether they reach from 4 to 32."""
    from pixelwise.encoders import Encoder

    with torch.device("meta"):
        encoder = Encoder(name)
    strides = encoder.strides
    doubling = all(after == 2 * before for before, after in itertools.pairwise(strides))
    return {
        "right": strides[0] <= 4 and strides[-1] >= 32 and doubling,
        "reason": f"strides {strides}",
        "parameters": sum(parameter.numel() for parameter in encoder.parameters()),
        "strides": strides,
        "channels": encoder.channels,
        "fixed_size": encoder.fixed_size,
    }


def run(name: str) -> Result:
    """One step of training and one evaluation with random weights."""
    from pixelwise.encoders import Encoder

    torch.manual_seed(0)
    encoder = Encoder(name)
    image = torch.rand(2, 3, *SIZE)
    with quick_attention():
        features = encoder.train()(image)
        wrong = wrong_shapes(features, encoder.channels, encoder.strides)
        sum((feature.square().mean() for feature in features), torch.zeros(())).backward()
        with torch.inference_mode():
            evaluated = encoder.eval()(image[:1])
    wrong += wrong_shapes(evaluated, encoder.channels, encoder.strides)
    gradients = {key: parameter.grad for key, parameter in encoder.named_parameters()}
    unused = [key for key, gradient in gradients.items() if gradient is None]
    wrong += [f"gradient of {key}" for key, gradient in gradients.items() if not is_finite(gradient)]
    if len(unused) == len(gradients):
        wrong.append("no parameter is used")
    return {"right": not wrong, "reason": "; ".join(wrong[:3]), "unused": unused}


def wrong_shapes(features: list[Tensor], channels: tuple[int, ...], strides: tuple[int, ...]) -> list[str]:
    """What is wrong with the features of an image of `SIZE`."""
    found = []
    if not len(features) == len(channels) == len(strides):
        found.append(f"{len(features)} maps at strides {strides}")
    for feature, width, stride in zip(features, channels, strides, strict=False):
        sides = zip(feature.shape[-2:], SIZE, strict=True)
        fits = all(max(side // stride, 1) <= length <= -(-side // stride) for length, side in sides)
        if feature.shape[1] != width or not fits:
            found.append(f"stride {stride} has shape {tuple(feature.shape)}, expected {width} channels")
        if not feature.isfinite().all():
            found.append(f"stride {stride} is not finite")
    return found


def is_finite(gradient: Tensor | None) -> bool:
    """Whether there is nothing in a gradient but numbers; one that is not there has none."""
    return gradient is None or bool(gradient.isfinite().all())


@contextlib.contextmanager
def quick_attention() -> Iterator[None]:
    """Attention by plain matrix products, which for so few tokens is as fast as any."""
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        yield


def run_peers(name: str) -> Result:
    """The same in the peers' own U-Nets, each for itself."""
    found = {"smp": peer(partial(smp_unet, name)), "fastai": peer(partial(fastai_unet, name))}
    reason = "; ".join(f"{key}: {result['reason']}" for key, result in found.items() if not result["right"])
    return {"right": all(result["right"] for result in found.values()), "reason": reason, **found}


def peer(make: Callable[[tuple[int, int]], nn.Module]) -> Result:
    """One step of training of a peer's network, at the odd size or else at the easy one, without numbers or with."""
    reason = ""
    for device, size in itertools.product(("meta", "cpu"), (SIZE, EASY_SIZE)):
        try:
            with torch.device(device):
                step_of_peer(make(size).train(), size)
        except TimeoutError:
            raise
        except Exception as error:  # the result of this peer
            message = (str(error).strip() or "no message").splitlines()[0][:120]
            if device == "cpu" or isinstance(
                error, NoUNetError
            ):  # what is said on the meta device may be its own fault
                reason = reason or f"{type(error).__name__}: {message}"
            if isinstance(error, NoUNetError):
                break
        else:
            return {"right": True, "reason": reason, "size": size}
    return {"right": False, "reason": reason}


def step_of_peer(model: nn.Module, size: tuple[int, int]) -> None:
    """Forward and backward; raises where the scores have another shape or a gradient is not finite."""
    scores: Tensor = model(torch.rand(2, 3, *size))
    if scores.shape != (2, 12, *size):
        raise ValueError(f"scores of shape {tuple(scores.shape)}")
    scores.square().mean().backward()
    if not scores.is_meta and not all(is_finite(parameter.grad) for parameter in model.parameters()):
        raise ValueError("a gradient is not finite")


class NoUNetError(ValueError):
    """The network is built, but too few features of the encoder reach the decoder."""


def smp_unet(name: str, _: tuple[int, int]) -> nn.Module:
    """The U-Net of segmentation_models_pytorch on a backbone of timm."""
    import segmentation_models_pytorch as smp

    model: nn.Module = smp.Unet(f"tu-{name}", encoder_weights=None, classes=12)
    return model


def fastai_unet(name: str, size: tuple[int, int]) -> nn.Module:
    """The U-Net of fastai on a backbone of timm; refused if it has fewer than three skip connections."""
    from fastai.vision.learner import create_unet_model
    from fastai.vision.models.unet import UnetBlock

    def arch(pretrained: bool) -> nn.Module:
        model: nn.Module = timm.create_model(name, pretrained=pretrained)
        return model

    model: nn.Module = create_unet_model(arch, 12, size, pretrained=False)
    skips = sum(isinstance(module, UnetBlock) for module in model.modules())
    if skips < 3:
        raise NoUNetError(f"{skips} skip connections")
    return model


def read(path: Path) -> dict[str, Result]:
    """The results so far, by name."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {result["name"]: result for result in map(json.loads, lines)}


def write_table(results: dict[str, Result]) -> None:
    """Write what `pixelwise list encoders` shows without building anything."""
    rows = [
        f'"{name}": '
        + json.dumps(
            {key: results[name][key] for key in ("parameters", "strides", "fixed_size")}, separators=(",", ":")
        )
        for name in sorted(results)
    ]
    TABLE.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{len(rows)} encoders in {TABLE}")


def summarise(results: dict[str, Result], kind: str) -> int:
    """Print the totals and each failure with its reason."""
    failed = [result for result in results.values() if not result["right"]]
    for result in failed:
        print(f"{result['name']}: {result['reason']}")
    print(f"{len(results) - len(failed)} of {len(results)} right ({kind})")
    if kind == "peers":
        for key in ("smp", "fastai"):
            found = [result.get(key, {"right": False}) for result in results.values()]
            odd = sum(result["right"] and tuple(result["size"]) == SIZE for result in found)
            print(f"{key}: {sum(result['right'] for result in found)} of {len(found)}, {odd} of them at {SIZE}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
