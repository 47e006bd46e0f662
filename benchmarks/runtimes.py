"""How long a trained network takes for one image in several runtimes, beside fastai's DynamicUnet in eager fp32.

    pip install -e '.[peers,export]'
    python benchmarks/runtimes.py RUN IMAGES [--calibration IMAGES] [--repeats 10] [--threads 2]

RUN is a training's folder or model file, IMAGES a folder of photographs of one size. int8 is static post-training
quantisation in QDQ form, with ranges from 60 calibration images. All variants take turns within one process, so
that what else the machine does falls on all of them; the ratios count, not the times. The agreement is the share of
pixels that get the same class as in eager fp32, over ten of the images.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor

from pixelwise import artifact
from pixelwise.inference.folding import fold_batch_norms
from pixelwise.models import ImageModel
from pixelwise.ops.image_io import read_image
from pixelwise.ops.spread import evenly

Run = Callable[[Tensor], Tensor]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="One image in several runtimes")
    parser.add_argument("run", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--calibration", type=Path, help="folder of photographs; the images themselves if not given")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # the quantiser's advice
    images = load(arguments.images, 10)
    calibration = load(arguments.calibration, 60) if arguments.calibration else images
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode(False):
        variants = build(arguments.run, images[0], calibration, Path(folder), arguments.threads)
        measure(variants, images, arguments.repeats)


def load(folder: Path, count: int) -> list[Tensor]:
    """Some photographs of a folder, `(1, 3, H, W)` in [0, 1]."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".png", ".jpg", ".jpeg"})
    images = [torch.from_numpy(read_image(path)) for path in evenly(files, count)]
    return [image.permute(2, 0, 1).unsqueeze(0).float() / 255 for image in images]


def build(run: Path, image: Tensor, calibration: list[Tensor], folder: Path, threads: int) -> dict[str, Run]:
    """All variants of the network, and fastai's."""
    model, description = artifact.load(run)
    if description.classes is None:
        raise SystemExit(f"{run} makes pictures; this benchmark is for masks.")
    fold_batch_norms(model, image)
    plain, quantised = folder / "fp32.onnx", folder / "int8.onnx"
    torch.onnx.export(
        model, (image,), str(plain), dynamo=True, input_names=["image"], external_data=False, verbose=False
    )
    prepared = folder / "prepared.onnx"
    quant_pre_process(str(plain), str(prepared))
    quantize_static(
        str(prepared),
        str(quantised),
        _Calibration(calibration),
        quant_format=QuantFormat.QDQ,
        nodes_to_exclude=[node.name for node in onnx.load(prepared).graph.node if node.op_type == "MatMul"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    model = model.to(memory_format=torch.channels_last)
    return {
        "fastai DynamicUnet, ResNet-34, eager fp32": _fastai(len(description.classes.names), image),
        f"{description.model.name}, eager fp32": _eager(model, torch.float32),
        f"{description.model.name}, eager bf16": _eager(model, torch.bfloat16),
        f"{description.model.name}, ONNX Runtime fp32": _session(plain, threads),
        f"{description.model.name}, ONNX Runtime int8": _session(quantised, threads),
    }


def measure(variants: dict[str, Run], images: list[Tensor], repeats: int) -> None:
    """Print milliseconds, ratios to the first variant, and the agreement with the second."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    with torch.inference_mode():
        for _ in range(repeats + 2):
            for name, run in variants.items():
                start = time.perf_counter()
                run(images[0])
                times[name].append(1000 * (time.perf_counter() - start))
        peer, reference, *_ = variants
        truth = [variants[reference](image).argmax(dim=1) for image in images]
        print(f"| at {'×'.join(map(str, images[0].shape[-2:]))} | ms, shortest | median | times as fast | agreement |")
        print("| --- | --- | --- | --- | --- |")
        for name, run in variants.items():
            kept = times[name][2:]
            same = [
                (run(image).argmax(dim=1) == mask).float().mean() for image, mask in zip(images, truth, strict=True)
            ]
            agreement = "" if name == peer else f"{torch.stack(same).mean():.2%}"
            ratio = min(times[peer][2:]) / min(kept)
            print(f"| {name} | {min(kept):.1f} | {median(kept):.1f} | {ratio:.1f} | {agreement} |")


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Images for the ranges of int8."""

    def __init__(self, images: list[Tensor]) -> None:
        self._images: Iterator[NDArray[np.float32]] = (image.numpy() for image in images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        image = next(self._images, None)
        return None if image is None else {"image": image}


def _eager(model: ImageModel, dtype: torch.dtype) -> Run:
    def run(image: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=dtype, enabled=dtype != torch.float32):
            return model(image.to(memory_format=torch.channels_last))

    return run


def _session(path: Path, threads: int) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda image: torch.from_numpy(session.run(None, {"image": image.numpy()})[0])


def _fastai(outputs: int, image: Tensor) -> Run:
    from fastai.vision.learner import create_unet_model
    from torchvision.models import resnet34

    model: Run = create_unet_model(resnet34, outputs, tuple(image.shape[-2:]), pretrained=False).eval()
    return model


if __name__ == "__main__":
    main()
