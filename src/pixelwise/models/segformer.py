"""SegFormer's head: one 1 × 1 convolution per scale, one that fuses them, one that tells the classes apart.

Xie, Wang, Yu, Anandkumar, Alvarez, Luo: "SegFormer: Simple and Efficient Design for Semantic Segmentation with
Transformers", NeurIPS 2021, https://arxiv.org/abs/2105.15203.

Differs from the paper: any encoder that timm has instead of the paper's own transformer, whose published weights may
not be used commercially; `pvt_v2_b0` to `pvt_v2_b5` are of its kind. Each scale is fused at its own size and then
upsampled, rather than upsampled, joined and then fused: both are linear, so the result is the same for about a third of
the computation. The scores are brought to the size of the image here.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.encoders import DEFAULT_ENCODER, Encoder
from pixelwise.models._base import ImageModel, ModelCard
from pixelwise.nn import batch_norm, resize_bilinear

__all__ = ["MODEL", "SegFormer"]


class SegFormer(ImageModel):
    """The scales of an encoder from stride 4 on, mixed pixel by pixel at stride 4.

    No convolution of the head looks beyond its pixel, so all that a pixel knows of its surroundings comes from the
    encoder. Features finer than stride 4 are left out. Any height and width are taken as they are, without padding.

    Args:
        out_channels: Channels of the scores.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone.
        width: Channels of the head; the paper has 256 for its two smallest encoders and 768 for the others.
        dropout: Share of these channels that each step of the training leaves out before the classifier.
    """

    encoder: Encoder

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        encoder: str = DEFAULT_ENCODER,
        width: int = 256,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = Encoder(encoder, in_channels)
        self.left_out = sum(stride < 4 for stride in self.encoder.strides)
        channels = self.encoder.channels[self.left_out :]
        self.project = nn.ModuleList(nn.Conv2d(scale, width, kernel_size=1) for scale in channels)
        self.fuse = nn.ModuleList(nn.Conv2d(width, width, kernel_size=1, bias=False) for _ in channels)
        self.norm = batch_norm(width)
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(width, out_channels, kernel_size=1)

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`."""
        features = self.encoder(image)[self.left_out :]
        scales = [
            fuse(project(feature)) for project, fuse, feature in zip(self.project, self.fuse, features, strict=True)
        ]
        fused = scales[0]
        for coarser in scales[1:]:
            fused = fused + resize_bilinear(coarser, fused.shape[-2:])
        return resize_bilinear(self.head(self.dropout(F.relu(self.norm(fused)))), image.shape[-2:])


MODEL = ModelCard(
    build=SegFormer,
    summary="SegFormer's head on any encoder: 1 × 1 convolutions only, for encoders that see far themselves",
    paper="SegFormer: Simple and Efficient Design for Semantic Segmentation, https://arxiv.org/abs/2105.15203",
    tasks=frozenset({"segmentation", "restoration", "paired_translation"}),
)
