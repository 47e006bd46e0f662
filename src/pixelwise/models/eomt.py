"""EoMT: a plain vision transformer that segments by queries in its last blocks, without a decoder.

Kerssies, Cavagnero, Hermans, Norouzi, Averta, Leibe, Dubbelman, de Geus: "Your ViT is Secretly an Image Segmentation
Model", CVPR 2025, https://arxiv.org/abs/2503.19108. Its losses are those of Cheng et al.: "Masked-attention Mask
Transformer for Universal Image Segmentation", CVPR 2022, https://arxiv.org/abs/2112.01527; they are in the task
`mask_classification`.

Differs from the paper: patches stay as large as the backbone's own (the paper resizes DINOv2's from 14 to 16 pixels);
the transformer's final norm, which timm's features leave out, begins anew; masks are averaged over a patch before they
guide attention; classes are summed over the queries before they are brought to the size of the image, not after, for a
fraction of the memory; and the encoder has one learning rate, where the paper's falls with depth.
Queries begin as in the authors' code, drawn from N(0, 1). Where the transformer's own weights are random, which is not
what the network is for, queries drawn from N(0, 0.02²) were seen to learn faster.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.errors import SettingError
from pixelwise.models._base import ModelCard
from pixelwise.models._plain_transformer import FREE_TRANSFORMER, PlainTransformer
from pixelwise.models._queries import QueryModel, QueryScores
from pixelwise.nn import resize_bilinear
from pixelwise.ops.pad import pad_to_multiple

__all__ = ["MODEL", "EoMT", "masked_share"]

_MASK_STRIDE = 4  # input pixels per cell of a mask, or a little less


class EoMT(QueryModel):
    """Queries that join the patches of a transformer in its last blocks; each ends as a mask and its class.

    In training, the masks that the queries have so far say, before each of these blocks, where a query looks. This
    guidance is withdrawn block by block as training proceeds (`masked_share`), and prediction does without, so that
    it is a plain transformer's forward pass with a few more tokens.

    Args:
        out_channels: Number of classes.
        in_channels: Channels of the image.
        encoder: Name of a timm backbone that is a plain vision transformer.
        queries: How many masks are predicted; more than there are classes.
        query_blocks: In how many of the last blocks the queries take part; None takes a quarter, at least one.

    Raises:
        SettingError: If the backbone is of another kind, or the numbers do not fit.
    """

    encoder: PlainTransformer

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 3,
        encoder: str = FREE_TRANSFORMER,
        queries: int = 100,
        query_blocks: int | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.encoder = PlainTransformer(encoder, in_channels)
        self.multiple_of = self.encoder.stride
        depth, width = self.encoder.depth, self.encoder.width
        self.query_blocks = max(1, round(depth / 4)) if query_blocks is None else query_blocks
        if not isinstance(self.query_blocks, int) or not 1 <= self.query_blocks <= depth:
            raise SettingError(
                f"query_blocks is {query_blocks}, but '{encoder}' has {depth} blocks; take 1 to {depth}."
            )
        if queries < 1:
            raise SettingError(f"queries is {queries}, but at least one is needed, and better more than classes.")
        self.encoder.expect_more_tokens(queries, depth - self.query_blocks)
        self.queries = nn.Parameter(torch.randn(1, queries, width))
        self.norm = nn.LayerNorm(width)
        self.class_head = nn.Linear(width, out_channels + 1)
        self.mask_head = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )
        steps = max(0, round(math.log2(self.encoder.stride / _MASK_STRIDE)))
        self.upscale = nn.Sequential(*(_Upscale(width) for _ in range(steps)))

    def scores(self, image: Tensor) -> Tensor:
        """Map `(B, in_channels, H, W)` to `(B, out_channels, H, W)`, logarithms that a softmax turns into shares.

        How much a pixel is of a class is the sum over the queries of the probability of the class times that of
        belonging to the mask. The score is the logarithm of that sum, so that a softmax over the classes divides each
        sum by their total. Sums are at most the number of queries; what rounding makes zero is raised to the smallest
        normal number before the logarithm, so that scores are finite.
        """
        *_, last = self._predict(image, progress=1.0, on_the_way=False)
        classes = last.classes.softmax(dim=-1)[..., :-1]
        amounts = torch.einsum("bqk,bqhw->bkhw", classes, last.masks.sigmoid()).float()
        amounts = resize_bilinear(amounts, image.shape[-2:])
        return amounts.clamp_min(torch.finfo(torch.float32).tiny).log()

    def query_scores(self, image: Tensor, progress: float = 1.0) -> tuple[QueryScores, ...]:
        """What the queries say, in training mode before each of their blocks as well as at the end."""
        padded = pad_to_multiple(image, self.multiple_of)
        return tuple(self._predict(padded, progress, on_the_way=self.training))

    def _predict(self, image: Tensor, progress: float, *, on_the_way: bool) -> list[QueryScores]:
        tokens = self.encoder.embed(image)
        values = tokens.values
        first = self.encoder.depth - self.query_blocks
        for index in range(first):
            values = self.encoder.block(index, values, tokens.rotary)
        values = torch.cat([self.queries.expand(len(image), -1, -1).to(values.dtype), values], dim=1)
        predictions = []
        for position in range(self.query_blocks):
            may_attend = None
            if on_the_way:
                predictions.append(self._read(values, tokens.grid))
                share = masked_share(progress, position, self.query_blocks)
                if share > 0:
                    may_attend = _may_attend(predictions[-1].masks.detach(), tokens.grid, values.shape[1], share)
            values = self.encoder.block(first + position, values, tokens.rotary, may_attend)
        return [*predictions, self._read(values, tokens.grid)]

    def _read(self, values: Tensor, grid: tuple[int, int]) -> QueryScores:
        """What tokens `(B, Q + prefix + h * w, C)` say."""
        values = self.norm(values)
        count = self.queries.shape[1]
        queries, patches = values[:, :count], values[:, count + self.encoder.prefix :]
        features = self.upscale(patches.transpose(1, 2).unflatten(2, grid))
        masks = torch.einsum("bqc,bchw->bqhw", self.mask_head(queries), features)
        return QueryScores(self.class_head(queries), masks)


def masked_share(progress: float, position: int, blocks: int) -> float:
    """Share of the queries whose attention is masked in one of the blocks, 1 to 0 as training proceeds.

    The training is cut into two parts more than there are blocks. Attention is masked in the first part; in each of
    the following, one block after the other lets go of it; in the last part there is none, as in prediction.

    Args:
        progress: Share of the training that is done, [0, 1].
        position: Of the block among those that have queries, from 0.
        blocks: How many have.
    """
    done = progress * (blocks + 2) - (position + 1)
    return float((1 - min(1.0, max(0.0, done))) ** 0.9)


class _Upscale(nn.Module):
    """Twice the height and width: a transposed convolution, then a depthwise one and a norm over the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.expand = nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)
        self.smooth = nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels, bias=False)
        self.norm = nn.LayerNorm(channels)

    def forward(self, feature: Tensor) -> Tensor:
        feature = self.smooth(F.gelu(self.expand(feature)))
        normed: Tensor = self.norm(feature.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return normed


def _may_attend(masks: Tensor, grid: tuple[int, int], count: int, share: float) -> Tensor:
    """`(B, 1, count, count)`: the first rows, the queries, see only the patches in their masks; others see all.

    A query whose mask is empty sees all patches, and so do those, drawn anew each time, that `share` leaves out.
    """
    batch, queries = masks.shape[:2]
    inside = (F.interpolate(masks.float(), size=grid, mode="area") > 0).flatten(2)
    is_free = ~inside.any(dim=2) | (torch.rand(batch, queries, device=masks.device) >= share)
    may_attend = masks.new_ones(batch, 1, count, count, dtype=torch.bool)
    may_attend[:, 0, :queries, count - inside.shape[2] :] = inside | is_free.unsqueeze(2)
    return may_attend


MODEL = ModelCard(
    build=EoMT,
    summary="EoMT: a plain vision transformer with a query per mask; for large pretrained transformers and a GPU",
    paper="Your ViT is Secretly an Image Segmentation Model, https://arxiv.org/abs/2503.19108",
    tasks=frozenset({"mask_classification"}),
    encoder=FREE_TRANSFORMER,
    takes_default_encoder=False,
    learning_rate=1e-4,
)
