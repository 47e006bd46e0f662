"""Bicubic enlargement scored by the protocol of papers on super-resolution, beside the figures that they print.

    python benchmarks/bicubic_protocol.py DATA

DATA holds folders of pictures called Set5, Set14, BSD100 or Urban100; those that are there are scored. A folder is
flat, or in the layout of SelfExSR (https://github.com/jbhuang0604/SelfExSR): `image_SRF_4/img_001_SRF_4_HR.png`.
Urban100 is read from its `image_SRF_4` for all factors, since the pictures in its `image_SRF_2` have half the size.

The luma of a picture is rounded to 8 bits, made smaller and larger again by `ops.resample.imresize`, rounded, and
scored without a margin of as many pixels as the factor. If a figure is more than 0.03 dB or 0.001 from the published
one, the exit status is 1: then something in the protocol is wrong, and no score of super-resolution is to be trusted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor

from pixelwise.metrics.psnr import psnr_y
from pixelwise.metrics.ssim import ssim_y
from pixelwise.ops.color import rgb_to_y
from pixelwise.ops.image_io import SUFFIXES, read_image
from pixelwise.ops.resample import crop_to_multiple, imresize

# PSNR in dB and SSIM for factors 2, 3, 4, as the tables of RCAN (https://arxiv.org/abs/1807.02758) have them.
PUBLISHED = {
    "Set5": {2: (33.66, 0.9299), 3: (30.39, 0.8682), 4: (28.42, 0.8104)},
    "Set14": {2: (30.24, 0.8688), 3: (27.55, 0.7742), 4: (26.00, 0.7027)},
    "BSD100": {2: (29.56, 0.8431), 3: (27.21, 0.7385), 4: (25.96, 0.6675)},
    "Urban100": {2: (26.88, 0.8403), 3: (24.46, 0.7349), 4: (23.14, 0.6577)},
}
TOLERANCES = (0.03, 0.001)


def main() -> int:
    """Print the table; 1 if a figure is off, 2 if there is nothing to score."""
    parser = argparse.ArgumentParser(description="Bicubic enlargement, scored as papers do")
    parser.add_argument("data", type=Path)
    data: Path = parser.parse_args().data
    known = [name for name in PUBLISHED if (data / name).is_dir()]
    if not known:
        print(f"There is none of {', '.join(PUBLISHED)} in {data}.", file=sys.stderr)
        return 2
    print("| data | factor | pictures | PSNR (dB) | published | SSIM | published |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    is_off = False
    for name in known:
        for factor, published in PUBLISHED[name].items():
            pictures = find_pictures(data / name, factor)
            psnr, ssim = score(pictures, factor)
            is_off |= any(abs(a - b) > most for a, b, most in zip((psnr, ssim), published, TOLERANCES, strict=True))
            of_psnr, of_ssim = f"{psnr:.3f} | {published[0]:.2f}", f"{ssim:.4f} | {published[1]:.4f}"
            print(f"| {name} | {factor} | {len(pictures)} | {of_psnr} | {of_ssim} |")
    return int(is_off)


def find_pictures(folder: Path, factor: int) -> list[Path]:
    """The whole pictures of a data set."""
    layout = folder / f"image_SRF_{4 if folder.name == 'Urban100' else factor}"
    if layout.is_dir():
        return sorted(layout.glob("*_HR.png"))
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def score(pictures: list[Path], factor: int) -> tuple[float, float]:
    """PSNR and SSIM of enlarged pictures, averaged over them."""
    scores = torch.stack([score_picture(crop_to_multiple(read_luma(path), factor), factor) for path in pictures])
    psnr, ssim = scores.mean(dim=0).tolist()
    return psnr, ssim


def read_luma(path: Path) -> Tensor:
    """Luma from 16 to 235 of a picture of colours, or the numbers of a grey one; `(1, 1, H, W)`, float64, whole."""
    picture = torch.from_numpy(read_image(path)).permute(2, 0, 1).unsqueeze(0).double()
    is_grey = bool((picture == picture[:, :1]).all())
    return picture[:, :1] if is_grey else rgb_to_y(picture / 255).round()


def score_picture(luma: Tensor, factor: int) -> Tensor:
    """PSNR and SSIM of `(1, 1, H, W)` made smaller and larger again."""
    enlarged = imresize(imresize(luma, 1 / factor), factor)
    pair = (enlarged.round().clamp(0, 255).to(torch.uint8), luma.to(torch.uint8))
    return torch.cat([psnr_y(*pair, crop=factor), ssim_y(*pair, crop=factor)])


if __name__ == "__main__":
    sys.exit(main())
