"""Good recipes of other libraries that end at a deadline; measured by `benchmarks/time_to_accuracy.py`.

Files are decoded and resized once and kept in memory. Both recipes follow one cycle whose position is the share of the
time that has passed, so that each uses all of the time, however fast the machine is, and none has to guess its epochs.
Batches of 4 and convolutions on channels that lie side by side (`channels_last`) make about 3 times as many steps on
CPU cores as batches of 8 in PyTorch's usual layout. Of the rates 1e-3 and 3e-3 the better one after three minutes is
taken. Sizes of images, augmentations and losses are usual ones, and were not tuned.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders.embedded import embedded_state

CLASSES, VOID, BATCH = 11, 11, 4
ENCODER = "tf_efficientnet_lite0"
Pixels = NDArray[np.uint8]
Files = list[tuple[Path, Path]]
"""Images and their masks."""
Predict = Callable[[Pixels], Tensor]
"""From an image `(H, W, 3)` to the scores of the classes, `(1, K, h, w)` of any size."""


@dataclass(frozen=True)
class Clock:
    """The time that a training has.

    Attributes:
        started: When its process was started, by `time.monotonic()`, which all processes of a machine share.
        seconds: How long it may last.
    """

    started: float
    seconds: float

    @property
    def progress(self) -> float:
        """The share of the time that has passed; 1 and above when it is over."""
        return (time.monotonic() - self.started) / self.seconds


@dataclass(frozen=True)
class Input:
    """What a network is shown.

    Attributes:
        size: Height and width to which images are squeezed, in training and prediction.
        mean: Of each channel, for pixels in [0, 1].
        deviation: Of each channel.
    """

    size: tuple[int, int]
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    deviation: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def read(self, files: Files) -> tuple[list[Pixels], list[Pixels]]:
        """All images `(h, w, 3)` and all masks `(h, w)`."""
        images = [self.resized(Image.open(image).convert("RGB"), Image.Resampling.BILINEAR) for image, _ in files]
        return images, [self.resized(Image.open(mask), Image.Resampling.NEAREST) for _, mask in files]

    def resized(self, image: Image.Image, method: Image.Resampling) -> Pixels:
        """An image or a mask in this size."""
        return np.array(image.resize(self.size[::-1], method))

    def normalised(self, images: Tensor) -> Tensor:
        """`(B, 3, h, w)` of bytes, as the encoder expects them."""
        mean, deviation = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (self.mean, self.deviation))
        return (images.float() / 255 - mean) / deviation

    def predict(self, network: nn.Module, image: Pixels) -> Tensor:
        """The scores of an image of any size."""
        pixels = torch.from_numpy(self.resized(Image.fromarray(image), Image.Resampling.BILINEAR))
        scores: Tensor = network(self.normalised(pixels.permute(2, 0, 1)[None]))
        return scores.as_subclass(Tensor)


SAME = Input((192, 256))
"""For the encoder that all share; SMP wants sides that 32 divides."""
SMALL = Input((96, 128), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""For ResNet-34, which is several times as slow."""


def train_smp(files: Files, clock: Clock, seed: int, rate: float = 3e-3) -> tuple[Predict, int]:
    """Train with the loop that SMP leaves to its users, with torchvision's augmentations.

    Returns:
        The network as a function, and the number of steps.
    """
    import segmentation_models_pytorch as smp
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    torch.manual_seed(seed)
    network = smp.Unet(f"tu-{ENCODER}", encoder_weights=None, classes=CLASSES)
    load_imagenet(network.encoder.model)
    network.to(memory_format=torch.channels_last)
    images, masks = SAME.read(files)
    augment = v2.Compose([
        v2.RandomHorizontalFlip(),
        v2.RandomAffine(10, scale=(1.0, 1.1), fill={tv_tensors.Image: 0, tv_tensors.Mask: VOID}),
        v2.ColorJitter(0.2, 0.2),
    ])  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    order: list[int] = []
    steps = 0
    network.train()
    while (progress := clock.progress) < 1:
        for group in optimizer.param_groups:
            group["lr"], momentum = rate_and_momentum(progress, rate)
            group["betas"] = (momentum, 0.999)
        if len(order) < BATCH:  # as `DataLoader(shuffle=True, drop_last=True)`
            order = torch.randperm(len(images)).tolist()
        drawn, order = order[:BATCH], order[BATCH:]
        views = [augment(tv_tensors.Image(np.moveaxis(images[i], 2, 0)), tv_tensors.Mask(masks[i])) for i in drawn]
        image, target = (torch.stack([view[side] for view in views]) for side in (0, 1))
        loss = F.cross_entropy(network(SAME.normalised(image)), target.long(), ignore_index=VOID)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
    return partial(SAME.predict, network.eval()), steps


def train_fastai(files: Files, clock: Clock, seed: int, rate: float = 1e-3) -> tuple[Predict, int]:
    """Train fastai's learner with its DynamicUnet on the stages of the encoder that all share.

    `create_unet_model` cuts timm's network between its children, all blocks of which are one: the network would have
    one skip connection. So its stages are laid out in a row, from which DynamicUnet takes four, at 1/2, 1/4, 1/8 and
    1/16: all that there are. timm's last convolution, to 1,280 channels, is left out: it would cost the most time.
    """
    from fastai.vision.models.unet import DynamicUnet

    torch.manual_seed(seed)
    encoder: Any = timm.create_model(ENCODER)
    load_imagenet(encoder)
    stages = nn.Sequential(nn.Sequential(encoder.conv_stem, encoder.bn1), *encoder.blocks)
    return learn(DynamicUnet(stages, CLASSES + 1, SAME.size), SAME, files, clock, seed, rate)


def train_fastai_resnet34(files: Files, clock: Clock, seed: int, rate: float = 1e-3) -> tuple[Predict, int]:
    """Train what `unet_learner` makes of ResNet-34, fastai's usual encoder, with random weights."""
    from fastai.vision.all import create_unet_model, resnet34

    torch.manual_seed(seed)
    network = create_unet_model(resnet34, CLASSES + 1, SMALL.size, pretrained=False)
    return learn(network, SMALL, files, clock, seed, rate)


def learn(network: nn.Module, shown: Input, files: Files, clock: Clock, seed: int, rate: float) -> tuple[Predict, int]:
    """Train fastai's `Learner` with its own Adam and augmentations; nothing is held out, which would cost time.

    Its data are in memory, so that workers would only take the cores from the training.
    """
    from fastai.vision.all import (
        Callback,
        CancelFitException,
        CrossEntropyLossFlat,
        DataBlock,
        ImageBlock,
        Learner,
        MaskBlock,
        Normalize,
        aug_transforms,
        set_seed,
    )

    set_seed(seed, reproducible=True)
    images, masks = shown.read(files)
    block = DataBlock(
        blocks=(ImageBlock, MaskBlock([str(i) for i in range(CLASSES + 1)])),
        get_items=lambda _: list(range(len(images))),
        get_x=lambda i: images[i],
        get_y=lambda i: masks[i],
        splitter=lambda items: (items, []),
        batch_tfms=[*aug_transforms(), Normalize.from_stats(shown.mean, shown.deviation)],
    )
    learner = Learner(
        block.dataloaders(None, bs=BATCH, num_workers=0),
        network.to(memory_format=torch.channels_last),
        loss_func=CrossEntropyLossFlat(axis=1, ignore_index=VOID),
    )
    steps = 0

    def follow_clock(_: object) -> None:  # a method of the callback
        nonlocal steps
        if (progress := clock.progress) >= 1:
            raise CancelFitException
        now, momentum = rate_and_momentum(progress, rate)
        learner.opt.set_hypers(lr=now, mom=momentum)
        steps += 1

    with learner.no_bar(), learner.no_logging():
        learner.fit(1_000_000, cbs=Callback(before_batch=follow_clock))
    return partial(shown.predict, network.eval()), steps


def rate_and_momentum(progress: float, rate: float) -> tuple[float, float]:
    """The one cycle of fastai and PyTorch: a quarter of rise, then a cosine down; the momentum the other way round."""
    share, is_rise = (progress / 0.25, True) if progress < 0.25 else ((progress - 0.25) / 0.75, False)
    height = (1 + math.cos(math.pi * min(share, 1))) / 2  # from 1 to 0

    def between(begin: float, middle: float, end: float) -> float:
        first, last = (begin, middle) if is_rise else (middle, end)
        return last + (first - last) * height

    return between(rate / 25, rate, rate / 1e5), between(0.95, 0.85, 0.95)


def load_imagenet(encoder: nn.Module) -> None:
    """Give a timm network the weights that are installed with pixelwise; what it has no place for is left out."""
    own = encoder.state_dict()
    encoder.load_state_dict({name: tensor for name, tensor in embedded_state(ENCODER).items() if name in own})


PEERS: dict[str, Callable[[Files, Clock, int], tuple[Predict, int]]] = {
    "smp": train_smp,
    "fastai": train_fastai,
    "fastai-resnet34": train_fastai_resnet34,
}
