"""Super-resolution: the picture that a smaller one was made of."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from pixelwise.data.degradations import enlargement
from pixelwise.errors import SettingError
from pixelwise.models import ImageModel
from pixelwise.tasks._base import TaskCard
from pixelwise.tasks._nogan import NOGAN_PHASES
from pixelwise.tasks._pictures import AgainstCritic, PictureTask

__all__ = ["SCALES", "TASK", "SuperResolution"]

SCALES = (2, 8)  # the smallest and the largest


class SuperResolution(PictureTask):
    """A picture `scale` times as high and as wide.

    A network that enlarges by itself is given the small picture. Any other is given the picture as bicubic
    interpolation enlarges it, and what it returns is added to that.

    Args:
        scale: 2 to 8.
        loss: Name of the loss of pictures, which a variant may follow, as in `perceptual:vgg16.pth`.
        degrade: What makes the small picture of the large one, such as `blur:0.5-1+down:2+jpeg:60-95` for photographs;
            empty where the data hold small pictures.
        adversarial: `nogan` trains against a critic at the end; `none` does not.
        phases: Shares of the training of `nogan` in which the network, the critic, and both are trained.
        adversarial_weight: What being taken for real counts beside the loss; 1 is for `perceptual`, 0.01 for `l1`.
        critic_width: Channels of the critic after its first convolution.

    Raises:
        SettingError: If a number is out of range, the degradations make pictures of another size, or a name is not
            known.
    """

    def __init__(
        self,
        scale: int = 2,
        loss: str = "charbonnier",
        degrade: str = "",
        adversarial: AgainstCritic = "none",
        phases: Sequence[float] = NOGAN_PHASES,
        adversarial_weight: float = 1.0,
        critic_width: int = 64,
    ) -> None:
        smallest, largest = SCALES
        if not smallest <= scale <= largest:  # before a degradation that follows from it
            raise SettingError(f"The scale is {scale}, but super-resolution enlarges {smallest} to {largest} times.")
        super().__init__(loss, degrade, adversarial, phases, adversarial_weight, critic_width)
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

    def adds_scores(self, model: ImageModel) -> bool:
        """Whether the network does not enlarge by itself, nor adds the image that it is given."""
        return model.scale == 1 and not model.adds_image

    def output(self, model: nn.Module, image: Tensor) -> Tensor:
        """The picture `(B, 3, scale * H, scale * W)` that a network makes of an image `(B, 3, H, W)`."""
        if model.scale != 1:
            return model(image)
        size = (image.shape[-2] * self.scale, image.shape[-1] * self.scale)
        enlarged = F.interpolate(image, size, mode="bicubic", align_corners=False, antialias=True)
        return model(enlarged) if model.adds_image else enlarged + model(enlarged)


TASK = TaskCard(build=SuperResolution, summary="a picture 2, 3, 4 or more times as large, from a small one")
