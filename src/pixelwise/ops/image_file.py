"""Opening an image file that nobody vouches for: what it claims is checked before a decoder sees it.

The first bytes tell the kind of a file. Its size is compared with what may be read and with what so many bytes can
hold; lists that take a decoder long to walk, or memory to hold, are counted. What is left to Pillow's classes, which
are used directly, since `Image.open` limits the size by a setting of the whole process, may fail in any way: whatever
they raise becomes a `DataError`, and what they warn of is dropped.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pixelwise.errors import DataError, PixelwiseError
from pixelwise.ops.claims import Claim, claim_of, claim_of_tiff
from pixelwise.ops.quiet import quiet, silence_libtiff
from pixelwise.ops.tiff_head import MOST_PAGES, TiffHead, read_tiff_head

__all__ = ["MAX_PIXELS", "OpenedFile", "opened", "stored_palette"]

MAX_PIXELS = 200_000_000  # 600 MB as RGB: beyond it a file is an attack, or a map that belongs into tiles
_WHITE_IS_ZERO = 0  # a photometric interpretation

_KINDS: tuple[tuple[tuple[bytes, ...], type[ImageFile]], ...] = (
    ((b"\x89PNG\r\n\x1a\n",), PngImageFile),
    ((b"\xff\xd8\xff",), JpegImageFile),
    ((b"GIF87a", b"GIF89a"), GifImageFile),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), TiffImageFile),
    ((b"BM",), BmpImageFile),
)


class OpenedFile:
    """An image file that is open.

    Args:
        path: Where it lies, for messages.
        stream: Its bytes.

    Attributes:
        head: What the head of a TIFF file says; None for the other kinds.

    Raises:
        DataError: If the file is of no known kind, or a TIFF file that may not be read.
    """

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self.stream = stream
        self._plugin = _plugin(path, stream)
        self.head = _checked_tiff(path, stream) if self._plugin is TiffImageFile else None

    @property
    def is_deep_tiff(self) -> bool:
        """Whether it is a TIFF file of more than 8 bits, or of other bands than an ordinary picture."""
        return self.head is not None and not self.head.is_plain

    @property
    def is_white_at_zero(self) -> bool:
        """Whether it is grey whose 0 is white (TIFF). Pillow turns that of at most 8 bits round, and no other."""
        return self.head is not None and self.head.photometric == _WHITE_IS_ZERO and self.head.bands == 1

    def image(self) -> ImageFile:
        """Pillow's image, up to its first pixel.

        Raises:
            DataError: If the file is too large.
            ValueError: If it is not what it claims; Pillow may raise anything else, too.
        """
        if self.head is None and (claim := claim_of(self.stream)) is not None:
            _check(self.path, claim, self.stream)
        self.stream.seek(0)
        image = self._plugin(self.stream)
        _refuse_size(self.path, image.size[::-1])
        return image

    def bits(self, image: ImageFile) -> int:
        """Bits per channel of `image()` as stored, which Pillow's mode does not always tell."""
        if self.head is not None:
            return self.head.bits
        if isinstance(image, PngImageFile) and image.fp is not None:
            place = image.fp.tell()
            image.fp.seek(24)  # the bit depth is the 25th byte
            depth = image.fp.read(1)[0]
            image.fp.seek(place)
            return depth
        return 1 if image.mode == "1" else 8


@contextmanager
def opened(path: Path, content: bytes | None = None) -> Iterator[OpenedFile]:
    """Open an image file; decoding belongs inside the `with` too, so that its failures have words.

    Args:
        path: The file.
        content: All of its bytes, where it lies in a larger file; `path` is then for messages.

    Raises:
        DataError: If the file cannot be opened, or whatever is done inside fails.
    """
    try:
        with quiet(), path.open("rb") if content is None else io.BytesIO(content) as stream:
            yield OpenedFile(path, stream)
    except PixelwiseError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.", "missing") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; an image file is expected.") from error
    except PermissionError as error:
        raise DataError(f"{path} cannot be read: permission is denied.", "forbidden") from error
    except MemoryError as error:
        raise DataError(f"{path} does not fit into the memory of this machine.", "large") from error
    except Exception as error:  # a decoder that is fed arbitrary bytes may raise anything
        detail = str(error).rstrip(".") or type(error).__name__
        raise DataError(f"{path} is damaged or incomplete and cannot be read ({detail}).", "cut") from error


def stored_palette(image: ImageFile) -> tuple[tuple[int, int, int], ...] | None:
    """The colours of a palette image, by its indices; None for any other."""
    colours = image.getpalette() if image.mode == "P" else None
    if colours is None:
        return None
    return tuple((colours[i], colours[i + 1], colours[i + 2]) for i in range(0, len(colours) - 2, 3))


def _plugin(path: Path, stream: BinaryIO) -> type[ImageFile]:
    """Pillow's class for the kind of file that a stream begins with."""
    stream.seek(0)
    head = stream.read(16)
    if not head:
        raise DataError(f"{path} is empty (0 bytes).", "empty")
    for beginnings, plugin in _KINDS:
        if head.startswith(beginnings):
            return plugin
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WebPImageFile
    raise DataError(
        f"{path} is not an image of a known kind; PNG, JPEG, WebP, BMP, GIF and TIFF can be read.", "foreign"
    )


def _checked_tiff(path: Path, stream: BinaryIO) -> TiffHead:
    """The head of a TIFF file of one page that may be read."""
    silence_libtiff()
    head = read_tiff_head(stream)
    _refuse_size(path, head.size, head.channels)
    if head.pages > 1:
        pages = f"{head.pages}" if head.pages <= MOST_PAGES else f"more than {MOST_PAGES:,}"
        raise DataError(f"{path} holds {pages} pages; one image per file is expected.", "pages")
    _check(path, claim_of_tiff(head, stream.seek(0, 2)), stream)
    return head


def _check(path: Path, claim: Claim, stream: BinaryIO) -> None:
    """Refuse a file that is too large, or too short for what it claims."""
    _refuse_size(path, claim.size)
    height, width = claim.size
    if height * width > claim.capacity:
        raise ValueError(f"its {stream.seek(0, 2):,} bytes cannot hold {height} × {width} pixels")


def _refuse_size(path: Path, size: tuple[int, int], bands: int = 3) -> None:
    """Refuse an image of more pixels, or more numbers, than may be read."""
    height, width = size
    if height * width > MAX_PIXELS or height * width * bands > 3 * MAX_PIXELS:
        raise DataError(
            f"{path} has {height} × {width} pixels{f' of {bands} bands' if bands > 3 else ''}; at most "
            f"{MAX_PIXELS * 3 // max(3, bands) // 1_000_000} million can be read. Cut it into tiles.",
            "large",
        )
