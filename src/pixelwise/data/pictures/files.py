"""What the head of a picture's file says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL.JpegImagePlugin import JpegImageFile

from pixelwise.errors import DataError
from pixelwise.ops.image_file import opened
from pixelwise.ops.image_io import image_head
from pixelwise.ops.jpeg_quality import quality_of
from pixelwise.ops.threads import in_threads

__all__ = ["PictureFile", "read_files"]


@dataclass(frozen=True)
class PictureFile:
    """What the head of a file says.

    Attributes:
        size: (height, width) in pixels, upright.
        kind: The kind of the file by its content, such as `PNG`.
        quality: That JPEG was saved with, 1 to 100; None for other kinds.
        num_bytes: Its length.
    """

    size: tuple[int, int]
    kind: str
    quality: int | None
    num_bytes: int


def read_files(
    files: Iterable[Path], progress: Callable[[int, int], None] | None = None
) -> tuple[dict[Path, PictureFile], dict[Path, DataError]]:
    """Read the heads of files.

    Args:
        files: What to read.
        progress: Called with how many have been read and how many there are.

    Returns:
        What each says; and why the others cannot be read as pictures of 8 bits.
    """
    paths = list(dict.fromkeys(files))
    found = dict(zip(paths, in_threads(_file_or_error, paths, progress), strict=True))
    failed = {path: said for path, said in found.items() if isinstance(said, DataError)}
    return {path: said for path, said in found.items() if isinstance(said, PictureFile)}, failed


def _file_or_error(path: Path) -> PictureFile | DataError:
    """One file, or why it cannot be read."""
    try:
        head = image_head(path)
        if not head.is_plain:
            return DataError(f"{path} has more than 8 bits per channel, or other bands than a picture.", "depth")
        with opened(path) as found:
            image = found.image()
            tables = image.quantization if isinstance(image, JpegImageFile) else {}
            quality = quality_of(list(tables[0])) if 0 in tables else None
            return PictureFile(head.size, image.format or "", quality, path.stat().st_size)
    except DataError as error:
        return error
    except OSError as error:
        return DataError(f"{path} is damaged or incomplete and cannot be read ({error}).", "cut")
