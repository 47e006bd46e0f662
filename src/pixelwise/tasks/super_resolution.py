"""Super-resolution: the picture that a smaller one was made of."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.data.degradations import enlargement
from pixelwise.errors import SettingError
from pixelwise.tasks._base import TaskCard
from pixelwise.tasks._pictures import PictureTask

__all__ = ["TASK", "SuperResolution"]

_LARGEST = 8


class SuperResolution(PictureTask):
    """A picture `scale` times as high and as wide.

    A network that enlarges by itself is given the small picture. Any other is given the picture as bicubic
    interpolation enlarges it, and what it returns is added to that.

    Args:
        scale: 2 to 8.
        loss: Name of the loss of pictures.
        degrade: What makes the small picture of the large one, such as `blur:0.5-1+down:2+jpeg:60-95` for photographs;
            empty where the data hold small pictures.

    Raises:
        SettingError: If the scale is another number, the degradations make pictures of another size, or the loss is
            not known.
    """

    def __init__(self, scale: int = 2, loss: str = "charbonnier", degrade: str = "") -> None:
        super().__init__(loss, degrade)
        if not 2 <= scale <= _LARGEST:
            raise SettingError(f"The scale is {scale}, but super-resolution enlarges 2 to {_LARGEST} times.")
        if degrade and enlargement(self.degradations) != scale:
            raise SettingError(
                f"The scale is {scale}, but '{degrade}' makes pictures {enlargement(self.degradations)} times smaller. "
                f"Write down:{scale} among them."
            )
        self.scale = scale

    @property
    def metrics(self) -> tuple[str, ...]:
        """PSNR and SSIM of the luma without a margin of `scale` pixels, as the papers measure them."""
        return (f"psnr_y_crop{self.scale}", f"ssim_y_crop{self.scale}")

    def output(self, model: nn.Module, image: Tensor) -> Tensor:
        """The picture `(B, 3, scale * H, scale * W)` that a network makes of an image `(B, 3, H, W)`."""
        if model.scale != 1:
            return model(image)
        size = (image.shape[-2] * self.scale, image.shape[-1] * self.scale)
        enlarged = F.interpolate(image, size, mode="bicubic", align_corners=False, antialias=True)
        return model(enlarged) if model.adds_image else enlarged + model(enlarged)


TASK = TaskCard(build=SuperResolution, summary="a picture 2, 3, 4 or more times as large, from a small one")
