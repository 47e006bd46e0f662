"""How far every network's ONNX file is from PyTorch: one file per network, run at two sizes; prints markdown.

    python benchmarks/export_parity.py [--models lite_unet smp:Unet] [--encoder resnet18]

Without `--models`, all networks of pixelwise's own. Weights are random. Differences are the largest over all scores,
beside the largest score.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from pixelwise.models import MODELS, ImageModel

SIZES = ((360, 480), (97, 131))
EXPORTED_AT = (64, 160)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="ONNX Runtime beside PyTorch")
    own = [name for name in MODELS if MODELS[name].variant is None]
    parser.add_argument("--models", nargs="+", default=own)
    parser.add_argument("--encoder", help="a timm backbone; by default the usual one of each model")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")  # the exporter's
    onnxruntime.set_default_logger_severity(3)
    print("| model | encoder | " + " | ".join(f"{height}×{width}" for height, width in SIZES) + " |")
    print("| --- | --- |" + " --- |" * len(SIZES))
    for name in options.models:
        card = MODELS[name.partition(":")[0]]
        encoder = None if card.encoder is None else options.encoder or card.encoder
        print(f"| {name} | {encoder or 'none'} | {' | '.join(differences(name, encoder))} |", flush=True)


def differences(name: str, encoder: str | None) -> list[str]:
    """The differences at each size, in words."""
    torch.manual_seed(0)
    name, _, variant = name.partition(":")
    settings = {} if encoder is None else {"encoder": encoder}
    if variant:
        settings[MODELS[name].variant or ""] = variant
    model = MODELS[name].build(out_channels=12, **settings).eval()
    with tempfile.TemporaryDirectory() as folder:
        session = exported(model, Path(folder) / "model.onnx")
        found = []
        for size in SIZES:
            with torch.inference_mode():
                expected = model(image(size))
            scores = torch.from_numpy(session.run(None, {"image": image(size).numpy()})[0])
            found.append(f"{(scores - expected).abs().max():.1e} of {expected.abs().max():.2g}")
    return found


def exported(model: ImageModel, path: Path) -> onnxruntime.InferenceSession:
    """Write one file for all heights and widths, and open it."""
    sides = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    example = (image(EXPORTED_AT),)
    torch.onnx.export(model, example, path, dynamo=True, dynamic_shapes=(sides,), input_names=["image"], verbose=False)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def image(size: tuple[int, int]) -> Tensor:
    """A random image in [0, 1]."""
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))


if __name__ == "__main__":
    main()
