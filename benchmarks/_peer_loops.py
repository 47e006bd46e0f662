"""One epoch over a folder, as a user of another library writes it; run by `benchmarks/planted_faults.py`.

    python benchmarks/_peer_loops.py fastai|smp|ultralytics FOLDERS RESULTS

Each folder below FOLDERS is trained on in a process of its own, and what that process said and how it ended is one line
of RESULTS. pixelwise is not imported here: this file is run by the Python in which the other library is installed. The
networks are as small as they can be, since only the data matter; the ways in which files are found, read and handed on
are those of each library's own examples. Masks of 0 and 255 are divided by 255 (or mapped by Ultralytics'
`label_mapping`), as their users are told to.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_SECONDS = 60
_SPLITS = ("train", "val")


def main() -> None:
    """Train on each folder that RESULTS does not hold yet."""
    name, folders, results = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    done = {json.loads(line)["fault"] for line in results.read_text().splitlines()} if results.exists() else set()
    loop = LOOPS[name]()
    for place in sorted(path.parent for path in folders.glob("*/told.json")):
        if place.name not in done:
            outcome = in_child(loop, place / "data", json.loads((place / "told.json").read_text()))
            with results.open("a") as stream:
                stream.write(json.dumps({"fault": place.name, "by": name, **outcome}) + "\n")


def in_child(loop: Callable[[Path, dict[str, Any]], None], folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Call a loop in a forked process, so that crashes and endless waiting count and end nothing else."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            signal.alarm(MOST_SECONDS)
            code = 1
            try:
                loop(folder, told)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        said = output.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "seconds": round(time.monotonic() - started, 1), "said": said}


def mask_of(image: Path) -> Path:
    """The mask of an image: the file of its name in the folder beside it."""
    folder = image.parent.parent / "masks"
    found = sorted(folder.glob(f"{image.stem}.*"))
    return found[0] if found else folder / f"{image.stem}.png"


def images_of(folder: Path) -> list[Path]:
    """The images of both splits."""
    return sorted(file for split in _SPLITS for file in (folder / split / "images").glob("*"))


def fastai_loop() -> Callable[[Path, dict[str, Any]], None]:
    """`SegmentationDataLoaders.from_label_func` and one epoch of a `Learner`."""
    import numpy as np
    from fastai.vision.all import CrossEntropyLossFlat, Learner, SegmentationDataLoaders, get_image_files
    from PIL import Image
    from torch import nn

    def train(folder: Path, told: dict[str, Any]) -> None:
        files = [file for split in _SPLITS for file in get_image_files(folder / split / "images")]
        divisor = 255 if told["of_255"] else 1
        loaders = SegmentationDataLoaders.from_label_func(
            folder,
            fnames=files,
            label_func=lambda image: np.array(Image.open(mask_of(image))) // divisor,  # fastai makes grey of a palette
            codes=told["names"],
            bs=8,
            seed=0,
            num_workers=0,
        )
        network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, len(told["names"]), 1))
        Learner(loaders, network, loss_func=CrossEntropyLossFlat(axis=1)).fit(1)

    return train


def smp_loop() -> Callable[[Path, dict[str, Any]], None]:
    """A `Dataset` that reads with Pillow, as SMP's own, `smp.Unet` and its Dice loss."""
    import numpy as np
    import segmentation_models_pytorch as smp
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    class Files(Dataset[Any]):
        def __init__(self, files: list[Path], told: dict[str, Any]) -> None:
            self.files, self.told = files, told

        def __len__(self) -> int:
            return len(self.files)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
            image = np.array(Image.open(self.files[index]).convert("RGB"))
            mask = np.array(Image.open(mask_of(self.files[index])))
            mask = mask // 255 if self.told["of_255"] else mask
            return torch.from_numpy(image).permute(2, 0, 1).float() / 255, torch.from_numpy(mask).long()

    def train(folder: Path, told: dict[str, Any]) -> None:
        network = smp.Unet(
            "mobilenet_v2", encoder_weights=None, decoder_channels=(16, 8, 8, 4, 4), classes=len(told["names"])
        )
        loss_of = smp.losses.DiceLoss(smp.losses.MULTICLASS_MODE, from_logits=True)
        optimizer = torch.optim.Adam(network.parameters(), lr=2e-4)
        for image, mask in DataLoader(Files(images_of(folder), told), batch_size=8, shuffle=True):
            loss = loss_of(network(image), mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return train


def ultralytics_loop() -> Callable[[Path, dict[str, Any]], None]:
    """`YOLO(...).train` of the task `semantic`, which reads masks of class numbers."""
    os.environ |= {"YOLO_CONFIG_DIR": tempfile.mkdtemp(), "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
    import yaml
    from ultralytics import YOLO

    def train(folder: Path, told: dict[str, Any]) -> None:
        data = {
            "path": str(folder),
            "train": "train/images",
            "val": "val/images",
            "masks_dir": "masks",
            "names": dict(enumerate(told["names"])),
            **({"label_mapping": {0: 0, 255: 1}} if told["of_255"] else {}),
        }
        with tempfile.TemporaryDirectory() as runs:
            settings = Path(runs) / "data.yaml"
            settings.write_text(yaml.safe_dump(data))
            YOLO("yolo26n-sem.yaml").train(
                data=str(settings), epochs=1, imgsz=64, batch=8, workers=0, device="cpu", amp=False, plots=False,
                project=runs, pretrained=False,
            )  # fmt: skip

    return train


LOOPS: dict[str, Callable[[], Callable[[Path, dict[str, Any]], None]]] = {
    "fastai": fastai_loop,
    "smp": smp_loop,
    "ultralytics": ultralytics_loop,
}

if __name__ == "__main__":
    main()
